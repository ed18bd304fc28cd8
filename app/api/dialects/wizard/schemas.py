"""What the wizard client sends and reads about its account and its stages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, JsonValue, SecretStr, model_validator
from typing_extensions import override

from app.accounts.avatar_links import AvatarLinks
from app.accounts.domain import Login, PasswordChange, ProviderKeyView, Registration, SignedIn, Theme, UserView
from app.accounts.schemas import Email, GivenCode, GivenName, GivenPassword, InvitationCode, Name, NewPassword, UserRead
from app.api.dialects.rules import FaceBody
from app.library.links import MediaLinks
from app.projects.options import Language
from app.shows.domain import ShowFilm, ShowStage, ShowView
from app.shows.staged import (
    CHANNEL,
    StagedEntry,
    StagedManifest,
    StagedShow,
    StagedVoice,
    StagedWish,
    is_wide,
    notes_of,
)

GivenKey = Annotated[SecretStr, Field(max_length=512)]


class WizardJoinBody(FaceBody):
    """A new account."""

    email: Email
    password: NewPassword
    display_name: Name | None = None
    invitation: InvitationCode | None = None

    def as_wish(self) -> Registration:
        """What the service is asked for."""
        return Registration(
            email=self.email, password=self.password, name=self.display_name, invitation=self.invitation
        )


class WizardSignInBody(FaceBody):
    """Who signs in."""

    email: GivenName
    password: GivenPassword
    code: GivenCode = ""

    def as_login(self) -> Login:
        """What the service is asked for."""
        return Login(self.email, self.password, self.code)


class WizardProfileBody(FaceBody):
    """What changes; a theme of null goes back to that of the machine, so it is no absent field."""

    display_name: Name | None = None
    theme_pref: Theme | None = None

    @model_validator(mode="before")
    @classmethod
    @override
    def leave_out_unset(cls, sent: Any) -> Any:
        """Drops what says nothing, but for the theme."""
        if not isinstance(sent, Mapping):
            return sent
        kept = {name: value for name, value in sent.items() if value is not None and value != ""}
        themes = {name: value or None for name, value in sent.items() if name in {"theme_pref", "themePref"}}
        return kept | themes

    def changes(self) -> dict[str, str | None]:
        """Columns by name."""
        fields = {"display_name": ("name", self.display_name), "theme_pref": ("theme_pref", self.theme_pref)}
        return dict(fields[field] for field in self.model_fields_set)


class WizardPasswordBody(FaceBody):
    """The password so far and the new one."""

    old_password: GivenPassword
    new_password: NewPassword

    def as_change(self) -> PasswordChange:
        """What the service is asked for."""
        return PasswordChange(self.old_password, self.new_password)


class WizardSession(BaseModel):
    """A session, flat: the client keeps the reply whole."""

    token: str
    user_id: str
    email: str | None
    display_name: str | None
    user: UserRead

    @classmethod
    def of(cls, signed_in: SignedIn, links: AvatarLinks) -> Self:
        """The wire form of a session."""
        user = signed_in.user
        return cls(
            token=signed_in.access_token,
            user_id=user.id,
            email=user.email,
            display_name=user.name,
            user=UserRead.of(user, links),
        )


class WizardProfile(BaseModel):
    """Who the caller is."""

    user_id: str
    email: str | None
    display_name: str | None
    theme_pref: Theme | None
    created_at: Annotated[int, Field(description="Seconds since 1970")]

    @classmethod
    def of(cls, user: UserView) -> Self:
        """The wire form of an account."""
        return cls(
            user_id=user.id,
            email=user.email,
            display_name=user.name,
            theme_pref=user.theme_pref,
            created_at=int(user.created_at.timestamp()),
        )


class WizardKeysBody(FaceBody):
    """Keys of vendors to keep; those that are left out stay as they are."""

    gemini: GivenKey | None = None
    groq1: GivenKey | None = None
    groq2: GivenKey | None = None
    groq3: GivenKey | None = None

    def as_wish(self) -> dict[str, str]:
        """What the service is asked for."""
        told = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: key.get_secret_value() for name, key in told.items() if key is not None}


class WizardKeys(BaseModel):
    """Which keys are there; a key goes in and never comes out."""

    gemini: bool
    groq1: bool
    groq2: bool
    groq3: bool

    @classmethod
    def of(cls, views: Iterable[ProviderKeyView]) -> Self:
        """The wire form of keys."""
        return cls(**{view.provider: view.is_present for view in views if view.provider in cls.model_fields})


class WizardDone(BaseModel):
    """It was done."""

    status: Literal["success"] = "success"


def _known_language(sent: Any) -> Any:
    """A language that nobody here speaks means the usual one."""
    return sent if sent in set(Language) else None


def _said(sent: list[str]) -> list[str]:
    return [each.strip() for each in sent if each.strip()]


Texts = Annotated[list[Annotated[str, Field(max_length=5000)]], Field(max_length=60), AfterValidator(_said)]
Title = Annotated[str, Field(max_length=2000)]
ShownTongue = Annotated[Language | None, BeforeValidator(_known_language)]


class StageBody(FaceBody):
    """What every stage may be told; without a job the one is meant that was touched last."""

    job_id: Annotated[str | None, Field(max_length=64)] = None
    video_mode: Annotated[bool | None, Field(description="true: 16:9, false: 9:16")] = None
    channel_type: Annotated[str | None, Field(max_length=200)] = None

    def as_wish(self) -> StagedWish:
        """What the service is asked for."""
        return StagedWish(show_id=self.job_id, is_wide=self.video_mode, channel=self.channel_type)


class ContentBody(StageBody):
    """What a show is about."""

    title: Title = ""
    topic: Title = ""
    prompt: Title = ""
    language: ShownTongue = None
    duration: Annotated[float | None, Field(ge=1, le=3600, description="Seconds")] = None

    @override
    def as_wish(self) -> StagedWish:
        about = self.topic or self.prompt
        return StagedWish(
            show_id=self.job_id,
            title=self.title or about,
            description=about if self.title and about else None,
            is_wide=self.video_mode,
            channel=self.channel_type,
            language=self.language,
            duration_seconds=None if self.duration is None else round(self.duration),
        )


class ScriptsBody(ContentBody):
    """What the script is written from."""

    content: Annotated[str | None, Field(max_length=50_000)] = None

    @override
    def as_wish(self) -> StagedWish:
        return replace(super().as_wish(), content=self.content)


class ImagesBody(StageBody):
    """What the pictures show."""

    prompts: Texts = Field(default_factory=list)


class ImageBody(StageBody):
    """Which picture is drawn anew, by a link that we gave, and what it shows then."""

    image_path: Annotated[str, Field(max_length=2000)]
    prompt: Annotated[str, Field(min_length=1, max_length=5000)]


class VoicesBody(StageBody):
    """What is said, and by whom; a voice that nobody here knows is replaced by another one."""

    sentences: Texts = Field(default_factory=list)
    voice: Annotated[str | None, Field(max_length=200)] = None
    own_voice: bool = False

    @override
    def as_wish(self) -> StagedWish:
        return replace(super().as_wish(), voice=self.voice, own_voice=self.own_voice)


class WizardMusicBody(StageBody):
    """Which track is laid under the film."""

    music_path: Annotated[str, Field(max_length=2000)] = ""


class PipelineBody(ContentBody):
    """The whole way with one request."""

    voice: Annotated[str | None, Field(max_length=200)] = None

    @override
    def as_wish(self) -> StagedWish:
        return replace(super().as_wish(), voice=self.voice)


class ModeBody(FaceBody):
    """The shape of the film."""

    video_mode: bool


NAMES: Mapping[ShowStage, str] = {
    ShowStage.SCRIPT: "scripts",
    ShowStage.IMAGE: "modify-image",
    ShowStage.VIDEO: "edit",
    ShowStage.MUSIC: "bgmusic",
    ShowStage.RUN: "pipeline",
}


class _Staged(BaseModel):
    """A stage that has ended well; anything else is a problem with its own status."""

    status: Literal["success"] = "success"
    job_id: str


class WizardContent(_Staged):
    """What the show tells; the page splits the content at its line ends."""

    content: str
    outline: list[str]
    keywords: list[str]


class SaidText(BaseModel):
    """One text that is spoken."""

    text: str


class ShownText(BaseModel):
    """One text that is drawn."""

    prompt: str


class WizardScript(_Staged):
    """What is said and shown."""

    script: str
    scripts: list[str]
    voice_scripts: list[str]
    voice_scripts_detailed: list[SaidText]
    image_prompts: list[str]
    image_prompts_detailed: list[ShownText]


class WizardPictures(_Staged):
    """Where the pictures are."""

    image_paths: list[str]


class WizardVoices(_Staged):
    """Where the spoken texts are."""

    voice_paths: list[str]
    notes: list[str]


class WizardFilm(_Staged):
    """Where the furthest film is."""

    video_path: str | None
    duration: float | None
    captions_path: str | None


class WizardEverything(WizardContent, WizardScript, WizardPictures, WizardVoices, WizardFilm):
    """All that one call has made."""


class WizardMode(BaseModel):
    """The shape of the next film."""

    status: Literal["success"] = "success"
    job_id: str | None
    video_mode: bool

    @classmethod
    def of(cls, show: ShowView | None, *, wanted: bool) -> Self:
        """The wire form of a choice; without a show every stage is told anyway."""
        return cls(job_id=show.id if show else None, video_mode=wanted)


class WizardVoice(BaseModel):
    """The voice that was taken in."""

    status: Literal["success"] = "success"
    job_id: str


class WizardTrack(BaseModel):
    """What to send back for this track."""

    status: Literal["success"] = "success"
    music_path: str


class WizardNamedVoice(BaseModel):
    """A voice that may be asked for."""

    name: str
    title: str
    language: str | None


class WizardVoiceList(BaseModel):
    """The voices that may be asked for."""

    voices: list[WizardNamedVoice]

    @classmethod
    def of(cls, voices: Sequence[StagedVoice]) -> Self:
        """The wire form of voices."""
        named = [WizardNamedVoice(name=each.voice_id, title=each.name, language=each.language) for each in voices]
        return cls(voices=named)


class WizardStage(BaseModel):
    """How the last run of a stage ended."""

    success: bool
    ts: float
    info: dict[str, JsonValue]

    @classmethod
    def of(cls, entry: StagedEntry) -> Self:
        """The wire form of an entry."""
        return cls(success=entry.success, ts=entry.at.timestamp(), info={**entry.facts, "run_seconds": entry.seconds})


class WizardManifest(BaseModel):
    """A show, what happened to it, and where its files are."""

    job_id: str
    title: str
    status: Literal["initialized", "running", "failed", "completed"]
    video_mode: bool
    user_id: str
    channel_type: str | None
    created_ts: float
    stages: dict[str, WizardStage]
    artifacts: dict[str, str | list[str]]
    complete: bool

    @classmethod
    def of(cls, manifest: StagedManifest, links: MediaLinks) -> Self:
        """The wire form of a manifest."""
        show = manifest.staged.show
        channel = show.extra.get(CHANNEL)
        return cls(
            job_id=show.id,
            title=show.title,
            status=manifest.status.value,
            video_mode=is_wide(show),
            user_id=show.owner_id,
            channel_type=channel if isinstance(channel, str) else None,
            created_ts=show.created_at.timestamp(),
            stages={_name(entry.stage): WizardStage.of(entry) for entry in manifest.entries},
            artifacts=_artifacts(manifest.staged, links),
            complete=manifest.is_complete,
        )


class WizardJobs(BaseModel):
    """The newest shows."""

    jobs: list[WizardManifest]

    @classmethod
    def of(cls, manifests: Sequence[StagedManifest], links: MediaLinks) -> Self:
        """The wire form of several manifests."""
        return cls(jobs=[WizardManifest.of(manifest, links) for manifest in manifests])


def content_of(staged: StagedShow) -> WizardContent:
    """The wire form of a show."""
    show = staged.show
    made = show.made
    return WizardContent(job_id=show.id, content=show.content, outline=list(made.outline), keywords=list(made.keywords))


def script_of(staged: StagedShow) -> WizardScript:
    """The wire form of a show."""
    said = list(staged.show.made.sentences)
    shown = [picture.prompt for picture in staged.show.made.pictures]
    return WizardScript(
        job_id=staged.show.id,
        script=staged.show.script_text,
        scripts=said,
        voice_scripts=said,
        voice_scripts_detailed=[SaidText(text=text) for text in said],
        image_prompts=shown,
        image_prompts_detailed=[ShownText(prompt=prompt) for prompt in shown],
    )


def pictures_of(staged: StagedShow, links: MediaLinks) -> WizardPictures:
    """The wire form of a show."""
    return WizardPictures(job_id=staged.show.id, image_paths=_pictures(staged, links))


def voices_of(staged: StagedShow, links: MediaLinks) -> WizardVoices:
    """The wire form of a show."""
    return WizardVoices(job_id=staged.show.id, voice_paths=_voices(staged, links), notes=notes_of(staged.show))


def film_of(staged: StagedShow, links: MediaLinks) -> WizardFilm:
    """The wire form of a show."""
    made = staged.show.made
    return WizardFilm(
        job_id=staged.show.id,
        video_path=_film(staged, made.best, links),
        duration=made.best.seconds if made.best else None,
        captions_path=links.of(staged.files, made.captions.srt_id if made.captions else None),
    )


def everything_of(staged: StagedShow, links: MediaLinks) -> WizardEverything:
    """The wire form of a show."""
    parts = (
        content_of(staged),
        script_of(staged),
        pictures_of(staged, links),
        voices_of(staged, links),
        film_of(staged, links),
    )
    said: dict[str, JsonValue] = {}
    for part in parts:
        said |= part.model_dump()
    return WizardEverything.model_validate(said)


def _name(stage: ShowStage) -> str:
    return NAMES.get(stage, stage.value)


def _artifacts(staged: StagedShow, links: MediaLinks) -> dict[str, str | list[str]]:
    made = staged.show.made
    films = {ShowStage.VIDEO: made.video, ShowStage.MUSIC: made.scored, ShowStage.CAPTIONS: made.captioned}
    paths = {_name(stage): _film(staged, film, links) for stage, film in films.items()}
    track = links.of(staged.files, made.music_id)
    several = {"images": _pictures(staged, links), "voices": _voices(staged, links)}
    single = {name: path for name, path in {**paths, "upload-music": track}.items() if path is not None}
    return {**{name: path for name, path in several.items() if path}, **single}


def _pictures(staged: StagedShow, links: MediaLinks) -> list[str]:
    found = (links.of(staged.files, picture.asset_id) for picture in staged.show.made.pictures)
    return [path for path in found if path is not None]


def _voices(staged: StagedShow, links: MediaLinks) -> list[str]:
    found = (links.of(staged.files, voice.asset_id) for voice in staged.show.made.voices)
    return [path for path in found if path is not None]


def _film(staged: StagedShow, film: ShowFilm | None, links: MediaLinks) -> str | None:
    return None if film is None else links.of(staged.files, film.asset_id)
