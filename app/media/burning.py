"""Writes captions into the pictures themselves, with the font that comes with this package."""

import shutil
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from app.core.threads import Threads
from app.media.container import Credits, write_film
from app.media.cut import Cut
from app.media.errors import FontMissing, ToolFailed
from app.media.inspect import read_clip
from app.media.joining import Piece, video_track
from app.media.normalise import KEYFRAME_SECONDS, QUALITY
from app.media.sniff import Kind
from app.media.tools import Tools, file_address, guarded_input

__all__ = ["Burner"]

FONTS = Path(__file__).with_name("fonts")
SCRIPT, FONT_FOLDER, JOINED, BURNED = "captions.ass", "fonts", "joined.mp4", "burned.mp4"
# Encoding runs at about half the speed of watching on a small machine.
SECONDS_PER_SECOND = 6
FEWEST_SECONDS = 60.0
# A third of the time of "veryfast" less for a file of the same size; what it spares is the finest search.
QUICK = "subme=1:partitions=none:rc-lookahead=10:bframes=2"
NO_GLYPH = "failed to find any fallback with glyph"


class Burner:
    """Encodes a joined film again with text in its pictures."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def burn(self, pieces: Sequence[Piece], cut: Cut, script: str, work: Path) -> Piece:
        """One piece as long as all pieces; `work` is an empty folder whose owner removes it."""
        await self._threads.run(_lay_out, pieces, cut, script, work)
        *starts, seconds = accumulate((piece.seconds for piece in pieces), initial=Fraction(0))
        timeout = max(FEWEST_SECONDS, float(seconds) * SECONDS_PER_SECOND)
        done = await self._tools.run(_arguments(cut, starts, work), timeout_seconds=timeout, cwd=work)
        if NO_GLYPH in done.stderr_tail:
            raise FontMissing
        if not done.succeeded:
            raise ToolFailed
        made = await self._threads.run(read_clip, work / BURNED)
        if made.samples is None or len(made.samples.sizes) != sum(len(piece.samples.sizes) for piece in pieces):
            raise ToolFailed
        return Piece(work / BURNED, made.samples, made.video.configuration)


def _lay_out(pieces: Sequence[Piece], cut: Cut, script: str, work: Path) -> None:
    """Plain names in one folder: a filter cannot be told of a path with a colon or a quote in it."""
    work.joinpath(SCRIPT).write_text(script, encoding="utf-8")
    shutil.copytree(FONTS, work / FONT_FOLDER)
    write_film([video_track(pieces, cut.reference or 0)], Credits(), work / JOINED)


def _arguments(cut: Cut, starts: Sequence[Fraction], work: Path) -> list[str]:
    target = cut.target
    return [
        *("-y", "-v", "warning", *guarded_input(work / JOINED, Kind.MP4), "-map", "0:v:0", "-an"),
        *("-vf", f"subtitles=filename={SCRIPT}:fontsdir={FONT_FOLDER}", "-fps_mode", "passthrough"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-profile:v", target.profile),
        *("-x264-params", QUICK),
        *("-force_key_frames", ",".join(f"{float(start):.6f}" for start in starts)),
        *("-pix_fmt", "yuv420p", "-g", str(round(target.rate * KEYFRAME_SECONDS))),
        *("-video_track_timescale", str(target.timescale), "-write_btrt", "0", "-f", "mp4"),
        file_address(work / BURNED),
    ]
