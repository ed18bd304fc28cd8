"""Pure: what is wrong with a delivered clip, and what its owner should look at."""

from collections.abc import Iterator

from app.generation.values import TakeLook
from app.media.sniff import Kind
from app.media.tracks import MediaInfo

__all__ = ["clip_faults", "look_warnings"]

TOLERANCE_SECONDS = 0.5
# A clip like this is whole and paid for, so it is kept and its owner is told.
MUCH_BLACK, MUCH_STILLNESS, POOR_SEAM = 0.5, 0.9, 0.5
PLAYABLE = frozenset({"avc1", "avc3", "hvc1", "hev1", "av01", "vp09"})


def clip_faults(media: MediaInfo, *, wanted_seconds: float, size_bytes: int, promised_bytes: int) -> tuple[str, ...]:
    """Every reason why this file is not the clip that was asked for; none means that it is."""
    return tuple(_faults(media, wanted_seconds, size_bytes, promised_bytes))


def look_warnings(look: TakeLook) -> tuple[str, ...]:
    """What the owner of a sound clip should look at before it is approved."""
    return tuple(_warnings(look))


def _warnings(look: TakeLook) -> Iterator[str]:
    if look.black_share >= MUCH_BLACK:
        yield f"{look.black_share:.0%} of it is black."
    if look.frozen_share >= MUCH_STILLNESS:
        yield f"The picture stands still for {look.frozen_share:.0%} of it."
    if look.first_seam is not None and look.first_seam < POOR_SEAM:
        yield "It does not begin like its first key frame."
    if look.last_seam is not None and look.last_seam < POOR_SEAM:
        yield "It does not end like its last key frame."


def _faults(media: MediaInfo, wanted_seconds: float, size_bytes: int, promised_bytes: int) -> Iterator[str]:
    if size_bytes != promised_bytes:
        yield f"it has {size_bytes} bytes instead of {promised_bytes}"
    if media.kind is not Kind.MP4:
        yield f"it is {media.kind} instead of MP4"
    video = media.video
    if video is None:
        yield "it has no pictures"
        return
    if video.codec not in PLAYABLE:
        yield f"its pictures are coded as {video.codec}"
    if min(video.width_px, video.height_px) <= 0 or video.frame_count <= 0:
        yield "its pictures are empty"
    if abs(video.duration_seconds - wanted_seconds) > TOLERANCE_SECONDS:
        yield f"it lasts {video.duration_seconds:.2f} s instead of {wanted_seconds:.0f} s"
