"""HTTP of everything that the studio has made; each reply is held until the work is done."""

from typing import Annotated

from fastapi import Body, Path, Query

from app.accounts.dependencies import StartingByGet
from app.accounts.errors import OriginNotAllowed
from app.api.dialects.slideshow.dependencies import FacadeDep, OwnedShow
from app.api.dialects.slideshow.presenter import Json
from app.api.dialects.slideshow.schemas import DescriptionBody, MakeBody, SubtitlesBody
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import WorkCancelled, WorkFailed, WorkGoesOn
from app.shows.errors import (
    PictureMissing,
    ScriptMissing,
    ShowNotFound,
    ShowNotOffered,
    ShowPicturesMissing,
    ShowVideoMissing,
    ShowVoiceMissing,
    TopicMissing,
)

__all__ = ["router"]

router = Router(route_class=IdempotentRoute)

HELD = (ShowNotFound, WorkCancelled, WorkFailed, WorkGoesOn)
ShowId = Annotated[str, Path(max_length=64, description="The project, or temp for one that is not saved")]
Position = Annotated[int, Path(ge=0, le=199)]
Made = Annotated[MakeBody, Body(default_factory=MakeBody)]


@router.post(
    "/scripts/description/generate",
    operation_id="studio_description_generate",
    responses=documents(*HELD, TopicMissing),
)
async def generate_description(
    body: Annotated[DescriptionBody, Body(default_factory=DescriptionBody)], facade: FacadeDep
) -> Json:
    """Writes a description for a project that is not saved yet."""
    return await facade.description(body)


@router.post(
    "/projects/{show_id}/generate-script",
    operation_id="studio_script_generate",
    responses=documents(*HELD, TopicMissing),
)
@router.post("/scripts/{show_id}", operation_id="studio_scripts_make", responses=documents(*HELD, TopicMissing))
async def generate_script(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Writes the script."""
    return await facade.script(show_id, body)


@router.get(
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


@router.post(
    "/projects/{show_id}/generate-audio",
    operation_id="studio_audio_generate",
    responses=documents(*HELD, ScriptMissing, ShowNotOffered),
)
async def generate_guide_audio(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Speaks the script, for the client that reads `audio_url`."""
    return await facade.audio(show_id, body, with_url=True)


@router.post(
    "/audios/{show_id}",
    operation_id="studio_audios_make",
    responses=documents(*HELD, ScriptMissing, ShowNotOffered),
)
async def generate_audio(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Speaks the script."""
    return await facade.audio(show_id, body)


@router.post(
    "/projects/{show_id}/generate-images",
    operation_id="studio_images_generate",
    responses=documents(*HELD, ShowPicturesMissing, ShowNotOffered),
)
@router.post(
    "/images/{show_id}",
    operation_id="studio_images_make",
    responses=documents(*HELD, ShowPicturesMissing, ShowNotOffered),
)
async def generate_images(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Draws every picture that is not drawn as it is told now."""
    return await facade.images(show_id, body)


@router.post(
    "/projects/{show_id}/generate-images/{scene_index}",
    operation_id="studio_image_generate",
    responses=documents(*HELD, PictureMissing, ShowNotOffered),
)
@router.post(
    "/images/{show_id}/{scene_index}",
    operation_id="studio_image_make",
    responses=documents(*HELD, PictureMissing, ShowNotOffered),
)
async def generate_image(show_id: ShowId, scene_index: Position, body: Made, facade: FacadeDep) -> Json:
    """Draws one picture anew."""
    return await facade.image(show_id, scene_index, body)


@router.post(
    "/projects/{show_id}/generate-video",
    operation_id="studio_video_generate",
    responses=documents(*HELD, ShowPicturesMissing, ShowVoiceMissing),
)
@router.post(
    "/video/{show_id}",
    operation_id="studio_video_make",
    responses=documents(*HELD, ShowPicturesMissing, ShowVoiceMissing),
)
async def generate_video(show_id: ShowId, body: Made, facade: FacadeDep) -> Json:
    """Makes the video of pictures and sound."""
    return await facade.video(show_id, body)


@router.post(
    "/subtitles/{show_id}",
    operation_id="studio_subtitles_burn",
    responses=documents(*HELD, ShowVideoMissing, ShowVoiceMissing),
)
async def burn_subtitles(
    show: OwnedShow, body: Annotated[SubtitlesBody, Body(default_factory=SubtitlesBody)], facade: FacadeDep
) -> Json:
    """Puts the captions into the pictures."""
    return await facade.burn(show, body)
