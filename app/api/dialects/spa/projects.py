"""/projects of client A."""

from app.accounts.dependencies import CurrentUser
from app.api.dialects.spa.dependencies import ArrivedProject, HeldWork, SpaShown, SpaShownRead
from app.api.dialects.spa.forms import FilmChange, FilmForm
from app.api.dialects.spa.patience import PatientRoute
from app.api.dialects.spa.shapes import FilmList, FilmShown
from app.assembly.errors import FilmClipsBroken, FilmFilesGone, FilmNotOffered
from app.core.dependencies import WindowDep
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.errors import WorkCancelled, WorkFailed, WorkGoesOn
from app.projects.dependencies import OwnedProject, Projects, ProjectsRead
from app.projects.errors import (
    IllegalProjectMove,
    LayoutFixed,
    OptionsClash,
    ProjectNotFound,
    SegmentsIncomplete,
    TargetTooLong,
)
from app.projects.values import Listing

__all__ = ["router"]

router = Router(prefix="/projects", route_class=PatientRoute)
CREATED, NO_CONTENT = 201, 204


@router.get("", operation_id="spa_projects_list")
async def list_projects(
    account: CurrentUser, projects: ProjectsRead, shown: SpaShownRead, window: WindowDep
) -> FilmList:
    """Your projects, the newest first."""
    return await shown.page(await projects.listed(account.id, Listing(), window))


@router.post(
    "",
    operation_id="spa_projects_create",
    status_code=CREATED,
    responses=documents(OptionsClash, TargetTooLong),
)
async def create_project(account: CurrentUser, wish: FilmForm, projects: Projects, shown: SpaShown) -> FilmShown:
    """Starts a film; its segments are laid out at once."""
    return await shown.film(await projects.create(account.id, wish))


@router.get("/{project_id}", operation_id="spa_projects_get", responses=documents(ProjectNotFound))
async def get_project(project: ArrivedProject, shown: SpaShownRead) -> FilmShown:
    """One project; while its plan is being written, the reply is held for it."""
    return await shown.film(project)


@router.put(
    "/{project_id}",
    operation_id="spa_projects_edit",
    responses=documents(ProjectNotFound, LayoutFixed, OptionsClash, TargetTooLong),
)
async def edit_project(project: OwnedProject, wish: FilmChange, projects: Projects, shown: SpaShown) -> FilmShown:
    """Changes what is named and leaves the rest."""
    return await shown.film(await projects.edit(project.id, wish))


@router.delete(
    "/{project_id}",
    operation_id="spa_projects_delete",
    status_code=NO_CONTENT,
    responses=documents(ProjectNotFound),
)
async def delete_project(project: OwnedProject, projects: Projects) -> None:
    """Cancels the work on a project, then deletes it with its media."""
    await projects.delete(project, cancel=True)


@router.post(
    "/{project_id}/finalize",
    operation_id="spa_projects_finalize",
    responses=documents(
        ProjectNotFound,
        IllegalProjectMove,
        SegmentsIncomplete,
        FilmFilesGone,
        FilmClipsBroken,
        FilmNotOffered,
        WorkFailed,
        WorkCancelled,
        WorkGoesOn,
    ),
)
async def finalize_project(project: OwnedProject, work: HeldWork) -> FilmShown:
    """Cuts the film; the reply is held until it is there."""
    return await work.finalized(project)
