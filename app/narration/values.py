"""Frozen views of voices, consents and narration takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.projects.values import WordTime
from app.providers.speech import VoiceOrigin

__all__ = ["CloneWish", "ConsentView", "DesignWish", "Following", "NarrationView", "PreviewWish", "SaveWish"]
__all__ += ["VoiceCondition", "VoiceView"]

SOON = timedelta(hours=48)


class VoiceCondition(StrEnum):
    """How a voice stands at its vendor."""

    READY = "ready"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class VoiceView:
    """One voice of an owner; `voice_id` is the vendor's name of it."""

    id: str
    owner_id: str
    voice_id: str
    provider: str
    origin: VoiceOrigin
    name: str
    description: str
    note: str
    sample_asset_id: str | None
    sample_is_own: bool
    is_brought: bool
    preview_asset_id: str | None
    consent_at: datetime | None
    expires_at: datetime | None
    spoken_at: datetime | None
    lost_at: datetime | None
    deleted_at: datetime | None
    job_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_made(self) -> bool:
        """Whether it was made here for its owner, and so must be removed at the vendor too."""
        return self.origin is not VoiceOrigin.SYSTEM and not self.is_brought

    def condition(self, now: datetime) -> VoiceCondition:
        """Whether it can still be spoken with."""
        if self.deleted_at is not None or self.lost_at is not None:
            return VoiceCondition.EXPIRED
        if self.expires_at is None:
            return VoiceCondition.READY
        if self.expires_at <= now:
            return VoiceCondition.EXPIRED
        return VoiceCondition.EXPIRING if self.expires_at - now <= SOON else VoiceCondition.READY


@dataclass(frozen=True, kw_only=True)
class ConsentView:
    """That a person agreed to the copying of their voice, in the words agreed to."""

    id: str
    owner_id: str
    words: str
    sample_asset_id: str
    sample_sha256: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class NarrationView:
    """One spoken try at a segment's narration."""

    id: str
    segment_id: str
    number: int
    job_id: str
    attempt_id: str
    asset_id: str
    voice_id: str
    provider: str
    text: str
    spoken_seconds: float
    duration_seconds: float
    tempo: float
    words_to_cut: int
    digest: str
    words: tuple[WordTime, ...]
    cost_micro_usd: int
    created_at: datetime


@dataclass(frozen=True)
class Following:
    """How long a caller waits for the work, and the job it is a part of."""

    seconds: float = 0
    parent_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class CloneWish:
    """How a clone is called, and by which words it is agreed to."""

    name: str
    consent: str
    description: str = ""
    engine: str = "auto"
    language: str = "en"
    sample_is_own: bool = False


@dataclass(frozen=True, kw_only=True)
class DesignWish:
    """The voice that somebody describes."""

    name: str
    prompt: str
    preview_text: str
    description: str = ""
    engine: str = "auto"


@dataclass(frozen=True, kw_only=True)
class PreviewWish:
    """What a voice shall say to be heard."""

    text: str
    language: str


@dataclass(frozen=True, kw_only=True)
class SaveWish:
    """A voice on the vendor's list that somebody wants among theirs, and how they agree if it is a person's copy."""

    voice_id: str
    name: str
    description: str = ""
    engine: str = "auto"
    consent: str = ""
