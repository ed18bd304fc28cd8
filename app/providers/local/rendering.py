"""Renders one accepted clip: a child draws its frames into a pipe, one ffmpeg encodes them."""

import json
from asyncio import TaskGroup
from dataclasses import dataclass

from app.core import process
from app.core.process import Limits, ProcessFailed
from app.core.threads import Threads
from app.providers.local.camera import FRAMES_PER_SECOND
from app.providers.local.taskfolder import TaskFolder
from app.providers.video import VideoRequest

__all__ = ["DRAWING_ENVIRONMENT", "UNREADABLE", "WORKER", "FramesUnreadable", "RenderFailed", "render"]

WORKER = "app.providers.local.drawing_worker"
UNREADABLE = 3
SECONDS_PER_CLIP_SECOND = 60
DRAWING_MEMORY_BYTES = 2 * 1024**3
# Planes of pictures come and go for every frame: kept memory spares a tenth of the time that fetching it anew takes.
# Threads of numpy, of which the drawing has no use, cost more to start than half of its imports.
DRAWING_ENVIRONMENT = (
    ("OPENBLAS_NUM_THREADS", "1"),
    ("MALLOC_MMAP_THRESHOLD_", str(256 * 1024**2)),
    ("MALLOC_TRIM_THRESHOLD_", str(1024**3)),
    ("MALLOC_TOP_PAD_", str(64 * 1024**2)),
    ("PILLOW_BLOCKS_MAX", "64"),
)
MEMORY_BYTES = 3 * 1024**3
TIMESCALE = 12288
GROUP_FRAMES = 48
# As small a file as "veryfast" makes of drawings, in half its time: what it looks for beyond that is texture.
FLAT_COLOURS = (
    *("-preset", "ultrafast", "-crf", "21"),
    *("-x264-params", "no-deblock=0:cabac=1:8x8dct=1:mbtree=1:rc-lookahead=20:bframes=2:aq-mode=1:subme=1"),
)


class RenderFailed(Exception):
    """The encoder did not make a clip."""


class FramesUnreadable(Exception):
    """A frame of the request does not open as a picture."""


async def render(
    ffmpeg: str, folder: TaskFolder, request: VideoRequest, size: tuple[int, int], threads: Threads
) -> None:
    """Makes the clip of a claimed folder; whatever goes wrong, no child and no part file stay behind."""
    clip = Clip(ffmpeg, folder, request, size)
    await threads.run(folder.open_pipe)
    try:
        async with TaskGroup() as both:
            both.create_task(clip.draw())
            both.create_task(clip.encode())
        await threads.run(folder.keep_clip)
    except ExceptionGroup as group:
        # A frame that does not open is the cause of whatever else went wrong.
        causes = [fault for fault in group.exceptions if isinstance(fault, FramesUnreadable)]
        raise [*causes, *group.exceptions][0] from group
    finally:
        folder.clear()


@dataclass(frozen=True)
class Clip:
    """One clip being made; each half ends by itself or is killed when the other fails."""

    ffmpeg: str
    folder: TaskFolder
    request: VideoRequest
    size: tuple[int, int]

    @property
    def _most_seconds(self) -> int:
        return self.request.duration_seconds * SECONDS_PER_CLIP_SECOND

    async def draw(self) -> None:
        """Has the frames drawn into the pipe."""
        if self.request.first_frame is None:
            message = "a clip needs a first frame"
            raise FramesUnreadable(message)
        order = {
            "pipe": str(self.folder.pipe.absolute()),
            "first": str(self.folder.first.absolute()),
            "last": None if self.request.last_frame is None else str(self.folder.last.absolute()),
            "size": self.size,
            "count": self.request.duration_seconds * FRAMES_PER_SECOND,
            "camera": self.request.camera,
        }
        limits = Limits(DRAWING_MEMORY_BYTES, cpu_seconds=self._most_seconds, open_files=32, added=DRAWING_ENVIRONMENT)
        stdin = json.dumps(order).encode() + b"\n"
        done = await process.run(
            process.module_command(WORKER), timeout_seconds=self._most_seconds, limits=limits, stdin=stdin
        )
        if done.exit_code == UNREADABLE:
            raise FramesUnreadable
        if not done.succeeded:
            message = "the frames could not be drawn"
            raise ProcessFailed(message)

    async def encode(self) -> None:
        """Makes one file of the frames."""
        limits = Limits(memory_bytes=MEMORY_BYTES, cpu_seconds=self._most_seconds)
        command = _command(self.ffmpeg, self.folder, self.size)
        done = await process.run(command, timeout_seconds=self._most_seconds, limits=limits)
        if not done.succeeded:
            raise RenderFailed(done.stderr_tail[-500:])


def _command(ffmpeg: str, folder: TaskFolder, size: tuple[int, int]) -> list[str]:
    colours = "range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    coming = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", str(FRAMES_PER_SECOND)]
    coding = ["-c:v", "libx264", *FLAT_COLOURS, "-threads", "2", "-pix_fmt", "yuv420p"]
    group = ["-g", str(GROUP_FRAMES), "-flags", "+cgop+bitexact", "-fflags", "+bitexact"]
    file = ["-video_track_timescale", str(TIMESCALE), "-write_btrt", "0", "-movflags", "+faststart", "-f", "mp4"]
    return [
        *(ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-v", "error", "-y", "-protocol_whitelist", "file"),
        *(*coming, "-i", f"file:{folder.pipe.absolute()}", "-an", "-vf", f"setsar=1,setparams={colours}"),
        *(*coding, *group, *file, f"file:{folder.part.absolute()}"),
    ]
