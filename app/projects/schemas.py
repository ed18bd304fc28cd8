"""What clients send about projects and segments."""

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StringConstraints, model_validator
from typing_extensions import override

from app.core.schema import Body
from app.projects.domain import SegmentTexts
from app.projects.layout import MAX_CAMERA_COMMANDS, read_command
from app.projects.options import (
    FITTING_MOOD,
    AspectRatio,
    Captions,
    ClipSound,
    FilmMusic,
    Language,
    NarrationOptions,
    ProjectSettings,
    Resolution,
    TransitionKind,
    Transitions,
    Visuals,
)
from app.projects.texts import language_or_english
from app.providers.values import CameraCommand, Role

MICRO = 1_000_000
# A choice of language: the one in which the story is written.
OF_THE_TEXT: Final = "auto"
MAX_STORY_CHARACTERS = 20_000
MAX_SEGMENT_TEXT_CHARACTERS = 2000
MAX_SEGMENTS = 200
Name = Annotated[str, StringConstraints(min_length=1, max_length=255), Field(examples=["The fox and the owl"])]
Story = Annotated[str, StringConstraints(max_length=MAX_STORY_CHARACTERS)]
Style = Annotated[str, StringConstraints(max_length=500)]
SegmentText = Annotated[str, StringConstraints(max_length=MAX_SEGMENT_TEXT_CHARACTERS)]
# The prompt's exact limit counts its camera tags, so the rule in `layout` refuses what is a little longer.
VideoPrompt = Annotated[
    str,
    StringConstraints(max_length=10 * MAX_SEGMENT_TEXT_CHARACTERS),
    Field(examples=["A fox runs through a misty forest at dawn, low camera, warm light."]),
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=36)]
Length = Literal[6, 10]
ProviderName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
MoneyUsd = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _command(value: object) -> object:
    return (read_command(value) or value) if isinstance(value, str) else value


def _distinct(commands: tuple[CameraCommand, ...]) -> tuple[CameraCommand, ...]:
    return tuple(dict.fromkeys(commands))


SegmentLength = Annotated[Length, BeforeValidator(_number)]
Commands = Annotated[
    tuple[Annotated[CameraCommand, BeforeValidator(_command)], ...],
    Field(max_length=MAX_CAMERA_COMMANDS),
    AfterValidator(_distinct),
]


class NarrationBody(Body):
    """How the narrator speaks."""

    voice: Annotated[str, StringConstraints(max_length=256)] | None = None
    speed: Annotated[float, Field(ge=0.5, le=2)] = 1

    def value(self) -> NarrationOptions:
        """As the service keeps it."""
        return NarrationOptions(voice=self.voice or None, speed=self.speed)


class MusicBody(Body):
    """What plays under the narration: a mood (`auto` fits the story, `none` is silent) or an uploaded track."""

    mood: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    asset_id: Id | None = None
    volume: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.4

    @model_validator(mode="after")
    def names_one_source(self) -> Self:
        """Either a mood or a track, not both."""
        if (self.mood is None) == (self.asset_id is None):
            message = "give either mood or asset_id"
            raise ValueError(message)
        return self

    def value(self) -> FilmMusic:
        """As the service keeps it."""
        return FilmMusic(mood=self.mood, asset_id=self.asset_id, volume=self.volume)


class CaptionsBody(Body):
    """How captions are delivered."""

    soft: StrictBool = True
    burn: StrictBool = False
    style: Annotated[str, StringConstraints(max_length=100)] | None = None

    def value(self) -> Captions:
        """As the service keeps it."""
        asked = self.soft and "soft" in self.model_fields_set
        return Captions(soft=self.soft, burn=self.burn, style=self.style or None, asked=asked)


class TransitionsBody(Body):
    """How segments follow each other."""

    kind: TransitionKind = TransitionKind.CUT
    duration_ms: Annotated[int, Field(ge=100, le=2000)] = 500

    def value(self) -> Transitions:
        """As the service keeps it."""
        return Transitions(kind=self.kind, duration_ms=self.duration_ms)


class ClipSoundBody(Body):
    """Whether the clips' own sound is heard under the narration."""

    keep: StrictBool = False
    volume: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.4

    def value(self) -> ClipSound:
        """As the service keeps it."""
        return ClipSound(keep=self.keep, volume=self.volume)


