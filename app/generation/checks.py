"""Pure: what is wrong with a delivered clip."""

from collections.abc import Iterator

from app.media.sniff import Kind
from app.media.tracks import MediaInfo

__all__ = ["clip_faults"]

TOLERANCE_SECONDS = 0.5
PLAYABLE = frozenset({"avc1", "avc3", "hvc1", "hev1", "av01", "vp09"})


def clip_faults(media: MediaInfo, *, wanted_seconds: float, size_bytes: int, promised_bytes: int) -> tuple[str, ...]:
    """Every reason why this file is not the clip that was asked for; none means that it is."""
    return tuple(_faults(media, wanted_seconds, size_bytes, promised_bytes))


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
