"""Frozen values of shows: what is wished for, what was made of it, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from app.media.timeline import Word
from app.projects.options import Language

__all__ = ["Captioning", "Door", "Edit", "Film", "Made", "OwnVoice", "Picture", "Reel", "ShowEdit", "ShowListing"]
__all__ += ["ShowOptions", "ShowSort", "ShowStatus", "ShowView", "Stage", "StageEntry", "StageWish", "Voice"]


class Door(StrEnum):
    """Through which door a show came, because each lists only its own."""

    STUDIO = "studio"
    WIZARD = "wizard"


class Stage(StrEnum):
    """What can be made of a show, each as a job of its own."""

    CONTENT = "content"
    SCRIPT = "script"
    IMAGES = "images"
    IMAGE = "image"
    VOICES = "voices"
    VIDEO = "video"
    MUSIC = "music"
    CAPTIONS = "captions"
    RUN = "run"

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        return f"show.{self.value}"


class ShowStatus(StrEnum):
    """The furthest thing that is there."""

    DRAFT = "draft"
    SCRIPT_GENERATED = "script_generated"
    AUDIO_READY = "audio_ready"
    IMAGES_READY = "images_ready"
    VIDEO_READY = "video_ready"
    VIDEO_SUBTITLED = "video_subtitled"


class ShowSort(StrEnum):
    """In which order shows are listed."""

    CHANGED = "updated_at"
    CREATED = "created_at"
    TITLE = "title"


@dataclass(frozen=True, kw_only=True)
class ShowOptions:
    """How everything is made; names that nobody here knows count as the usual choice.

    While `language_is_chosen` is false, the language is that of the show's own texts.
    """

    use_case: str = ""
    genre: str = ""
    script_style: str = ""
    keywords: str = ""
    inspirations: tuple[str, ...] = ()
    sections: int = 5
    duration_seconds: int = 40
    voice: str = ""
    speed: float = 1.0
    pitch: float = 1.0
    voice_each: bool = False
    image_style: str = ""
    aspect_ratio: str = "16:9"
    short_side_px: int = 1080
    frames_per_second: int = 30
    effect: str = "ken_burns"
    mood: str = "none"
    caption_style: str = "plain"
    caption_place: str = "bottom"
    language_is_chosen: bool = False


@dataclass(frozen=True)
class Picture:
    """What one picture shows, and the file once it is drawn; `digest` is that of what it was drawn from."""

    prompt: str
    asset_id: str | None = None
    digest: str = ""
    tries: int = 0


@dataclass(frozen=True)
class Voice:
    """One spoken text, with the times of its words."""

    text: str
    asset_id: str
    seconds: float
    words: tuple[Word, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class Reel:
    """The moving pictures without any sound, which every film of the show is cut from."""

    asset_id: str
    seconds: float
    digest: str


@dataclass(frozen=True)
class Film:
    """A finished film and its poster."""

    asset_id: str
    poster_id: str | None
    seconds: float
    digest: str = ""


@dataclass(frozen=True)
class Captioning:
    """The captions as files."""

    srt_id: str
    vtt_id: str
    digest: str


@dataclass(frozen=True)
class OwnVoice:
    """A recording of the owner, and the voice that was copied from it."""

    sample_id: str
    voice_id: str = ""


@dataclass(frozen=True)
class StageEntry:
    """How one run of a stage ended."""

    name: Stage
    success: bool
    at: datetime
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Made:
    """Everything that was written, drawn, spoken and cut."""

    outline: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    voices: tuple[Voice, ...] = ()
    reel: Reel | None = None
    video: Film | None = None
    scored: Film | None = None
    captioned: Film | None = None
    captions: Captioning | None = None
    music_id: str | None = None
    own_voice: OwnVoice | None = None
    stages: tuple[StageEntry, ...] = ()

    @property
    def best(self) -> Film | None:
        """The furthest film: with captions, with a track, or plain."""
        return self.captioned or self.scored or self.video

    @property
    def films(self) -> "tuple[Film, ...]":
        """Every film that is there, the plain one first."""
        return tuple(film for film in (self.video, self.scored, self.captioned) if film)

    @property
    def film_ids(self) -> frozenset[str]:
        """Every file that films are made of: themselves, their posters and the reel."""
        named = [each for film in self.films for each in (film.asset_id, film.poster_id)]
        return frozenset(each for each in (*named, self.reel.asset_id if self.reel else None) if each)

    @property
    def asset_ids(self) -> frozenset[str]:
        """Every file that it names."""
        named = [picture.asset_id for picture in self.pictures] + [voice.asset_id for voice in self.voices]
        named += [self.music_id, *self.film_ids]
        named += [self.captions.srt_id, self.captions.vtt_id] if self.captions else []
        named += [self.own_voice.sample_id] if self.own_voice else []
        return frozenset(each for each in named if each)


@dataclass(frozen=True, kw_only=True)
class ShowView:
    """A show as everybody outside this slice sees it."""

    id: str
    owner_id: str
    door: Door
    title: str
    description: str
    language: Language
    status: ShowStatus
    content: str
    script_text: str
    options: ShowOptions
    extra: Mapping[str, JsonValue]
    made: Made
    is_draft: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Files that somebody puts in the place of what was made; None leaves it as it is."""

    voice_id: str | None = None
    video_id: str | None = None
    poster_id: str | None = None
    srt_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ShowEdit:
    """What is changed; None leaves it as it is. Extra fields are added to those that are there.

    `scene` says what the picture with that number shows; pictures before it that nobody has told yet are left empty.
    """

    title: str | None = None
    description: str | None = None
    language: Language | None = None
    content: str | None = None
    script_text: str | None = None
    sentences: tuple[str, ...] | None = None
    options: ShowOptions | None = None
    extra: Mapping[str, JsonValue] | None = None
    pictures: tuple[Picture, ...] | None = None
    scene: tuple[int, str] | None = None
    music_id: str | None = None
    own_sample_id: str | None = None
    files: Edit = Edit()


@dataclass(frozen=True, kw_only=True)
class ShowListing:
    """Which shows are listed, and in what order."""

    door: Door
    search: str = ""
    status: ShowStatus | None = None
    sort: ShowSort = ShowSort.CHANGED
    descending: bool = True


@dataclass(frozen=True, kw_only=True)
class StageWish:
    """How one run of a stage is asked for; what it works on stands in the show.

    `position` names the picture of an IMAGE; `in_place` keeps its file's id, so that its old links show the new one.
    `own_voice` has VOICES speak with the owner's own voice. `burn` has CAPTIONS put them into the pictures.
    """

    position: int | None = None
    in_place: bool = False
    own_voice: bool = False
    burn: bool = False
    direct: bool = True
