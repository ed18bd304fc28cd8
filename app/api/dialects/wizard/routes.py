"""/api/auth, avatars, gallery and /api/video with its stages, for the wizard client."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, File, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from app.accounts import errors
from app.accounts import errors as account_errors
from app.accounts.avatar_links import AvatarLinks, AvatarSize
from app.accounts.credentials import Joining
from app.accounts.dependencies import (
    CallerDep,
    CurrentUser,
    Oneself,
    OwnResources,
    Public,
    ResourcesDep,
    SessionUser,
    set_session_cookie,
)
from app.accounts.domain import SessionKind
from app.accounts.errors import UserNotFound
from app.accounts.routes.dependencies import (
    NO_REGISTRATION,
    NO_SIGN_IN,
    Accounts,
    AvatarLinksDep,
    AvatarsDep,
    OwnKeysReading,
    OwnKeysWriting,
    Passwording,
    SigningIn,
)
from app.accounts.routes.profile import LARGEST_FORM_BYTES, PICTURE, SHOWN, WEBP
from app.accounts.schemas import UserRead
from app.api.dialects.rules import FaceBody, RootLinks
from app.api.dialects.wizard.schemas import (
    ContentBody,
    ImageBody,
    ImagesBody,
    ModeBody,
    PipelineBody,
    ScriptsBody,
    StageBody,
    VoicesBody,
    WizardContent,
    WizardDone,
    WizardEverything,
    WizardFilm,
    WizardJobs,
    WizardJoinBody,
    WizardKeys,
    WizardKeysBody,
    WizardManifest,
    WizardMode,
    WizardMusicBody,
    WizardPasswordBody,
    WizardPictures,
    WizardProfile,
    WizardProfileBody,
    WizardScript,
    WizardSession,
    WizardSignInBody,
    WizardTrack,
    WizardVoice,
    WizardVoiceList,
    WizardVoices,
    content_of,
    everything_of,
    film_of,
    pictures_of,
    script_of,
    voices_of,
)
from app.core.dependencies import FILE_FORM, ReadSession
from app.core.routing import Router, documents
from app.core.schema import Utc
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import QueueFull, TooManyJobs, WorkCancelled, WorkFailed, WorkGoesOn
from app.library import errors as library
from app.library.dependencies import AskedFor, chunks_of
from app.library.domain import AssetView
from app.library.gallery import errors as gallery_errors
from app.library.gallery.dependencies import GalleryReading, GalleryWriting, NamedThumbnail, PathOwner, VideoName
from app.library.gallery.dependencies import NamedFilm as GalleryFilm
from app.library.gallery.domain import FilmView
from app.library.gallery.links import thumbnail_link
from app.library.gallery.service import remove_named
from app.library.links import MediaLinks
from app.library.routes import LARGEST_BODY_BYTES, answer
from app.library.serving import serve
from app.shows import errors as show_errors
from app.shows.staged import ShowResolver, StagedFilm, StagedPipeline

account_router = Router(prefix="/api/auth", tags=["wizard"], route_class=IdempotentRoute)
PRIVATE = {"Cache-Control": "private, no-store"}


async def joining(resources: ResourcesDep) -> Joining:
    """Registering at this process."""
    return Joining.over(resources)


async def own_links(resources: ResourcesDep) -> AvatarLinks:
    """Links without an origin: this client puts its own before them."""
    return AvatarLinks.over(resources).rooted()


JoiningDep = Annotated[Joining, Depends(joining)]
OwnLinks = Annotated[AvatarLinks, Depends(own_links)]


@account_router.post(
    "/register",
    operation_id="wizard_register",
    status_code=201,
    dependencies=[Public],
    responses=NO_REGISTRATION,
)
async def register(
    wish: WizardJoinBody, caller: CallerDep, facade: JoiningDep, links: OwnLinks, request: Request, response: Response
) -> WizardSession:
    """Makes an account and signs in."""
    signed_in = await facade.join(wish.as_wish(), caller, kind=SessionKind.CLIENT)
    set_session_cookie(request, response, signed_in)
    return WizardSession.of(signed_in, links)


@account_router.post(
    "/login",
    operation_id="wizard_log_in",
    dependencies=[Public],
    responses=NO_SIGN_IN,
)
async def log_in(
    login: WizardSignInBody, caller: CallerDep, facade: SigningIn, links: OwnLinks, request: Request, response: Response
) -> WizardSession:
    """Opens a session that lasts as long as a page of this client stays open."""
    signed_in = await facade.sign_in(login.as_login(), caller, kind=SessionKind.CLIENT)
    set_session_cookie(request, response, signed_in)
    return WizardSession.of(signed_in, links)


@account_router.get(
    "/me", operation_id="wizard_me", responses=documents(account_errors.TokenRefused, account_errors.AccountClosed)
)
async def me(account: CurrentUser, response: Response) -> WizardProfile:
    """Who you are."""
    response.headers.update(PRIVATE)
    return WizardProfile.of(account)


@account_router.patch("/profile", operation_id="wizard_profile")
async def edit_profile(account: CurrentUser, body: WizardProfileBody, accounts: Accounts) -> WizardProfile:
    """Changes the name that is shown, and the theme."""
    return WizardProfile.of(await accounts.edit(account, body.changes()))


@account_router.post(
    "/change-password",
    operation_id="wizard_change_password",
    responses=documents(
        account_errors.WrongPassword,
        account_errors.PasswordTooCommon,
        account_errors.NoPassword,
        account_errors.TooManySignIns,
        account_errors.PasswordsBusy,
        account_errors.SignInNeeded,
    ),
)
async def change_password(
    account: SessionUser, body: WizardPasswordBody, caller: CallerDep, passwords: Passwording
) -> WizardDone:
    """Sets a new password; your other sessions end."""
    await passwords.change(account, body.as_change(), caller)
    return WizardDone()


@account_router.get("/api-keys", operation_id="wizard_keys", responses=documents(account_errors.SignInNeeded))
async def read_keys(account: SessionUser, keys: OwnKeysReading, response: Response) -> WizardKeys:
    """Which keys of vendors you keep here."""
    response.headers.update(PRIVATE)
    return WizardKeys.of(await keys.listed(account.id))


@account_router.put(
    "/api-keys",
    operation_id="wizard_keys_put",
    responses=documents(account_errors.SignInNeeded, account_errors.ProviderKeyUnusable),
)
async def keep_keys(account: SessionUser, body: WizardKeysBody, keys: OwnKeysWriting) -> WizardKeys:
    """Keeps the keys that are sent, encrypted; nobody can read them again."""
    return WizardKeys.of(await keys.put_all(account.id, body.as_wish()))


avatar_router = Router(tags=["wizard"], route_class=IdempotentRoute)
REFUSALS = documents(errors.AvatarUnusable, errors.AvatarTooLarge)
NOT_YOURS = documents(errors.AvatarNotFound, errors.UserNotFound)


@avatar_router.post(
    "/api/avatar",
    operation_id="wizard_avatar_alias_upload",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses=REFUSALS,
)
async def upload(
    account: CurrentUser, file: Annotated[UploadFile, File()], avatars: AvatarsDep, links: AvatarLinksDep
) -> UserRead:
    """The same as POST /api/v1/avatar."""
    return UserRead.of(await avatars.keep(account, file), links)


@avatar_router.delete("/api/avatar", operation_id="wizard_avatar_alias_delete", status_code=204)
async def delete(account: CurrentUser, avatars: AvatarsDep) -> None:
    """The same as DELETE /api/v1/avatar."""
    await avatars.drop(account)


@avatar_router.get(
    "/api/avatar/{user_id}",
    operation_id="wizard_avatar_alias_read",
    response_class=Response,
    responses={**PICTURE, **NOT_YOURS},
)
@avatar_router.get(
    "/api/video/user/{user_id}/avatar",
    operation_id="wizard_avatar_read",
    response_class=Response,
    responses={**PICTURE, **NOT_YOURS},
)
async def read(account: Oneself, user_id: str, avatars: AvatarsDep) -> Response:
    """Your own picture; 404 says that there is none."""
    return Response(await avatars.own(account, user_id, AvatarSize.LARGE), media_type=WEBP, headers=SHOWN)


@avatar_router.post(
    "/api/video/user/{user_id}/avatar",
    operation_id="wizard_avatar_upload",
    max_body_size=LARGEST_FORM_BYTES,
    form_limits=FILE_FORM,
    responses={**REFUSALS, **NOT_YOURS},
)
async def upload_own(account: Oneself, file: Annotated[UploadFile, File()], avatars: AvatarsDep) -> WizardDone:
    """Takes a PNG, JPEG or WebP picture of up to 5 MB."""
    await avatars.keep(account, file)
    return WizardDone()


gallery_router = Router(prefix="/api/video/user/{user_id}/gallery", tags=["wizard"], route_class=IdempotentRoute)
MISSING = documents(gallery_errors.FilmNotFound)


class WizardRenameBody(FaceBody):
    """What a film is to be called, without its extension."""

    new_name: str = Field(min_length=1, max_length=200, examples=["The-found-lantern"])


class WizardGalleryFilm(BaseModel):
    """A film as it hangs in the gallery; its thumbnail stands unquoted in a style sheet."""

    name: str
    title: str
    size: int
    modified: Utc
    url: str
    thumbnail: str

    @classmethod
    def of(cls, film: FilmView, links: MediaLinks) -> Self:
        """The wire form of a film."""
        return cls(
            name=film.name,
            title=film.title,
            size=film.asset.size_bytes,
            modified=film.asset.updated_at,
            url=links.to(film.asset),
            thumbnail=thumbnail_link(film, links),
        )


class WizardGallery(BaseModel):
    """Every film, the newest first."""

    items: list[WizardGalleryFilm]


class WizardRenamed(BaseModel):
    """What the film is called now."""

    status: Literal["success"] = "success"
    new: str


@gallery_router.get("", operation_id="wizard_gallery_list", responses=MISSING)
async def list_films(owner: PathOwner, gallery: GalleryReading, links: RootLinks) -> WizardGallery:
    """Your finished films, the newest first."""
    return WizardGallery(items=[WizardGalleryFilm.of(film, links) for film in await gallery.newest(owner.id)])


@gallery_router.post(
    "/rename/{video_name}",
    operation_id="wizard_gallery_rename",
    responses=documents(gallery_errors.FilmNotFound, gallery_errors.FilmNameTaken),
)
async def rename_film(
    owner: PathOwner, video_name: VideoName, body: WizardRenameBody, gallery: GalleryWriting
) -> WizardRenamed:
    """Gives a film another name; the same request twice has the same answer."""
    return WizardRenamed(new=(await gallery.rename_named(owner.id, video_name, body.new_name)).name)


@gallery_router.delete("/file/{video_name}", operation_id="wizard_gallery_delete", responses=MISSING)
async def delete_film(owner: PathOwner, video_name: VideoName, resources: ResourcesDep) -> WizardDone:
    """Deletes a film; one that is gone already is no error."""
    await remove_named(resources, owner.id, video_name)
    return WizardDone()


async def read_gallery_film(film: GalleryFilm, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """A film by its name, whole or in ranges."""
    return await answer(resources, film, serve(film, "inline", asked), request)


async def read_thumbnail(
    picture: NamedThumbnail, asked: AskedFor, resources: ResourcesDep, request: Request
) -> Response:
    """A film's small picture."""
    return await answer(resources, picture, serve(picture, "inline", asked), request)


