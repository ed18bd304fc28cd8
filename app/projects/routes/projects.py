"""HTTP of whole projects: list, create, read, edit, copy, delete."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from app.accounts.dependencies import CurrentUser
from app.core.dependencies import NextLink, WindowDep
from app.core.errors import Outdated
from app.core.pagination import CursorUnreadable
from app.core.responses import alias_of, documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.projects.dependencies import ExpectedVersion, OwnedProject, Projects, ProjectsRead, Shown, ShownRead, Tagged
from app.projects.errors import LayoutFixed, NotOfThisProject, OptionsClash, ProjectBusy, ProjectNotFound, TargetTooLong
from app.projects.replies import ProjectList, ProjectReply
from app.projects.schemas import ProjectCreate, ProjectEdit
from app.projects.states import ProjectStatus
from app.projects.values import Listing, Sort

router = Router(prefix="/projects", tags=["projects"], route_class=IdempotentRoute)
EDIT_ERRORS = (ProjectNotFound, Outdated, LayoutFixed, OptionsClash, TargetTooLong, NotOfThisProject)
MAX_SEARCH_CHARACTERS = 200
Cancel = Annotated[bool, Query(description="Cancel running work first")]
Search = Annotated[str, Query(max_length=MAX_SEARCH_CHARACTERS, description="Beginnings of words in name or story")]


async def wanted_listing(
    status_wanted: Annotated[ProjectStatus | None, Query(alias="status", description="Only in this status")] = None,
    search: Search = "",
    sort: Annotated[Sort, Query(description="Order; a minus means the last first")] = Sort.NEWEST,
) -> Listing:
    """Which projects are wanted, and in what order."""
    return Listing(status=status_wanted, search=search, sort=sort)


@router.get("", operation_id="projects_list", responses=documents(CursorUnreadable))
async def list_projects(
    account: CurrentUser,
    projects: ProjectsRead,
    shown: ShownRead,
    window: WindowDep,
    link: NextLink,
    listing: Annotated[Listing, Depends(wanted_listing)],
) -> ProjectList:
    """Your projects, the newest first; a search counts its total no further than 2000."""
    found = await projects.listed(account.id, listing, window)
    link.point_after(found.page)
    return await shown.page(found)


@router.post(
    "",
    operation_id="projects_create",
    status_code=status.HTTP_201_CREATED,
    responses=documents(OptionsClash, TargetTooLong, NotOfThisProject),
)
async def create_project(
    account: CurrentUser, wish: ProjectCreate, projects: Projects, shown: Shown, tags: Tagged
) -> ProjectReply:
    """Starts a film: its segments are laid out at once."""
    project = await projects.create(account.id, wish)
    return tags.tagged(await shown.project(project), project.version)


@router.get(
    "/{project_id}",
    operation_id="projects_get",
    response_model=ProjectReply,
    responses=documents(ProjectNotFound),
)
async def get_project(project: OwnedProject, shown: ShownRead, tags: Tagged) -> ProjectReply | Response:
    """One project; with If-None-Match the answer is 304 while nothing changed."""
    return tags.unless_known(await shown.project(project), project.version)


@router.put(
    "/{project_id}",
    operation_id="projects_replace",
    openapi_extra=alias_of("projects_edit"),
    responses=documents(*EDIT_ERRORS),
)
@router.patch("/{project_id}", operation_id="projects_edit", responses=documents(*EDIT_ERRORS))
async def edit_project(
    project: OwnedProject,
    wish: ProjectEdit,
    expected: ExpectedVersion,
    projects: Projects,
    shown: Shown,
    tags: Tagged,
) -> ProjectReply:
    """Changes what is named and leaves the rest; with If-Match only the version you read."""
    edited = await projects.edit(project.id, wish, expected_version=expected)
    return tags.tagged(await shown.project(edited), edited.version)


@router.delete(
    "/{project_id}",
    operation_id="projects_delete",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documents(ProjectNotFound, ProjectBusy),
)
async def delete_project(project: OwnedProject, projects: Projects, *, cancel: Cancel = False) -> None:
    """Deletes the project and its media; running work refuses it, or is cancelled first when you say so."""
    await projects.delete(project, cancel=cancel)


@router.post(
    "/{project_id}/duplicate",
    operation_id="projects_duplicate",
    status_code=status.HTTP_201_CREATED,
    responses=documents(ProjectNotFound),
)
async def duplicate_project(project: OwnedProject, projects: Projects, shown: Shown, tags: Tagged) -> ProjectReply:
    """A copy with the same words, frames and clips, but without the film."""
    copy = await projects.duplicate(project)
    return tags.tagged(await shown.project(copy), copy.version)
