"""/api/v1/video, /image, /music, /settings and /chat of client B."""

from typing import Annotated

from fastapi import File, Path, Query, Request, Response, UploadFile
from pydantic import JsonValue

from app.accounts import errors
from app.accounts.dependencies import CurrentUser, Public, ResourcesDep, SessionUser
from app.api.dialects.one_shot.dependencies import (
    FaceLinks,
    Film,
    ImageFilter,
    MusicFilter,
    OwnedImage,
    OwnedMusic,
    Pieces,
    SettingsRead,
    SettingsWrite,
    VideosDep,
)
from app.api.dialects.one_shot.schemas import (
    LARGEST_BODY_BYTES,
    Asked,
    ChatAbsent,
    Download,
    Health,
    Image,
    Jobs,
    Music,
    MusicForm,
    OneShotDone,
    Persona,
    PictureForm,
    Reference,
    RemixForm,
    Setting,
    SettingForm,
    SettingsForm,
    Started,
    Variations,
    VideoForm,
    VideoJob,
)
from app.api.dialects.rules import camel_beside_snake
from app.core.dependencies import FILE_FORM
from app.core.routing import Router, documents
from app.generation.errors import NotOffered
from app.jobs import errors as job_errors
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import QueueFull, TooManyJobs
from app.library.dependencies import AskedFor
from app.library.errors import NothingSent, UploadTooLarge
from app.library.routes import answer
from app.library.serving import serve
from app.pieces.domain import (
    MOODS,
    MUSIC_STYLES,
    PICTURE_STYLES,
    QUALITIES,
    PieceNotFound,
    PieceNotReady,
    music_wish,
    picture_wish,
    remixed,
)
from app.production.dependencies import OwnedVideo
from app.production.dependencies import Videos as NativeVideos
from app.production.errors import VideoNotFound
from app.production.videos import ReferenceGarbled

video_router = Router(route_class=IdempotentRoute)
REFUSALS = (NotOffered, job_errors.QueueFull, job_errors.TooManyJobs, ReferenceGarbled)


@video_router.post(
    "/upload-reference",
    operation_id="one_shot_reference",
    max_body_size=LARGEST_BODY_BYTES,
    form_limits=FILE_FORM,
    responses=documents(NothingSent, UploadTooLarge),
)
async def upload_reference(file: Annotated[UploadFile, File()], videos: VideosDep) -> Reference:
    """Judges a picture and gives it back as text, to be sent with the wish."""
    return Reference(image_base64=await videos.reference(file))


@video_router.post(
    "/generate",
    summary="Generate",
    operation_id="one_shot_generate",
    max_body_size=LARGEST_BODY_BYTES,
    responses=documents(*REFUSALS),
)
async def generate_video(form: VideoForm, videos: VideosDep) -> Started:
    """Makes a video; what cannot be made is brought to the nearest and said in `notes`."""
    return await videos.start(form)


@video_router.get("/health", operation_id="one_shot_health", dependencies=[Public])
async def health() -> Health:
    """That this part of the service answers."""
    return Health()


@video_router.get("/jobs", operation_id="one_shot_jobs")
async def list_jobs(videos: VideosDep) -> Jobs:
    """The newest videos."""
    return await videos.listed()


@video_router.delete("/jobs/{video_id}", operation_id="one_shot_delete", responses=documents(VideoNotFound))
async def delete_job(video: OwnedVideo, videos: NativeVideos) -> OneShotDone:
    """Cancels the work and removes the video."""
    return OneShotDone(message=(await videos.delete(video)).message)


@video_router.get("/status/{video_id}", operation_id="one_shot_status", responses=documents(VideoNotFound))
async def status(video: OwnedVideo) -> VideoJob:
    """How far a video is."""
    return VideoJob.of(video)


