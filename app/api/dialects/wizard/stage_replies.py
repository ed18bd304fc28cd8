"""What the wizard client reads of its stages; every link begins at the root of the server."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import BaseModel, JsonValue

from app.library.links import MediaLinks
from app.shows.domain import Film, ShowView, Stage
from app.shows.staged import CHANNEL, StagedEntry, StagedManifest, StagedShow, StagedVoice, is_wide, notes_of

__all__ = ["WizardContent", "WizardEverything", "WizardFilm", "WizardJobs", "WizardManifest", "WizardMode"]
__all__ += ["content_of", "everything_of", "film_of", "pictures_of", "script_of", "voices_of"]
__all__ += ["WizardPictures", "WizardScript", "WizardTrack", "WizardVoice", "WizardVoiceList", "WizardVoices"]

NAMES: Mapping[Stage, str] = {
    Stage.SCRIPT: "scripts",
    Stage.IMAGE: "modify-image",
    Stage.VIDEO: "edit",
    Stage.MUSIC: "bgmusic",
    Stage.RUN: "pipeline",
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


def _name(stage: Stage) -> str:
    return NAMES.get(stage, stage.value)


def _artifacts(staged: StagedShow, links: MediaLinks) -> dict[str, str | list[str]]:
    made = staged.show.made
    films = {Stage.VIDEO: made.video, Stage.MUSIC: made.scored, Stage.CAPTIONS: made.captioned}
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


def _film(staged: StagedShow, film: Film | None, links: MediaLinks) -> str | None:
    return None if film is None else links.of(staged.files, film.asset_id)
