"""HTTP of the studio's projects: bare arrays, whole objects, partial saves."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from app.api.dialects.slideshow.dependencies import FacadeDep, OwnedShow
from app.api.dialects.slideshow.presenter import Json
from app.api.dialects.slideshow.schemas import ProjectBody
from app.core.pagination import Window
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.shows.domain import Door, ShowListing, ShowSort, ShowStatus
from app.shows.errors import ShowFileUnknown, ShowNotFound, ShowTooLarge

__all__ = ["router"]

router = Router(route_class=IdempotentRoute)

MOST = 500
STATUSES = {each.value: each for each in ShowStatus} | {"audio_generated": ShowStatus.AUDIO_READY}
SORTS = {"createdAt": ShowSort.CREATED, "created_at": ShowSort.CREATED, "title": ShowSort.TITLE}

Words = Annotated[str, Query(max_length=200)]
Number = Annotated[int, Query(ge=1, le=100_000)]


async def wanted(
    state: Annotated[str, Query(alias="status")] = "",
    search: Words = "",
    q: Words = "",
    sort: Annotated[str, Query(alias="_sort")] = "",
    order: Annotated[str, Query(alias="_order")] = "desc",
) -> ShowListing:
    """Which projects, and in what order; words that nobody here knows choose nothing."""
    return ShowListing(
        door=Door.STUDIO,
        search=search or q,
        status=STATUSES.get(state),
        sort=SORTS.get(sort, ShowSort.CHANGED),
        descending=order.lower() != "asc",
    )


async def window(
    page: Number = 1,
    limit: Number = MOST,
    json_page: Annotated[int, Query(alias="_page", ge=1, le=100_000)] = 1,
    json_limit: Annotated[int, Query(alias="_limit", ge=1, le=100_000)] = MOST,
    start: Annotated[int | None, Query(alias="_start", ge=0, le=100_000)] = None,
    end: Annotated[int | None, Query(alias="_end", ge=1, le=100_500)] = None,
) -> Window:
    """Which part of the list, by pages in either spelling or by rows; without one, as good as all of it."""
    if start is not None or end is not None:
        first = start or 0
        return Window(limit=min(max((end or first + MOST) - first, 1), MOST), skip=first)
    size = min(limit, json_limit, MOST)
    return Window(limit=size, skip=(max(page, json_page) - 1) * size)


@router.get("/projects", operation_id="studio_projects_list")
async def list_projects(
    facade: FacadeDep,
    response: Response,
    listing: Annotated[ShowListing, Depends(wanted)],
    part: Annotated[Window, Depends(window)],
) -> list[Json]:
    """Your projects as a bare array; X-Total-Count says how many there are."""
    return await facade.listed(listing, part, response)


@router.post(
    "/projects",
    operation_id="studio_projects_create",
    status_code=status.HTTP_201_CREATED,
    responses=documents(ShowFileUnknown, ShowTooLarge),
)
async def create_project(body: ProjectBody, facade: FacadeDep) -> Json:
    """Saves a new project; fields that are not known here are kept and given back."""
    return await facade.create(body)


@router.get("/projects/{show_id}", operation_id="studio_projects_get", responses=documents(ShowNotFound))
async def get_project(show: OwnedShow, facade: FacadeDep) -> Json:
    """One whole project."""
    return await facade.shown(show)


@router.put(
    "/projects/{show_id}",
    operation_id="studio_projects_save",
    responses=documents(ShowNotFound, ShowFileUnknown, ShowTooLarge),
)
@router.patch(
    "/projects/{show_id}",
    operation_id="studio_projects_edit",
    responses=documents(ShowNotFound, ShowFileUnknown, ShowTooLarge),
)
async def save_project(show: OwnedShow, body: ProjectBody, facade: FacadeDep) -> Json:
    """Saves what is sent and answers the whole project."""
    return await facade.save(show, body)


@router.delete(
    "/projects/{show_id}",
    operation_id="studio_projects_delete",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documents(ShowNotFound),
)
async def delete_project(show: OwnedShow, facade: FacadeDep) -> None:
    """Deletes the project with its media."""
    await facade.delete(show)
