"""HTTP of the slideshow studio: projects, what is made from them, options, and publishing, which is refused."""

from typing import Annotated

from fastapi import Body, Depends, Path, Query, Response, status

from app.accounts.dependencies import CurrentUser, Public, StartingByGet
from app.accounts.errors import OriginNotAllowed
from app.api.dialects.slideshow.dependencies import FacadeDep, OwnedShow
from app.api.dialects.slideshow.presenter import Json
from app.api.dialects.slideshow.schemas import DescriptionBody, MakeBody, ProjectBody, SubtitlesBody
from app.core.pagination import Window
from app.core.routing import Router, documents
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import WorkCancelled, WorkFailed, WorkGoesOn
from app.shows.domain import EFFECTS, PLACES, STYLES, Door, ShowListing, ShowSort, ShowStatus
from app.shows.errors import (
    PictureMissing,
    ScriptMissing,
    ShowFileUnknown,
    ShowNotFound,
    ShowNotOffered,
    ShowPicturesMissing,
    ShowTooLarge,
    ShowVideoMissing,
    ShowVoiceMissing,
    TopicMissing,
    VideoSiteAbsent,
)

project_router = Router(route_class=IdempotentRoute)
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


@project_router.get("/projects", operation_id="studio_projects_list")
async def list_projects(
    facade: FacadeDep,
    response: Response,
    listing: Annotated[ShowListing, Depends(wanted)],
    part: Annotated[Window, Depends(window)],
) -> list[Json]:
    """Your projects as a bare array; X-Total-Count says how many there are."""
    return await facade.listed(listing, part, response)


@project_router.post(
    "/projects",
    operation_id="studio_projects_create",
    status_code=status.HTTP_201_CREATED,
    responses=documents(ShowFileUnknown, ShowTooLarge),
)
async def create_project(body: ProjectBody, facade: FacadeDep) -> Json:
    """Saves a new project; fields that are not known here are kept and given back."""
    return await facade.create(body)


@project_router.get("/projects/{show_id}", operation_id="studio_projects_get", responses=documents(ShowNotFound))
async def get_project(show: OwnedShow, facade: FacadeDep) -> Json:
    """One whole project."""
    return await facade.shown(show)


@project_router.put(
    "/projects/{show_id}",
    operation_id="studio_projects_save",
    responses=documents(ShowNotFound, ShowFileUnknown, ShowTooLarge),
)
@project_router.patch(
    "/projects/{show_id}",
    operation_id="studio_projects_edit",
    responses=documents(ShowNotFound, ShowFileUnknown, ShowTooLarge),
)
async def save_project(show: OwnedShow, body: ProjectBody, facade: FacadeDep) -> Json:
    """Saves what is sent and answers the whole project."""
    return await facade.save(show, body)


@project_router.delete(
    "/projects/{show_id}",
    operation_id="studio_projects_delete",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=documents(ShowNotFound),
)
async def delete_project(show: OwnedShow, facade: FacadeDep) -> None:
    """Deletes the project with its media."""
    await facade.delete(show)


making_router = Router(route_class=IdempotentRoute)
HELD = (ShowNotFound, WorkCancelled, WorkFailed, WorkGoesOn)
ShowId = Annotated[str, Path(max_length=64, description="The project, or temp for one that is not saved")]
Position = Annotated[int, Path(ge=0, le=199)]
Made = Annotated[MakeBody, Body(default_factory=MakeBody)]


@making_router.post(
    "/scripts/description/generate",
    operation_id="studio_description_generate",
    responses=documents(*HELD, TopicMissing),
)
async def generate_description(
    body: Annotated[DescriptionBody, Body(default_factory=DescriptionBody)], facade: FacadeDep
) -> Json:
    """Writes a description for a project that is not saved yet."""
    return await facade.description(body)


