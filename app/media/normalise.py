"""Encodes one odd clip again so that it can stand beside the others."""

from pathlib import Path

from app.core.threads import Threads
from app.media.cut import ClipFacts, Target
from app.media.errors import ToolFailed
from app.media.inspect import read_clip
from app.media.sniff import Kind
from app.media.tools import Tools, file_address, guarded_input

__all__ = ["Normaliser", "arguments"]

TIMEOUT_SECONDS = 300.0
KEYFRAME_SECONDS = 2
QUALITY = "18"
# Which matrix ffmpeg converts to, by the number that files call it; others are left as they come.
MATRICES = {1: "bt709", 5: "smpte170m", 6: "smpte170m", 9: "bt2020"}


class Normaliser:
    """Writes clips that agree with a target, one at a time."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def match(self, clip: Path, facts: ClipFacts, target: Target, into: Path) -> ClipFacts:
        """The facts of the new clip: as long as the old one was shown, in whole frames."""
        frame_count = max(1, round(facts.duration * target.rate))
        done = await self._tools.run(arguments(clip, target, frame_count, into), timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed
        made = await self._threads.run(read_clip, into)
        if made.video.frame_count != frame_count or made.video.timescale != target.timescale:
            raise ToolFailed
        return made


def arguments(clip: Path, target: Target, frame_count: int, into: Path) -> list[str]:
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
        *("-y", *guarded_input(clip, Kind.MP4), "-map", "0:v:0", "-an", "-sn", "-dn"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-vf", ",".join(chain), "-frames:v", str(frame_count)),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-profile:v", target.profile),
        *("-g", str(round(target.rate * KEYFRAME_SECONDS)), "-x264-params", f"sps-id={target.identity}"),
        *("-video_track_timescale", str(target.timescale), "-write_btrt", "0", "-f", "mp4", file_address(into)),
    ]
