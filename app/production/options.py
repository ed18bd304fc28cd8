"""Everything a form needs: choices, limits, engines and voices, as they stand on this machine."""

from typing import Self

from pydantic import JsonValue

from app.core.schema import Reply
from app.production.forms import Rules, choices, rules_of
from app.production.movies.presets import CLIPS
from app.production.movies.schemas import MovieBody
from app.production.movies.values import MoviePreset
from app.production.video_schemas import VideoBody
from app.projects.schemas import ProjectCreate, SegmentEdit
from app.providers.kit import LOCAL, EngineCard
from app.providers.speech import VoiceFacts
from app.providers.values import Role
from app.resources import Resources

__all__ = ["OptionService", "OptionsRead"]


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
