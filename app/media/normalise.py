"""Encodes one odd clip again so that it can stand beside the others."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from app.core.threads import Threads
from app.media.cut import ClipFacts, Target
from app.media.errors import ToolFailed
from app.media.inspect import read_clip
from app.media.joining import Piece
from app.media.sniff import Kind
from app.media.sound_files import remove
from app.media.tools import Tools, file_address, guarded_input

__all__ = ["KEYFRAME_SECONDS", "QUALITY", "Normaliser", "arguments"]

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
        told = ["-y", "-v", "error", *guarded_input(clip, Kind.MP4), "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy"]
        await self._make([*told, "-map_metadata", "-1", "-f", "mp4"], whole, read_clip)
        return whole

    async def match(self, clip: Path, facts: ClipFacts, target: Target, folder: Path) -> Piece:
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
        *("-y", "-v", "error", *guarded_input(clip, Kind.MP4), "-map", "0:v:0", "-an", "-sn", "-dn"),
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


def _piece(clip: Path) -> Piece:
    facts = read_clip(clip)
    if facts.samples is None:
        raise ToolFailed
    return Piece(clip, facts.samples, facts.video.configuration)
