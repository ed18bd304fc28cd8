"""What a film or a recording is: MP4 from its boxes, other kinds as ffmpeg reports them."""

import re
from dataclasses import dataclass
from pathlib import Path

from app.core.threads import Threads
from app.media.cut import ClipFacts
from app.media.errors import ClipUnusable, UnreadableMedia, UnsupportedMedia
from app.media.mp4_reading import VIDEO, AudioTrack, MediaInfo, film_from, samples_from
from app.media.sniff import HEAD_BYTES, FileKind, sniff
from app.media.tools import Tools, guarded_input

TIMEOUT_SECONDS = 20.0
DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+),", re.MULTILINE)
SOUND = re.compile(r"^  Stream #0:\d+\S*: Audio: (\w+).*?, (\d+) Hz, ([\w.]+)", re.MULTILINE)
CHANNELS = {"mono": 1, "stereo": 2, "5.1": 6}
BOXED = frozenset({FileKind.MP4, FileKind.M4A})


class Probes:
    """Looks into files without decoding them; what a header claims is not proven by this."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def probe(self, path: Path) -> MediaInfo:
        """The tracks of a film or a recording."""
        kind = await self._threads.run(_kind_of, path)
        if kind in BOXED:
            return await self._threads.run(_boxed, path, kind)
        done = await self._tools.run(guarded_input(path, kind), timeout_seconds=TIMEOUT_SECONDS)
        return reported(kind, done.stderr_tail)


def reported(kind: FileKind, report: str) -> MediaInfo:
    """What ffmpeg says of a recording when it is asked for nothing else."""
    length, sound = DURATION.search(report), SOUND.search(report)
    if length is None or sound is None:
        raise UnreadableMedia
    hours, minutes, seconds = length.groups()
    duration = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    track = AudioTrack(sound[1], duration, int(sound[2]), CHANNELS.get(sound[3], 0))
    return MediaInfo(kind, duration, audio=track)


def _kind_of(path: Path) -> FileKind:
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is None or kind.is_picture:
        raise UnsupportedMedia
    return kind


def _boxed(path: Path, kind: FileKind) -> MediaInfo:
    with path.open("rb") as file:
        return film_from(file, path.stat().st_size, kind)


# The tools decode no more than this either.
MOST_PIXELS = 40_000_000


def read_clip(path: Path) -> ClipFacts:
    """What a clip is, without decoding it."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        if sniff(file.read(HEAD_BYTES)) is not FileKind.MP4:
            raise ClipUnusable
        media = film_from(file, size_bytes, FileKind.MP4)
        if media.video is not None and media.video.width_px * media.video.height_px > MOST_PIXELS:
            raise ClipUnusable
        return ClipFacts(media, None if media.is_fragmented else samples_from(file, size_bytes, VIDEO))


@dataclass(frozen=True)
class ClipLook:
    """Shares are of the clip's pictures, 0 to 1; a seam is the likeness to a key frame, 1 where they are the same."""

    black_share: float
    frozen_share: float
    first_seam: float | None
    last_seam: float | None


WIDE, HIGH = 96, 48