async def download_video(film: Film, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """The finished film, whole or in ranges."""
    return await answer(resources, film, serve(film, "inline", asked), request)


NO_FILM = documents(VideoNotFound, job_errors.NotDownloadable)

video_router.get(
    "/download/{video_id}",
    summary="Download",
    operation_id="one_shot_download",
    response_class=Response,
    responses=NO_FILM,
)(download_video)

video_router.head("/download/{video_id}", operation_id="one_shot_download_head", include_in_schema=False)(
    download_video
)


image_router = Router(route_class=IdempotentRoute)
BUSY = documents(QueueFull, TooManyJobs)
BUSY_OR_GONE = documents(PieceNotFound, QueueFull, TooManyJobs)
Skip = Annotated[int, Query(ge=0, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, description="Over 100 counts as 100")]


@image_router.post("/generate", summary="Generate", operation_id="image_generate", responses=BUSY)
async def generate_image(form: PictureForm, pieces: Pieces) -> Asked:
    """Draws a picture from a prompt."""
    return Asked.of(await pieces.start(picture_wish(form.asked())))


@image_router.get("/styles", summary="Styles", operation_id="image_styles")
async def image_styles(_account: CurrentUser) -> list[str]:
    """The styles that have a look of their own."""
    return list(PICTURE_STYLES)


@image_router.get("/qualities", operation_id="image_qualities")
async def qualities(_account: CurrentUser) -> list[str]:
    """The qualities that may be asked for."""
    return list(QUALITIES)


@image_router.get("", operation_id="image_list")
async def list_images(
    pieces: Pieces, links: FaceLinks, wanted: ImageFilter, skip: Skip = 0, limit: Limit = 20
) -> list[Image]:
    """Your pictures, the newest first."""
    return [Image.of(piece, links) for piece in await pieces.listed(wanted, skip, limit)]


@image_router.get("/{image_id}", operation_id="image_read", responses=documents(PieceNotFound))
async def read_image(image: OwnedImage, links: FaceLinks) -> Image:
    """One picture."""
    return Image.of(image, links)


@image_router.delete("/{image_id}", operation_id="image_delete", responses=documents(PieceNotFound))
async def delete_image(image: OwnedImage, pieces: Pieces) -> OneShotDone:
    """Deletes a picture with its file; work on it is cancelled."""
    await pieces.delete(image)
    return OneShotDone(message="The picture was deleted.")


@image_router.post(
    "/{image_id}/regenerate", summary="Regenerate", operation_id="image_regenerate", responses=BUSY_OR_GONE
)
async def regenerate_image(image: OwnedImage, pieces: Pieces) -> Asked:
    """Draws another picture with the same words."""
    return Asked.of(await pieces.again(image))


@image_router.post("/{image_id}/variations", operation_id="image_variations", responses=BUSY_OR_GONE)
async def variations(
    image: OwnedImage, pieces: Pieces, variation_count: Annotated[int, Query(ge=1, le=100)] = 4
) -> Variations:
    """Draws several others with the same words, four at most."""
    return Variations.of(list(await pieces.varied(image, variation_count)))


@image_router.get(
    "/{image_id}/download",
    summary="Download",
    operation_id="image_download",
    responses=documents(PieceNotFound, PieceNotReady),
)
async def download_image(image: OwnedImage, pieces: Pieces, links: FaceLinks) -> Download:
    """A link to the file, in the format it was drawn in."""
    return Download.of(pieces.file(image), links)


music_router = Router(route_class=IdempotentRoute)


@music_router.post("/generate", summary="Generate", operation_id="music_generate", responses=BUSY)
async def generate_music(form: MusicForm, pieces: Pieces) -> Asked:
    """Composes music from a prompt."""
    return Asked.of(await pieces.start(music_wish(form.asked())))


@music_router.get("/styles", summary="Styles", operation_id="music_styles")
async def music_styles(_account: CurrentUser) -> list[str]:
    """The styles that are known."""
    return list(MUSIC_STYLES)


@music_router.get("/moods", operation_id="music_moods")
async def moods(_account: CurrentUser) -> list[str]:
    """The moods that are known."""
    return list(MOODS)


@music_router.get("", operation_id="music_list")
async def list_music(
    pieces: Pieces, links: FaceLinks, wanted: MusicFilter, skip: Skip = 0, limit: Limit = 20
) -> list[Music]:
    """Your music, the newest first."""
    return [Music.of(piece, links) for piece in await pieces.listed(wanted, skip, limit)]


@music_router.get("/{music_id}", operation_id="music_read", responses=documents(PieceNotFound))
async def read_music(music: OwnedMusic, links: FaceLinks) -> Music:
    """One piece of music."""
    return Music.of(music, links)


@music_router.delete("/{music_id}", operation_id="music_delete", responses=documents(PieceNotFound))
async def delete_music(music: OwnedMusic, pieces: Pieces) -> OneShotDone:
    """Deletes music with its file; work on it is cancelled."""
    await pieces.delete(music)
    return OneShotDone(message="The music was deleted.")


@music_router.post(
    "/{music_id}/regenerate", summary="Regenerate", operation_id="music_regenerate", responses=BUSY_OR_GONE
)
async def regenerate_music(music: OwnedMusic, pieces: Pieces) -> Asked:
    """Composes the same again."""
    return Asked.of(await pieces.again(music))


@music_router.post("/{music_id}/remix", operation_id="music_remix", responses=BUSY_OR_GONE)
async def remix(music: OwnedMusic, form: RemixForm, pieces: Pieces) -> Asked:
    """Composes the same in another manner."""
    return Asked.of(await pieces.start(remixed(music, form.remix_style, form.remix_mood)))


@music_router.get(
    "/{music_id}/download",
    summary="Download",
    operation_id="music_download",
    responses=documents(PieceNotFound, PieceNotReady),
)
async def download_music(music: OwnedMusic, pieces: Pieces, links: FaceLinks) -> Download:
    """A link to the file, in the format it was made in."""
    return Download.of(pieces.file(music), links)


setting_router = Router(route_class=IdempotentRoute)
Name = Annotated[str, Path(max_length=100)]
UNUSABLE = documents(errors.SettingUnusable, errors.ProviderKeyUnusable, errors.SignInNeeded)


@setting_router.get("", operation_id="settings_read", responses=documents(errors.SignInNeeded))
async def read_settings(account: SessionUser, settings: SettingsRead) -> dict[str, JsonValue]:
    """Every setting in both spellings; a key is shown by its mask."""
    return camel_beside_snake(await settings.shown(account.id))


@setting_router.post("", operation_id="settings_save", responses=UNUSABLE)
async def save_settings(account: SessionUser, form: SettingsForm, settings: SettingsWrite) -> dict[str, JsonValue]:
    """Writes what is named; the others stay."""
    changes = form.changes(await settings.shown(account.id))
    return camel_beside_snake(await settings.save(account.id, changes))


@setting_router.get(
    "/{key}", operation_id="settings_read_one", responses=documents(errors.SettingNotFound, errors.SignInNeeded)
)
async def read_setting(account: SessionUser, key: Name, settings: SettingsRead) -> Setting:
    """One setting."""
    return Setting.of(key, await settings.one(account.id, key))


@setting_router.post("/{key}", operation_id="settings_save_one", responses=UNUSABLE)
async def save_setting(account: SessionUser, key: Name, form: SettingForm, settings: SettingsWrite) -> Setting:
    """Writes one setting."""
    return Setting.of(key, (await settings.save(account.id, {key: form.value})).get(key), form.type)


other_router = Router()
Pixels = Annotated[int, Path(ge=1, le=4000)]
Topic = Annotated[str, Path(alias="topic", max_length=500)]
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    '<rect width="100%" height="100%" fill="#d5d9df"/></svg>'
)
HEADERS = {"Cache-Control": "public, max-age=86400", "Content-Security-Policy": "default-src 'none'; sandbox"}


@other_router.get("/v1/chat/personas", operation_id="chat_personas")
async def personas(_account: CurrentUser) -> list[Persona]:
    """Nobody to chat with lives here."""
    return []


@other_router.get("/v1/chat/{topic:path}", operation_id="chat_read")
@other_router.post("/v1/chat/{topic:path}", operation_id="chat_say")
@other_router.delete("/v1/chat/{topic:path}", operation_id="chat_delete")
async def chat(_topic: Topic, _account: CurrentUser) -> ChatAbsent:
    """Whatever else the page asks of a chat is answered with a sentence."""
    return ChatAbsent()


@other_router.get(
    "/placeholder/{width}/{height}",
    operation_id="placeholder_read",
    dependencies=[Public],
    response_class=Response,
)
async def placeholder(width: Pixels, height: Pixels) -> Response:
    """A plain picture of this size."""
    return Response(PICTURE.format(width=width, height=height), media_type="image/svg+xml", headers=HEADERS)
