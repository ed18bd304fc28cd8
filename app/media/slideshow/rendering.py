"""Renders slideshows: one child draws, ffmpeg encodes, and the result is checked before it is kept."""

import json
import os
import shutil
import tempfile
from asyncio import TaskGroup
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.core import process
from app.core.process import Limits, ProcessFailed, ProcessTimedOut
from app.core.threads import Threads
from app.media.errors import SlideUnreadable, ToolFailed, ToolTimedOut
from app.media.images import ANY_PICTURE, judged
from app.media.mp4_reading import MediaInfo, film_from
from app.media.slideshow.show import UNREADABLE, Slideshow
from app.media.sniff import HEAD_BYTES, FileKind, sniff
from app.media.sound_files import kind_of
from app.media.timeline import SAMPLE_RATE
from app.media.tools import Tools, file_address, guarded_input

TICKS_PER_FRAME = 512
KEYFRAME_SECONDS = 2
QUALITY = "20"
THREADS = "4"
COLOURS = "range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


def order_of(show: Slideshow, pipe: Path) -> bytes:
    """The order for the child that draws."""
    plan = show.plan
    rows = [
        {"path": str(slide.picture.absolute()), "effect": slide.effect.value, "fit": slide.fit.value}
        for slide in show.slides
    ]
    order = {
        "slides": rows,
        "bounds": plan.bounds,
        "fade_frames": plan.fade_frames,
        "size": (show.width_px, show.height_px),
        "pipe": str(pipe.absolute()),
    }
    return json.dumps(order).encode()


