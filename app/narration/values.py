"""Frozen views of voices, consents and narration takes."""

from dataclasses import dataclass
from datetime import datetime

from app.projects.values import WordTime
from app.providers.speech import VoiceOrigin

__all__ = ["ConsentView", "NarrationView", "VoiceView"]


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
    preview_asset_id: str | None
    consent_at: datetime | None
    expires_at: datetime | None
    spoken_at: datetime | None
    lost_at: datetime | None
    created_at: datetime
    updated_at: datetime


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