class ProjectEdit(Body):
    """Any of a project's settings; what is not named stays."""

    name: Name = ""
    story_prompt: Story = ""
    target_duration_sec: Annotated[int, Field(ge=6, le=600)] = 60
    segment_len_sec: SegmentLength = 6
    language: Annotated[
        Language | Literal["auto"],
        Field(description="`auto` takes the language of the story, else of the name; English where that is not clear"),
    ] = Language.PL
    style: Style | None = None
    aspect_ratio: AspectRatio = Field(
        AspectRatio.WIDE, description="Left out, the first picture chooses it; pictures of another shape are cropped"
    )
    resolution: Resolution = Resolution.P768
    visuals: Visuals = Visuals.FL2V
    providers: dict[Role, ProviderName] = Field(default_factory=dict)
    narration: NarrationBody = NarrationBody()
    # Makers of clients take no default of an object that may be null, so that the document states it in words.
    music: MusicBody | None = Field(
        default_factory=lambda: MusicBody(mood=FITTING_MOOD),
        description=f"Left out, music of the mood `{FITTING_MOOD}`; null is no music",
    )
    captions: CaptionsBody = CaptionsBody()
    transitions: TransitionsBody = TransitionsBody()
    clip_sound: ClipSoundBody = ClipSoundBody()
    budget: MoneyUsd | None = None

    def applied(self, settings: ProjectSettings) -> ProjectSettings:
        """The settings with everything that was named in the request."""
        named = replace(settings, **{name: value for name, value in self._values() if name != "language"})
        if "aspect_ratio" in self.model_fields_set:
            named = replace(named, ratio_is_chosen=True)
        if "language" not in self.model_fields_set:
            return named
        if self.language == OF_THE_TEXT:
            return replace(named, language=language_or_english(named.story_prompt.strip() or named.name))
        return replace(named, language=self.language)

    def _values(self) -> list[tuple[str, Any]]:
        converted: dict[str, tuple[str, Any]] = {
            "style": ("style", self.style or None),
            "narration": ("narration", self.narration.value()),
            "music": ("music", self.music and self.music.value()),
            "captions": ("captions", self.captions.value()),
            "transitions": ("transitions", self.transitions.value()),
            "clip_sound": ("clip_sound", self.clip_sound.value()),
            "budget": ("budget_micro_usd", None if self.budget is None else int(self.budget * MICRO)),
        }
        return [converted.get(name, (name, getattr(self, name))) for name in sorted(self.model_fields_set)]


class ProjectCreate(ProjectEdit):
    """A new film; only its name is needed."""

    name: Name

    def settings(self, default_language: Language) -> ProjectSettings:
        """Everything decided, with defaults for what was not named."""
        unnamed = ProjectSettings(
            name=self.name,
            story_prompt=self.story_prompt,
            target_duration_sec=self.target_duration_sec,
            segment_len_sec=self.segment_len_sec,
            language=default_language,
            ratio_is_chosen=False,
            providers={},
        )
        return self.applied(unnamed)


class SegmentEdit(Body):
    """Any of a segment's words; what is not named stays."""

    video_prompt: VideoPrompt = ""
    narration_text: SegmentText = ""
    end_frame_prompt: SegmentText = ""
    camera_commands: Commands = ()
    video_duration_sec: SegmentLength = 6

    def applied(self, words: SegmentTexts) -> SegmentTexts:
        """The words with everything that was named in the request."""
        names = {"video_duration_sec": "duration_sec"}
        return replace(words, **{names.get(name, name): getattr(self, name) for name in self.model_fields_set})


class SegmentAdd(SegmentEdit):
    """A new segment; without an index it becomes the last."""

    index: Annotated[int, Field(strict=True, ge=0, le=MAX_SEGMENTS)] | None = None

    @override
    def applied(self, words: SegmentTexts) -> SegmentTexts:
        """The words with everything that was named in the request, but for the place."""
        return SegmentEdit.model_validate(self.model_dump(exclude_unset=True, exclude={"index"})).applied(words)


class SegmentOrder(Body):
    """Every segment of the project once, in the new order."""

    segment_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MAX_SEGMENTS)]


class RejectBody(Body):
    """Why a clip is not good enough."""

    reason: SegmentText | None = None
