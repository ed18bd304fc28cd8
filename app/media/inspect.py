"""Reads the boxes of one clip from its file; blocking, for a thread."""

from pathlib import Path

from app.media.cut import ClipFacts
from app.media.errors import ClipUnusable
from app.media.samples import VIDEO, samples_from
from app.media.sniff import HEAD_BYTES, Kind, sniff
from app.media.tracks import film_from

__all__ = ["read_clip"]


# The tools decode no more than this either.
MOST_PIXELS = 40_000_000


def read_clip(path: Path) -> ClipFacts:
    """What a clip is, without decoding it."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        if sniff(file.read(HEAD_BYTES)) is not Kind.MP4:
            raise ClipUnusable
        media = film_from(file, size_bytes, Kind.MP4)
        if media.video is not None and media.video.width_px * media.video.height_px > MOST_PIXELS:
            raise ClipUnusable
        return ClipFacts(media, None if media.is_fragmented else samples_from(file, size_bytes, VIDEO))
