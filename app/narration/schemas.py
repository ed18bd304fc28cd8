"""Wire shapes of voices and narration takes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.narration.domain import INTRODUCTIONS, DesignWish, PreviewWish, SaveWish, VoiceCondition, VoiceView
from app.projects.options import Language
from app.providers.speech import VoiceOrigin

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Description = Annotated[str, StringConstraints(max_length=2000)]
VoiceName = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Engine = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class NarrationRead(Reply):
    """One spoken try at a segment's narration; `words_to_cut` is 0 when it fits."""

    id: str
    segment_id: str
    number: int
    job_id: str
    asset_id: str
    voice_id: str
    provider: str
    text: str
    spoken_seconds: float
    duration_seconds: float
    tempo: float
    words_to_cut: int
    cost_micro_usd: int
    created_at: Utc


class NarrationList(Reply):
    """Takes of a segment, newest first."""

    narrations: list[NarrationRead]
    total: int


class VoiceRead(Reply):
    """A voice of the caller's; `voice_id` is what its engine calls it, `preview_url` how it sounds."""

    id: str
    voice_id: str
    name: str
    description: str
    provider: str
    origin: VoiceOrigin
    condition: VoiceCondition
    note: str
    preview_url: str | None
    consent_at: Utc | None
    expires_at: Utc | None
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, voice: VoiceView, now: datetime, links: MediaLinks, assets: Mapping[str, AssetView]) -> Self:
        """The voice as it stands now."""
        derived = {"condition": voice.condition(now), "preview_url": links.of(assets, voice.preview_asset_id)}
        return cls.model_validate({**vars(voice), **derived})


class VoiceList(Reply):
    """The caller's voices, newest first."""

    voices: list[VoiceRead]
    total: int


class VoiceSave(Body):
    """A voice that an engine lists, saved among the caller's own."""

    voice_id: VoiceName
    name: Name
    description: Description | None = None
    provider: Engine = "auto"
    consent: Annotated[str, StringConstraints(max_length=2000)] = Field(
        "", description="For a voice that was cloned elsewhere: the words by which its person agrees"
    )

    def wish(self) -> SaveWish:
        """As the service takes it."""
        return SaveWish(
            voice_id=self.voice_id,
            name=self.name,
            description=self.description or "",
            engine=self.provider,
            consent=self.consent,
        )


class DesignBody(Body):
    """A voice to invent: how it shall be, and what it says first."""

    name: Name
    prompt: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    preview_text: Words | None = None
    description: Description = ""
    language: Language = Language.PL
    provider: Engine = "auto"

    def wish(self) -> DesignWish:
        """As the service takes it."""
        return DesignWish(
            name=self.name,
            prompt=self.prompt,
            preview_text=self.preview_text or INTRODUCTIONS[self.language],
            description=self.description,
            engine=self.provider,
        )


class PreviewBody(Body):
    """What the voice shall say; without a text it introduces itself."""

    text: Words | None = None
    language: Language = Language.PL

    def wish(self) -> PreviewWish:
        """As the service takes it."""
        return PreviewWish(text=self.text or INTRODUCTIONS[self.language], language=self.language.value)


class PreviewRead(Reply):
    """How a voice sounds."""

    id: str
    voice_id: str
    asset_id: str
    audio_url: str | None
    duration_seconds: float


class AssignBody(Body):
    """Which voice narrates which film; the voice by its id or by what its engine calls it."""

    project_id: Annotated[str, Field(max_length=64)]
    voice_id: VoiceName


class AssignRead(Reply):
    """The film and its narrator."""

    project_id: str
    voice_id: str
    id: str


class ClonedRead(Reply):
    """The voice that was cloned for a film."""

    id: str
    voice_id: str
    project_id: str