for path, name, summary, media_type, read_file in (
    ("/file/{video_name}", "file", "Read Film", "video/mp4", read_gallery_film),
    ("/thumb/{video_name}.jpg", "thumb", "Read Thumbnail", "image/jpeg", read_thumbnail),
):
    gallery_router.get(
        path,
        operation_id=f"wizard_gallery_{name}",
        summary=summary,
        response_class=Response,
        responses={
            200: {"description": "The file, or a part of it", "content": {media_type: {}}},
            **documents(gallery_errors.FilmNotFound),
        },
    )(read_file)
    gallery_router.head(path, operation_id=f"wizard_gallery_{name}_head", include_in_schema=False)(read_file)


stage_router = Router(prefix="/api/video", tags=["wizard"], route_class=IdempotentRoute)
HELD = documents(
    show_errors.ShowNotFound, show_errors.NoShowYet, WorkGoesOn, WorkFailed, WorkCancelled, TooManyJobs, QueueFull
)


async def staged_pipeline(account: CurrentUser, resources: OwnResources) -> StagedPipeline:
    """The pipeline of the caller."""
    return StagedPipeline.over(resources, account.id)


Pipeline = Annotated[StagedPipeline, Depends(staged_pipeline)]


@stage_router.post("/content", operation_id="wizard_content", responses=HELD)
async def content(body: ContentBody, pipeline: Pipeline) -> WizardContent:
    """Writes what the show tells."""
    return content_of(await pipeline.content(body.as_wish()))


