"""/projects of client D; a script that the rules refuse is not stored."""

from app.accounts.dependencies import CurrentUser
from app.api.dialects.hub.dependencies import Films
from app.api.dialects.hub.forms import ProjectChange, ProjectForm
from app.api.dialects.hub.refusals import REFUSED, HubRoute
from app.api.dialects.hub.shapes import HubProject
from app.core.dependencies import WindowDep
from app.core.responses import documents
from app.core.routing import Router
from app.moderation.errors import ContentUnjudged
from app.production.errors import ScriptTooLong
from app.projects.dependencies import OwnedProject, Projects, ProjectsRead
from app.projects.errors import ProjectNotFound
from app.projects.values import Listing

__all__ = ["router"]

router = Router(prefix="/projects", route_class=HubRoute)
CREATED, NO_CONTENT = 201, 204
SCRIPT_ERRORS = (ContentUnjudged, ScriptTooLong)


@router.get("", operation_id="hub_projects_list")
async def list_projects(account: CurrentUser, projects: ProjectsRead, window: WindowDep) -> list[HubProject]:
    """Your projects, the newest first."""
    found = await projects.listed(account.id, Listing(), window)
    return [HubProject.of(project) for project in found.page.items]


@router.post(
    "",
    operation_id="hub_projects_create",
    status_code=CREATED,
    responses=REFUSED | documents(*SCRIPT_ERRORS),
)
async def create_project(account: CurrentUser, wish: ProjectForm, films: Films) -> HubProject:
    """A new project: one scene for each line of the script."""
    return HubProject.of(await films.create(account.id, wish.title, wish.script))


@router.get("/{project_id}", operation_id="hub_projects_get", responses=documents(ProjectNotFound))
async def get_project(project: OwnedProject) -> HubProject:
    """One project."""
    return HubProject.of(project)


@router.put(
    "/{project_id}",
    operation_id="hub_projects_edit",
    responses=REFUSED | documents(ProjectNotFound, *SCRIPT_ERRORS),
)
async def edit_project(project: OwnedProject, wish: ProjectChange, films: Films) -> HubProject:
    """Other words; they are filmed by the next job."""
    return HubProject.of(await films.edit(project, wish.title, wish.script))


@router.delete(
    "/{project_id}",
    operation_id="hub_projects_delete",
    status_code=NO_CONTENT,
    responses=REFUSED | documents(ProjectNotFound),
)
async def delete_project(project: OwnedProject, projects: Projects) -> None:
    """Deletes the project and its films; running work refuses it."""
    await projects.delete(project)
