"""Frozen values of takes: what is asked for, what came, and what is kept."""

from dataclasses import dataclass
from datetime import datetime

from app.projects.values import Take as AcceptedTake

__all__ = ["AcceptedTake", "DeliveredClip", "RestoredTake", "TakeLook", "TakeView", "TakeWish"]


@dataclass(frozen=True, kw_only=True)
class TakeWish:
    """How a take is wished; a parent is the job that already holds the segment."""

    optimize_prompt: bool = True
    parent_id: str | None = None
    direct: bool = False


@dataclass(frozen=True, kw_only=True)
class TakeLook:
    """What was measured on a clip: shares of its pictures, and how like its ends are to the key frames it was given."""

    black_share: float
    frozen_share: float
    first_seam: float | None
    last_seam: float | None


@dataclass(frozen=True, kw_only=True)
class DeliveredClip:
    """A checked clip in the library, with its last picture."""

    asset_id: str
    last_picture_asset_id: str
    duration_seconds: float
    width_px: int
    height_px: int
    look: TakeLook


@dataclass(frozen=True, kw_only=True)
class RestoredTake:
    """A clip that was made elsewhere for the same segment; here it has cost nothing."""

    asset_id: str
    last_picture_asset_id: str
    first_frame_asset_id: str
    last_frame_asset_id: str | None
    hands_on: bool
    prompt: str
    resolution: str
    look: TakeLook
    duration_seconds: float
    width_px: int
    height_px: int
    provider: str
    model: str
    is_fresh: bool


@dataclass(frozen=True, kw_only=True)
class TakeView:
    """One clip that was made for a segment."""

    id: str
    segment_id: str
    job_id: str
    number: int
    asset_id: str
    last_picture_asset_id: str
    first_frame_asset_id: str
    last_frame_asset_id: str | None
    hands_on: bool
    digest: str
    prompt: str
    resolution: str
    look: TakeLook
    duration_seconds: float
    width_px: int
    height_px: int
    provider: str
    model: str
    cost_micro_usd: int
    created_at: datetime
    updated_at: datetime

    def accepted(self) -> AcceptedTake:
        """The take as the film holds it."""
        return AcceptedTake(
            asset_id=self.asset_id,
            take_id=self.id,
            duration_seconds=self.duration_seconds,
            digest=self.digest,
            last_frame_asset_id=self.last_frame_asset_id,
        )