@stage_router.post("/scripts", operation_id="wizard_scripts", responses=HELD)
async def scripts(body: ScriptsBody, pipeline: Pipeline) -> WizardScript:
    """Writes what is said and what the pictures show."""
    return script_of(await pipeline.scripts(body.as_wish()))


@stage_router.post("/images", operation_id="wizard_images", responses=HELD)
async def images(body: ImagesBody, pipeline: Pipeline, links: RootLinks) -> WizardPictures:
    """Draws a picture for each prompt; those that stand already are not drawn again."""
    return pictures_of(await pipeline.images(body.as_wish(), body.prompts), links)


@stage_router.post("/modify-image", operation_id="wizard_modify_image", responses=HELD)
async def modify_image(body: ImageBody, user: CurrentUser, pipeline: Pipeline, links: RootLinks) -> WizardPictures:
    """Draws one picture anew; its link stays the same."""
    asset_id = links.asset_id_of(body.image_path, user.id)
    return pictures_of(await pipeline.modify_image(asset_id, body.prompt, body.as_wish()), links)


@stage_router.post("/voices", operation_id="wizard_voices", responses=HELD)
async def voices(body: VoicesBody, pipeline: Pipeline, links: RootLinks) -> WizardVoices:
    """Speaks each sentence."""
    return voices_of(await pipeline.voices(body.as_wish(), body.sentences), links)