def encoding_arguments(show: Slideshow, pipe: Path, narration: FileKind | None, into: Path) -> list[str]:
    """Frames from the pipe and the narration, padded or cut to the pictures' length, into one file."""
    rate = show.frames_per_second
    coming = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{show.width_px}x{show.height_px}", "-r", str(rate)]
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-threads", THREADS, "-pix_fmt", "yuv420p"]
    return [
        *("-y", "-v", "error", "-progress", "pipe:2", "-stats_period", "0.5", "-protocol_whitelist", "file"),
        *(*coming, "-i", file_address(pipe), *_narration_input(show, narration)),
        *("-map", "0:v", "-vf", f"setsar=1,setparams={COLOURS}", *coding, "-g", str(rate * KEYFRAME_SECONDS)),
        *("-flags", "+cgop+bitexact", "-fflags", "+bitexact", *_narration_output(show, narration)),
        *("-video_track_timescale", str(rate * TICKS_PER_FRAME), "-write_btrt", "0", "-movflags", "+faststart"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-f", "mp4", file_address(into)),
    ]


def _narration_input(show: Slideshow, kind: FileKind | None) -> list[str]:
    if show.narration is None or kind is None:
        return []
    return ["-vn", *guarded_input(show.narration, kind)]


def _narration_output(show: Slideshow, kind: FileKind | None) -> list[str]:
    if show.narration is None or kind is None:
        return ["-an"]
    uniform = f"aresample={SAMPLE_RATE},aformat=sample_fmts=fltp:channel_layouts=stereo"
    exact = f"apad=whole_len={show.sample_count},atrim=end_sample={show.sample_count}"
    return ["-map", "1:a:0", "-af", f"{uniform},{exact}", "-c:a", "aac", "-aac_coder", "fast", "-b:a", "192k"]


DRAWING_MEMORY_BYTES = 1536 * 1024**2
LEAST_SECONDS = 60.0
SECONDS_PER_MEGAPIXEL = 0.5
FRAME_LINE = "frame="
SOUND_TOLERANCE_SECONDS = 0.001


@dataclass(frozen=True)
class Rendered:
    """What a finished slideshow holds, as its file says."""

    frame_count: int
    duration_seconds: float
    size_bytes: int


class Slideshows:
    """Makes films of still pictures; memory depends on their size, never on their number or length."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def render(self, show: Slideshow, into: Path, told: Callable[[float], None] | None = None) -> Rendered:
        """Writes the slideshow; `told` hears which part of it is done. Nothing half made stays behind."""
        narration = await self._threads.run(_judge_inputs, show)
        work = Path(await self._threads.run(tempfile.mkdtemp, prefix="slideshow-", dir=into.parent))
        try:
            pipe, made = work / "frames", work / "made.mp4"
            await self._threads.run(os.mkfifo, pipe, 0o600)
            await self._make(show, pipe, encoding_arguments(show, pipe, narration, made), told)
            rendered = await self._threads.run(_checked, show, made)
            await self._threads.run(made.replace, into)
        finally:
            await self._threads.run(shutil.rmtree, work)
        return rendered

    async def _make(
        self, show: Slideshow, pipe: Path, arguments: list[str], told: Callable[[float], None] | None
    ) -> None:
        """Draws and encodes side by side; when one of the two fails, the other is killed."""
        limit_seconds = _limit_seconds(show)
        heard = _listener(show.plan.frame_count, told) if told else None
        try:
            async with TaskGroup() as both:
                both.create_task(self._draw(show, pipe, limit_seconds))
                both.create_task(self._encode(arguments, limit_seconds, heard))
        except ExceptionGroup as group:
            # A picture that does not open is the cause of whatever else went wrong.
            causes = [fault for fault in group.exceptions if isinstance(fault, SlideUnreadable)]
            raise [*causes, *group.exceptions][0] from group

    async def _draw(self, show: Slideshow, pipe: Path, limit_seconds: float) -> None:
        limits = Limits(memory_bytes=DRAWING_MEMORY_BYTES, cpu_seconds=int(limit_seconds), open_files=32)
        command = process.module_command("app.media.slideshow.worker")
        try:
            done = await process.run(command, timeout_seconds=limit_seconds, limits=limits, stdin=order_of(show, pipe))
        except ProcessTimedOut as late:
            raise ToolTimedOut from late
        except ProcessFailed as fault:
            raise ToolFailed from fault
        if done.exit_code == UNREADABLE:
            raise SlideUnreadable(facts={"slide": int(done.stdout)})
        if not done.succeeded:
            raise ToolFailed

    async def _encode(self, arguments: list[str], limit_seconds: float, heard: Callable[[str], None] | None) -> None:
        done = await self._tools.run(arguments, timeout_seconds=limit_seconds, on_line=heard)
        if not done.succeeded:
            raise ToolFailed


def _judge_inputs(show: Slideshow) -> FileKind | None:
    """Refuses a picture by its header before anything is drawn; tells what sort of sound the narration is."""
    for slide in show.slides:
        judged(slide.picture, ANY_PICTURE)
    return None if show.narration is None else kind_of(show.narration)


def _limit_seconds(show: Slideshow) -> float:
    megapixels = show.plan.frame_count * show.width_px * show.height_px / 1e6
    return LEAST_SECONDS + SECONDS_PER_MEGAPIXEL * megapixels


def _listener(frame_count: int, told: Callable[[float], None]) -> Callable[[str], None]:
    def heard(line: str) -> None:
        number = line.removeprefix(FRAME_LINE).strip()
        if line.startswith(FRAME_LINE) and number.isdecimal():
            told(min(1.0, int(number) / frame_count))

    return heard


def _checked(show: Slideshow, made: Path) -> Rendered:
    """What the file holds, once it is sure that no frame and no sample is missing."""
    size_bytes = made.stat().st_size
    with made.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
        film = film_from(file, size_bytes, kind or FileKind.MP4)
    if not _is_whole(show, film):
        raise ToolFailed
    return Rendered(show.plan.frame_count, film.duration_seconds, size_bytes)


def _is_whole(show: Slideshow, film: MediaInfo) -> bool:
    video, sound = film.video, film.audio
    if video is None or (sound is None) is not (show.narration is None):
        return False
    seconds = show.sample_count / SAMPLE_RATE
    is_long_enough = sound is None or sound.duration_seconds > seconds - SOUND_TOLERANCE_SECONDS
    found = (video.frame_count, video.width_px, video.height_px, video.timescale, video.frame_ticks)
    timescale = show.frames_per_second * TICKS_PER_FRAME
    wanted = (show.plan.frame_count, show.width_px, show.height_px, timescale, TICKS_PER_FRAME)
    return found == wanted and is_long_enough and film.begins_at_once
