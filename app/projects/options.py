"""What an owner decides about a film."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.providers.values import Role

# Music of the mood that fits the story, and none; every other name is the mood itself.
FITTING_MOOD: Final = "auto"
SILENT_MOOD: Final = "none"


class Language(StrEnum):
    """Languages that can be planned, spoken and captioned."""

    PL = "pl"
    EN = "en"
    DE = "de"
    FR = "fr"
    ES = "es"
    IT = "it"
    PT = "pt"


class AspectRatio(StrEnum):
    """Shape of the picture, width to height."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"
    CLASSIC = "4:3"
    PORTRAIT = "3:4"
    PHOTO = "3:2"
    PHOTO_TALL = "2:3"
    CINEMA = "21:9"


class Resolution(StrEnum):
    """Size of the clips."""

    P768 = "768P"
    P1080 = "1080P"


class Visuals(StrEnum):
    """How clips join: shared key frames, each clip's real last frame handed on, or moving stills."""

    FL2V = "fl2v"
    CHAINED = "chained"
    SLIDESHOW = "slideshow"


class TransitionKind(StrEnum):
    """How one segment follows another; none changes the length of the film."""

    CUT = "cut"
    FADE = "fade"
    DISSOLVE = "dissolve"
    SLIDE = "slide"


@dataclass(frozen=True)
class NarrationOptions:
    """How the narrator speaks."""

    voice: str | None = None
    speed: float = 1.0


@dataclass(frozen=True)
class FilmMusic:
    """What plays under the narration: music of a mood, or an uploaded track."""

    mood: str | None = None
    asset_id: str | None = None
    volume: float = 0.4


@dataclass(frozen=True)
class Captions:
    """How captions are delivered; players show soft ones unasked where their owner has asked for them."""

    soft: bool = True
    burn: bool = False
    style: str | None = None
    asked: bool = False


@dataclass(frozen=True)
class Transitions:
    """How segments follow each other, and how long that takes."""

    kind: TransitionKind = TransitionKind.CUT
    duration_ms: int = 500


@dataclass(frozen=True)
class ClipSound:
    """Whether the clips' own sound is heard under the narration, and how loud."""

    keep: bool = False
    volume: float = 0.4


@dataclass(frozen=True, kw_only=True)
class ProjectSettings:
    """Everything an owner decides about a film; a ratio that nobody has chosen follows the first picture."""

    name: str
    story_prompt: str
    target_duration_sec: int
    segment_len_sec: int
    language: Language
    style: str | None = None
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    ratio_is_chosen: bool = True
    resolution: Resolution = Resolution.P768
    visuals: Visuals = Visuals.FL2V
    providers: Mapping[Role, str]
    narration: NarrationOptions = NarrationOptions()
    music: FilmMusic | None = FilmMusic(mood=FITTING_MOOD)
    captions: Captions = Captions()
    transitions: Transitions = Transitions()
    clip_sound: ClipSound = ClipSound()
    budget_micro_usd: int | None = None