@stage_router.post("/edit", operation_id="wizard_edit", responses=HELD)
async def edit(body: StageBody, pipeline: Pipeline, links: RootLinks) -> WizardFilm:
    """Makes the film of pictures and voices."""
    return film_of(await pipeline.edit(body.as_wish()), links)


@stage_router.post("/bgmusic", operation_id="wizard_music", responses=HELD)
async def music(body: WizardMusicBody, user: CurrentUser, pipeline: Pipeline, links: RootLinks) -> WizardFilm:
    """Lays a track under the film."""
    asset_id = links.asset_id_of(body.music_path, user.id)
    return film_of(await pipeline.music(asset_id, body.as_wish()), links)


@stage_router.post("/captions", operation_id="wizard_captions", responses=HELD)
async def captions(body: StageBody, pipeline: Pipeline, links: RootLinks) -> WizardFilm:
    """Puts captions into the film."""
    return film_of(await pipeline.captions(body.as_wish()), links)


@stage_router.post("/pipeline", operation_id="wizard_pipeline", responses=HELD)
async def run(body: PipelineBody, pipeline: Pipeline, links: RootLinks) -> WizardEverything:
    """Everything from the topic to the captioned film."""
    return everything_of(await pipeline.pipeline(body.as_wish()), links)


@stage_router.post("/set-video-mode", operation_id="wizard_mode")
async def set_mode(body: ModeBody, pipeline: Pipeline) -> WizardMode:
    """Chooses the shape of the film that is in the making."""
    return WizardMode.of(await pipeline.set_mode(is_wide=body.video_mode), wanted=body.video_mode)