@making_router.post(
    "/projects/{show_id}/generate-script",
    operation_id="studio_script_generate",
    responses=documents(*HELD, TopicMissing),
)
@making_router.post("/scripts/{show_id}", operation_id="studio_scripts_make", responses=documents(*HELD, TopicMissing))
async def generate_script(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Writes the script."""
    return await facade.script(show_id, body)


@making_router.get(
    "/audios/generate-subtitle",
    operation_id="studio_subtitles_generate",
    dependencies=[StartingByGet],
    responses=documents(*HELD, ShowVoiceMissing, OriginNotAllowed),
)
async def generate_subtitles(
    facade: FacadeDep,
    project_id: Annotated[str, Query(max_length=64)] = "",
    audio_path: Annotated[str, Query(max_length=4096)] = "",
) -> Json:
    """Makes the captions of what is spoken."""
    return await facade.subtitles(project_id, audio_path)


@making_router.post(
    "/projects/{show_id}/generate-audio",
    operation_id="studio_audio_generate",
    responses=documents(*HELD, ScriptMissing, ShowNotOffered),
)
async def generate_guide_audio(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Speaks the script, for the client that reads `audio_url`."""
    return await facade.audio(show_id, body, with_url=True)


@making_router.post(
    "/audios/{show_id}",
    operation_id="studio_audios_make",
    responses=documents(*HELD, ScriptMissing, ShowNotOffered),
)
async def generate_audio(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Speaks the script."""
    return await facade.audio(show_id, body)


@making_router.post(
    "/projects/{show_id}/generate-images",
    operation_id="studio_images_generate",
    responses=documents(*HELD, ShowPicturesMissing, ShowNotOffered),
)
@making_router.post(
    "/images/{show_id}",
    operation_id="studio_images_make",
    responses=documents(*HELD, ShowPicturesMissing, ShowNotOffered),
)
async def generate_images(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Draws every picture that is not drawn as it is told now."""
    return await facade.images(show_id, body)


@making_router.post(
    "/projects/{show_id}/generate-images/{scene_index}",
    operation_id="studio_image_generate",
    responses=documents(*HELD, PictureMissing, ShowNotOffered),
)
@making_router.post(
    "/images/{show_id}/{scene_index}",
    operation_id="studio_image_make",
    responses=documents(*HELD, PictureMissing, ShowNotOffered),
)
async def generate_image(show_id: ShowId, scene_index: Position, body: Made, facade: FacadeDep) -> Json:
    """Draws one picture anew."""
    return await facade.image(show_id, scene_index, body)


@making_router.post(
    "/projects/{show_id}/generate-video",
    operation_id="studio_video_generate",
    responses=documents(*HELD, ShowPicturesMissing, ShowVoiceMissing),
)
@making_router.post(
    "/video/{show_id}",
    operation_id="studio_video_make",
    responses=documents(*HELD, ShowPicturesMissing, ShowVoiceMissing),
)
async def generate_video(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Makes the video of pictures and sound."""
    return await facade.video(show_id, body)


@making_router.post(
    "/subtitles/{show_id}",
    operation_id="studio_subtitles_burn",
    responses=documents(*HELD, ShowVideoMissing, ShowVoiceMissing),
)
async def burn_subtitles(
    show: OwnedShow, body: Annotated[SubtitlesBody, Body(default_factory=SubtitlesBody)], facade: FacadeDep
) -> Json:
    """Puts the captions into the pictures."""
    return await facade.burn(show, body)


option_router = Router(dependencies=[Public])
Named = dict[str, list[dict[str, str]]]


@option_router.get("/subtitles/styles", operation_id="studio_subtitle_styles")
async def list_styles() -> Named:
    """How captions can look."""
    return {"styles": [{"name": each.name, "description": each.description} for each in STYLES]}


@option_router.get("/subtitles/positions", operation_id="studio_subtitle_positions")
async def list_positions() -> Named:
    """Where captions can stand."""
    return {"positions": [{"name": each.name, "description": each.description} for each in PLACES]}


@option_router.get("/video-template", operation_id="studio_video_templates")
async def list_templates() -> Named:
    """How pictures can move; `absolute_path` is only a name."""
    return {"templates": [{"absolute_path": each.name, "label": each.description} for each in EFFECTS]}


youtube_router = Router(prefix="/youtube", route_class=IdempotentRoute)
ABSENT = documents(VideoSiteAbsent)
ABSENT_FOR_PROJECT = documents(VideoSiteAbsent, ShowNotFound)


@youtube_router.get("/auth/status", operation_id="studio_youtube_status")
async def youtube_status(_account: CurrentUser) -> dict[str, bool]:
    """Whether a channel is connected."""
    return {"is_authenticated": False}


@youtube_router.get("/auth/url", operation_id="studio_youtube_connect", responses=ABSENT)
@youtube_router.post("/auth/disconnect", operation_id="studio_youtube_disconnect", responses=ABSENT)
@youtube_router.get("/channel/info", operation_id="studio_youtube_channel", responses=ABSENT)
async def youtube_account(_account: CurrentUser) -> None:
    """What needs a connected channel."""
    raise VideoSiteAbsent


@youtube_router.post("/videos/upload/{show_id}", operation_id="studio_youtube_upload", responses=ABSENT_FOR_PROJECT)
@youtube_router.post(
    "/thumbnail/update-by-project/{show_id}",
    operation_id="studio_youtube_project_thumbnail",
    responses=ABSENT_FOR_PROJECT,
)
async def youtube_project(_show: OwnedShow) -> None:
    """What publishes a project."""
    raise VideoSiteAbsent


@youtube_router.get("/videos/{youtube_id}", operation_id="studio_youtube_video", responses=ABSENT)
@youtube_router.patch("/videos/{youtube_id}", operation_id="studio_youtube_video_edit", responses=ABSENT)
@youtube_router.post("/thumbnail/update/{youtube_id}", operation_id="studio_youtube_thumbnail", responses=ABSENT)
@youtube_router.get("/thumbnail/info/{youtube_id}", operation_id="studio_youtube_thumbnail_facts", responses=ABSENT)
async def youtube_video(youtube_id: str, _account: CurrentUser) -> None:
    """What changes a published video."""
    raise VideoSiteAbsent(facts={"youtube_id": youtube_id})
