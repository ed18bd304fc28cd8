"""Pure: in what two takes differ, and whether a take still fits its segment."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.generation.values import TakeView
from app.projects.freshness import clip_digest, clip_is_stale
from app.projects.values import FrameOrigin, SegmentView

__all__ = ["Difference", "differences", "take_is_stale"]


@dataclass(frozen=True)
class Difference:
    """One thing in which two takes differ, in words for people."""

    field: str
    one: str
    other: str


def differences(one: TakeView, other: TakeView) -> tuple[Difference, ...]:
    """What was asked and what came differently; numbers that differ by less than anybody notices are the same."""
    return tuple(
        Difference(field, mine, theirs)
        for (field, mine), (_, theirs) in zip(_told(one), _told(other), strict=True)
        if mine != theirs
    )


def take_is_stale(take: TakeView, segment: SegmentView) -> bool:
    """Whether this take would be out of date if it were chosen now."""
    end = segment.last_frame
    if take.hands_on and (end.asset_id is None or end.origin is FrameOrigin.EXTRACTED):
        return take.digest != clip_digest(segment)
    return clip_is_stale(replace(segment, clip=take.accepted()))


def _told(take: TakeView) -> Iterator[tuple[str, str]]:
    yield "prompt", take.prompt
    yield "first_frame", take.first_frame_asset_id
    yield "last_frame", "" if take.hands_on else take.last_frame_asset_id or ""
    yield "provider", take.provider
    yield "model", take.model
    yield "resolution", take.resolution
    yield "size", f"{take.width_px}x{take.height_px}"
    yield "duration_seconds", f"{take.duration_seconds:.1f}"
    yield "cost", f"{take.cost_micro_usd / 1_000_000:.2f}"
    yield "black_share", f"{take.look.black_share:.2f}"
    yield "frozen_share", f"{take.look.frozen_share:.2f}"
    yield "first_seam", _share(take.look.first_seam)
    yield "last_seam", _share(take.look.last_seam)


def _share(likeness: float | None) -> str:
    return "" if likeness is None else f"{likeness:.2f}"