shelf_router = Router(prefix="/api/video", tags=["wizard"], route_class=IdempotentRoute)
FILMS: Mapping[str, StagedFilm] = {
    "output_with_glowing_captions.mp4": StagedFilm.CAPTIONED,
    "youtube_shorts_with_music.mp4": StagedFilm.SCORED,
    "youtube_shorts.mp4": StagedFilm.PLAIN,
}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The film, or the part of it that `Range` names", "content": {"video/mp4": {}}},
    **documents(show_errors.StagedFilmUnknown, show_errors.NoShowYet, show_errors.ShowVideoMissing),
}
TAKEN = documents(show_errors.NoShowYet, library.NothingSent, library.UploadTooLarge, library.QuotaExceeded)


async def show_resolver(account: CurrentUser, session: ReadSession, resources: ResourcesDep) -> ShowResolver:
    """Shows of the caller."""
    return ShowResolver(session, resources, account.id)


async def named_film(
    file: Annotated[str, Query(max_length=200)], account: CurrentUser, resources: ResourcesDep
) -> AssetView:
    """The film of the caller's latest show that this name stands for."""
    async with resources.database.reading() as session:
        return await ShowResolver(session, resources, account.id).film(FILMS.get(file))


ShowResolverDep = Annotated[ShowResolver, Depends(show_resolver)]
NamedFilm = Annotated[AssetView, Depends(named_film)]


@shelf_router.post(
    "/custom-voice",
    operation_id="wizard_own_voice",
    max_body_size=LARGEST_BODY_BYTES,
    form_limits=FILE_FORM,
    responses=TAKEN,
)
async def keep_voice(voice_file: Annotated[UploadFile, File()], pipeline: Pipeline) -> WizardVoice:
    """Takes a recording of your voice for the latest show."""
    show = await pipeline.keep_voice(voice_file.filename or "voice", chunks_of(voice_file))
    return WizardVoice(job_id=show.id)


@shelf_router.post(
    "/upload-music",
    operation_id="wizard_track",
    max_body_size=LARGEST_BODY_BYTES,
    form_limits=FILE_FORM,
    responses=TAKEN,
)
async def keep_track(music_file: Annotated[UploadFile, File()], pipeline: Pipeline, links: RootLinks) -> WizardTrack:
    """Takes a track for the latest show."""
    track = await pipeline.keep_track(music_file.filename or "music", chunks_of(music_file))
    return WizardTrack(music_path=links.to(track))


@shelf_router.get("/voices/list", operation_id="wizard_voice_list")
async def list_voices(pipeline: Pipeline) -> WizardVoiceList:
    """The voices that may be asked for, your own first."""
    return WizardVoiceList.of(await pipeline.known_voices())


async def read_film(film: NamedFilm, asked: AskedFor, resources: ResourcesDep, request: Request) -> Response:
    """The latest film under one of the names that the client knows; the best there is when a stage was skipped."""
    return await answer(resources, film, serve(film, "inline", asked), request)


shelf_router.get("/video", operation_id="wizard_film", response_class=Response, responses=FILE)(read_film)

shelf_router.head("/video", operation_id="wizard_film_head", include_in_schema=False)(read_film)


@shelf_router.get("/jobs/{job_id}", operation_id="wizard_job", responses=documents(show_errors.ShowNotFound))
async def read_job(job_id: str, shows: ShowResolverDep, links: RootLinks) -> WizardManifest:
    """What happened to one job, and where its files are."""
    return WizardManifest.of(await shows.manifest(job_id), links)


@shelf_router.get("/user/{user_id}/jobs", operation_id="wizard_jobs", responses=documents(UserNotFound))
async def list_jobs(_user: Oneself, shows: ShowResolverDep, links: RootLinks) -> WizardJobs:
    """Your jobs, the one that was touched last first."""
    return WizardJobs.of(await shows.manifests(), links)
