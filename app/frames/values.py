"""Frozen values of key frames: what one shows, what is to be made, and what was made of it."""

from dataclasses import dataclass
from datetime import datetime

from app.projects.values import FrameOrigin, FrameView

__all__ = ["CandidateView", "FrameSheet", "FrameWish", "Scene"]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a key frame shows, with what happens on either side of it."""

    prompt: str
    style: str
    aspect_ratio: str
    continuity: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class FrameWish:
    """Which frames to make; without positions all that need it, and with `only_needed` those of them that do."""

    positions: tuple[int, ...] = ()
    only_needed: bool = False
    parent_id: str | None = None
    record_id: str | None = None
    direct: bool = False


@dataclass(frozen=True, kw_only=True)
class CandidateView:
    """One picture that was made for a key frame."""

    id: str
    frame_id: str
    job_id: str | None
    origin: FrameOrigin
    asset_id: str
    digest: str
    prompt: str
    provider: str | None
    model: str | None
    cost_micro_usd: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class FrameSheet:
    """A key frame with the pictures made for it, newest first."""

    frame: FrameView
    stale: bool
    candidates: tuple[CandidateView, ...]
