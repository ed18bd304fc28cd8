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
    """Which frames to make; without positions, all that are missing or out of date.

    `spare_clips` leaves a frame alone that is only out of date because the one before it changed, once a clip rests
    on it: replacing one key frame then costs the clips on its two sides and no other. It also leaves a missing frame
    open that nobody has told, because the clip that ends there hands its own last picture on.
    `only_needed` passes over positions that have become ready before their turn.
    """

    positions: tuple[int, ...] = ()
    only_needed: bool = False
    spare_clips: bool = False
    parent_id: str | None = None
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
    reference_asset_id: str | None
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
