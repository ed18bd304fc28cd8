"""Renders one accepted clip: frames flow through a pipe into one ffmpeg."""

import asyncio
import os
from collections.abc import Iterator
from itertools import chain
from threading import Event

from PIL import Image

from app.core import process
from app.core.process import Finished, Limits
from app.core.threads import Threads
from app.providers.local.frames import FRAMES_PER_SECOND, clip_frames
from app.providers.local.taskfolder import TaskFolder
from app.providers.video import VideoRequest

__all__ = ["FramesUnreadable", "RenderFailed", "render"]

WAIT_SECONDS = 0.01
SECONDS_PER_CLIP_SECOND = 60
MEMORY_BYTES = 3 * 1024**3
TIMESCALE = 12288
GROUP_FRAMES = 48


class RenderFailed(Exception):
    """The encoder did not make a clip."""


class FramesUnreadable(Exception):
    """A frame of the request does not open as a picture."""


async def render(
    ffmpeg: str, folder: TaskFolder, request: VideoRequest, size: tuple[int, int], threads: Threads
) -> None:
    """Makes the clip of a claimed folder; whatever goes wrong, no child and no part file stay behind."""
    count = request.duration_seconds * FRAMES_PER_SECOND
    frames = _frames(request, size, count)
    opening = await threads.run(_opening, frames)
    stopped = Event()
    await threads.run(folder.open_pipe)
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(threads.run(_pour, folder, chain([opening], frames), stopped))
            encoding = both.create_task(_encode(ffmpeg, folder, size, request.duration_seconds, stopped))
        if not encoding.result().succeeded:
            raise RenderFailed(encoding.result().stderr_tail[-500:])
        await threads.run(folder.keep_clip)
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    finally:
        stopped.set()
        folder.clear()


def _frames(request: VideoRequest, size: tuple[int, int], count: int) -> Iterator[bytes]:
    first, last = request.first_frame, request.last_frame
    if first is None:
        message = "a clip needs a first frame"
        raise FramesUnreadable(message)
    return clip_frames(first.content, last.content if last else None, size, count, request.camera)


def _opening(frames: Iterator[bytes]) -> bytes:
    """The first frame; making it opens every picture."""
    try:
        return next(frames)
    except (OSError, ValueError, Image.DecompressionBombError) as broken:
        raise FramesUnreadable from broken


async def _encode(ffmpeg: str, folder: TaskFolder, size: tuple[int, int], seconds: int, stopped: Event) -> Finished:
    limits = Limits(memory_bytes=MEMORY_BYTES, cpu_seconds=seconds * SECONDS_PER_CLIP_SECOND)
    try:
        return await process.run(
            _command(ffmpeg, folder, size), timeout_seconds=seconds * SECONDS_PER_CLIP_SECOND, limits=limits
        )
    finally:
        stopped.set()


def _command(ffmpeg: str, folder: TaskFolder, size: tuple[int, int]) -> list[str]:
    colours = "range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    coming = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", str(FRAMES_PER_SECOND)]
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "2", "-pix_fmt", "yuv420p"]
    group = ["-g", str(GROUP_FRAMES), "-flags", "+cgop+bitexact", "-fflags", "+bitexact"]
    file = ["-video_track_timescale", str(TIMESCALE), "-write_btrt", "0", "-movflags", "+faststart", "-f", "mp4"]
    return [
        *(ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-v", "error", "-y", "-protocol_whitelist", "file"),
        *(*coming, "-i", f"file:{folder.pipe.absolute()}", "-an", "-vf", f"setsar=1,setparams={colours}"),
        *(*coding, *group, *file, f"file:{folder.part.absolute()}"),
    ]


def _pour(folder: TaskFolder, frames: Iterator[bytes], stopped: Event) -> None:
    """Writes frames until they end or nobody reads any more; the encoder's exit code tells which it was."""
    pipe = _reader_at(folder, stopped)
    if pipe is None:
        return
    try:
        for frame in frames:
            if stopped.is_set():
                return
            _write_whole(pipe, frame)
    except BrokenPipeError:
        return
    finally:
        os.close(pipe)


def _reader_at(folder: TaskFolder, stopped: Event) -> int | None:
    """The pipe's writing end once somebody reads; opening it the plain way would wait for ever."""
    while not stopped.is_set():
        try:
            pipe = os.open(folder.pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            stopped.wait(WAIT_SECONDS)
        else:
            os.set_blocking(pipe, True)
            return pipe
    return None


def _write_whole(pipe: int, frame: bytes) -> None:
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(pipe, rest) :]
