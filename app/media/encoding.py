"""Encodes again what cannot be copied: odd clips, and films with captions in their pictures."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from itertools import accumulate
from pathlib import Path

from app.core.threads import Threads
from app.media.cut import ClipFacts, CutPlan, Target
from app.media.errors import FontMissing, ToolFailed
from app.media.joining import JoinedClip, video_track
from app.media.mp4_writing import Credits, write_film
from app.media.probe import read_clip
from app.media.sniff import FileKind
from app.media.sound_files import remove
from app.media.tools import Tools, file_address, guarded_input

TIMEOUT_SECONDS = 300.0
KEYFRAME_SECONDS = 2
QUALITY = "18"
# Which matrix ffmpeg converts to, by the number that files call it; others are left as they come.
MATRICES = {1: "bt709", 5: "smpte170m", 6: "smpte170m", 9: "bt2020"}


class Normaliser:
    """Writes clips that agree with a target; what was written for the same clip and target is used again."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def gather(self, clip: Path, folder: Path) -> Path:
        """A fragmented clip in one piece, its packets as they were."""
        whole = folder / await self._threads.run(_name, clip, None)
        told = [
            "-y",
            "-v",
            "error",
            *guarded_input(clip, FileKind.MP4),
            "-map",
            "0:v:0",
            "-map",
            "0:a:0?",
            "-c",
            "copy",
        ]
        await self._make([*told, "-map_metadata", "-1", "-f", "mp4"], whole, read_clip)
        return whole

    async def match(self, clip: Path, facts: ClipFacts, target: Target, folder: Path) -> JoinedClip:
        """The clip anew: as long as it was shown, in whole frames of the target."""
        normal = folder / await self._threads.run(_name, clip, target)
        frame_count = max(1, round(facts.duration * target.rate))
        await self._make(arguments(clip, target, frame_count), normal, partial(_checked, target, frame_count))
        return await self._threads.run(_piece, normal)

    async def _make(self, told: Sequence[str], into: Path, check: Callable[[Path], object]) -> None:
        if await self._threads.run(into.is_file):
            return
        handle, name = await self._threads.run(tempfile.mkstemp, suffix=".part", dir=into.parent)
        made = Path(name)
        try:
            await self._threads.run(os.close, handle)
            done = await self._tools.run([*told, file_address(made)], timeout_seconds=TIMEOUT_SECONDS)
            if not done.succeeded:
                raise ToolFailed
            await self._threads.run(check, made)
            await self._threads.run(made.replace, into)
        finally:
            await self._threads.run(remove, [made])


def arguments(clip: Path, target: Target, frame_count: int) -> list[str]:
    """What ffmpeg is told: fit into the size with bars, hold the last picture where frames are wanting."""
    width, height, rate = target.width_px, target.height_px, str(target.rate)
    primaries, transfer, matrix, light = target.colour
    convert = f":out_color_matrix={MATRICES[matrix]}" if matrix in MATRICES else ""
    chain = [
        "scale=w='max(2,trunc(iw*sar/2)*2)':h=ih,setsar=1",
        f"scale={width}:{height}:force_original_aspect_ratio=decrease:flags=bicubic{convert}",
        f"pad={width}:{height}:-1:-1,setsar=1,fps={rate},tpad=stop=-1:stop_mode=clone",
        "format=yuv420p",
        f"setparams=color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}:range={light}",
    ]
    return [
        *("-y", "-v", "error", *guarded_input(clip, FileKind.MP4), "-map", "0:v:0", "-an", "-sn", "-dn"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-vf", ",".join(chain), "-frames:v", str(frame_count)),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-profile:v", target.profile),
        *("-g", str(round(target.rate * KEYFRAME_SECONDS)), "-x264-params", f"sps-id={target.identity}"),
        *("-video_track_timescale", str(target.timescale), "-write_btrt", "0", "-f", "mp4"),
    ]


def _name(clip: Path, target: Target | None) -> str:
    with clip.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(repr(target).encode())
    return f"clip-{digest.hexdigest()[:32]}.mp4"


def _checked(target: Target, frame_count: int, clip: Path) -> None:
    video = read_clip(clip).video
    pace = (video.frame_count, video.timescale, video.frame_ticks)
    if pace != (frame_count, target.timescale, target.frame_ticks):
        raise ToolFailed


def _piece(clip: Path) -> JoinedClip:
    facts = read_clip(clip)
    if facts.samples is None:
        raise ToolFailed
    return JoinedClip(clip, facts.samples, facts.video.configuration)


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

    async def burn(self, pieces: Sequence[JoinedClip], cut: CutPlan, script: str, work: Path) -> JoinedClip:
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
        return JoinedClip(work / BURNED, made.samples, made.video.configuration)


def _lay_out(pieces: Sequence[JoinedClip], cut: CutPlan, script: str, work: Path) -> None:
    """Plain names in one folder: a filter cannot be told of a path with a colon or a quote in it."""
    work.joinpath(SCRIPT).write_text(script, encoding="utf-8")
    shutil.copytree(FONTS, work / FONT_FOLDER)
    write_film([video_track(pieces, cut.reference or 0)], Credits(), work / JOINED)


def _arguments(cut: CutPlan, starts: Sequence[Fraction], work: Path) -> list[str]:
    target = cut.target
    return [
        *("-y", "-v", "warning", *guarded_input(work / JOINED, FileKind.MP4), "-map", "0:v:0", "-an"),
        *("-vf", f"subtitles=filename={SCRIPT}:fontsdir={FONT_FOLDER}", "-fps_mode", "passthrough"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-profile:v", target.profile),
        *("-x264-params", QUICK),
        *("-force_key_frames", ",".join(f"{float(start):.6f}" for start in starts)),
        *("-pix_fmt", "yuv420p", "-g", str(round(target.rate * KEYFRAME_SECONDS))),
        *("-video_track_timescale", str(target.timescale), "-write_btrt", "0", "-f", "mp4"),
        file_address(work / BURNED),
    ]
