"""Everything a form needs: choices with words, limits, engines and voices, as they stand on this machine."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self, get_args

from pydantic import BaseModel, JsonValue

from app.assembly.captions import BurnStyle
from app.assembly.domain import MOODS
from app.core.schema import Reply
from app.planning.domain import TONGUES
from app.production.domain import NativeStyle, VideoQuality
from app.production.movies.domain import CLIPS, MoviePreset, MovieStyle
from app.production.movies.schemas import MovieBody
from app.production.schemas import VideoBody
from app.projects.options import AspectRatio, Language, Resolution, TransitionKind, Visuals
from app.projects.schemas import ProjectCreate, SegmentEdit
from app.providers.bundle import LOCAL, EngineCard
from app.providers.speech import VoiceFacts
from app.providers.values import CameraCommand, Role
from app.resources import Resources

Rules = dict[str, dict[str, JsonValue]]
JsonSchema = Mapping[str, Any]
# The words of JSON Schema that limit a field, by the names under which clients read them.
LIMITS: Final[Mapping[str, str]] = {
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "maxItems": "max_items",
    "enum": "values",
}
VISUALS: Final[Mapping[Visuals, str]] = {
    Visuals.FL2V: "Clips between shared key frames",
    Visuals.CHAINED: "Clips that begin with the last picture of the one before",
    Visuals.SLIDESHOW: "Moving stills",
}


@dataclass(frozen=True)
class Choice:
    """One value that a field takes, and words for it."""

    value: str
    label: str


def choices() -> Mapping[str, tuple[Choice, ...]]:
    """Every closed choice by its name."""
    return {
        "languages": tuple(Choice(language, TONGUES[language].name) for language in Language),
        "aspect_ratios": tuple(Choice(ratio, f"{_words(ratio.name)} {ratio}") for ratio in AspectRatio),
        "resolutions": tuple(Choice(size, size.value) for size in Resolution),
        "visuals": tuple(Choice(way, VISUALS[way]) for way in Visuals),
        "camera_commands": _named(CameraCommand),
        "music_moods": tuple(Choice(str(mood), _words(str(mood))) for mood in MOODS),
        "caption_styles": _named(BurnStyle),
        "transitions": _named(TransitionKind),
        "video_styles": _named(get_args(NativeStyle)),
        "video_qualities": _named(VideoQuality),
        "movie_styles": _named(MovieStyle),
    }


def rules_of(form: type[BaseModel]) -> Rules:
    """Field to its limits and default, read from what checks the request; nested fields have dotted names."""
    schema = form.model_json_schema(by_alias=False)
    return dict(_rules(schema, schema.get("$defs", {}), ""))


def _rules(schema: JsonSchema, named: JsonSchema, prefix: str) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    for name, field in schema.get("properties", {}).items():
        forms = [_resolved(form, named) for form in (field, *field.get("anyOf", ()))]
        inner = next((form for form in forms if "properties" in form), None)
        if inner is not None:
            yield from _rules(inner, named, f"{prefix}{name}.")
        elif rule := _rule(forms, field.get("default")):
            yield f"{prefix}{name}", rule


def _rule(forms: Iterable[JsonSchema], default: JsonValue) -> dict[str, JsonValue]:
    found = {LIMITS[word]: form[word] for form in forms for word in LIMITS if word in form}
    return found | ({} if default in (None, "", []) else {"default": default})


def _resolved(form: JsonSchema, named: JsonSchema) -> JsonSchema:
    reference = str(form.get("$ref", "")).rpartition("/")[2]
    return named[reference] if reference else form


def _named(kind: Iterable[StrEnum]) -> tuple[Choice, ...]:
    return tuple(Choice(member.value, _words(member.value)) for member in kind)


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


class ChoiceRead(Reply):
    """One value that a field takes, and words for it."""

    value: str
    label: str


class EngineChoice(ChoiceRead):
    """One engine for one kind of work; `GET /providers/{name}` tells what its models take and cost."""

    role: Role
    is_default: bool
    available: bool
    absent_reason: str | None
    models: list[str]


class PresetChoice(ChoiceRead):
    """A sort of movie, by how many clips it has."""

    fewest_clips: int
    most_clips: int

    @classmethod
    def of(cls, preset: MoviePreset) -> Self:
        """The wire form of a preset."""
        fewest, most = CLIPS[preset]
        label = f"{preset.replace('-', ' ').capitalize()}, {fewest} to {most} clips"
        return cls(value=preset.value, label=label, fewest_clips=fewest, most_clips=most)


class VoiceChoice(ChoiceRead):
    """A voice that an engine offers to everybody; saved and cloned ones are at `GET /voices`."""

    provider: str
    language: str | None
    description: str

    @classmethod
    def of(cls, provider: str, voice: VoiceFacts) -> Self:
        """The wire form of a voice."""
        return cls(
            value=voice.voice_id,
            label=voice.name,
            provider=provider,
            language=voice.language,
            description=voice.description,
        )


class OptionsRead(Reply):
    """Everything a form needs."""

    languages: list[ChoiceRead]
    aspect_ratios: list[ChoiceRead]
    resolutions: list[ChoiceRead]
    visuals: list[ChoiceRead]
    camera_commands: list[ChoiceRead]
    music_moods: list[ChoiceRead]
    caption_styles: list[ChoiceRead]
    transitions: list[ChoiceRead]
    video_styles: list[ChoiceRead]
    video_qualities: list[ChoiceRead]
    movie_styles: list[ChoiceRead]
    movie_presets: list[PresetChoice]
    engines: list[EngineChoice]
    voices: list[VoiceChoice]
    default_language: str
    currency: str = "USD"
    project: dict[str, dict[str, JsonValue]]
    segment: dict[str, dict[str, JsonValue]]
    video: dict[str, dict[str, JsonValue]]
    movie: dict[str, dict[str, JsonValue]]
    max_movie_duration_sec: int


class OptionService:
    """Reads what code, settings and engines offer; asks no vendor."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._engines = resources.engines
        self._limits = resources.settings.projects

    async def all(self) -> OptionsRead:
        """The options of this machine."""
        # Importing an adapter for the first time takes a while.
        await self._resources.threads.run(self._engines.warm)
        offered = {name: [ChoiceRead.model_validate(choice) for choice in found] for name, found in choices().items()}
        return OptionsRead(
            **offered,
            engines=[self._engine(card) for card in self._engines.cards()],
            voices=await self._voices(),
            default_language=self._limits.default_language,
            project=self._project(),
            segment=rules_of(SegmentEdit),
            video=rules_of(VideoBody),
            movie=rules_of(MovieBody),
            movie_presets=[PresetChoice.of(preset) for preset in MoviePreset],
            max_movie_duration_sec=self._limits.max_movie_duration_sec,
        )

    def _project(self) -> Rules:
        rules = rules_of(ProjectCreate)
        rules["target_duration_sec"]["maximum"] = self._limits.max_target_duration_sec
        rules["language"]["default"] = self._limits.default_language
        return rules

    def _engine(self, card: EngineCard) -> EngineChoice:
        known = self._engines.capabilities(card.role, card.vendor.name) if card.available else {}
        return EngineChoice(
            value=card.vendor.name,
            label=card.vendor.title,
            role=card.role,
            is_default=card.is_default,
            available=card.available,
            absent_reason=card.absent_reason or None,
            models=list(known),
        )

    async def _voices(self) -> list[VoiceChoice]:
        """Those of the offline narrator; a vendor's list is not fetched for a form."""
        narrator = self._engines.speech(LOCAL)
        return [VoiceChoice.of(narrator.name, voice) for voice in await narrator.voices()]
