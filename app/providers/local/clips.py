"""Accepted clips as folders, and their rendering: a child draws frames into a pipe, one ffmpeg encodes them."""

import errno
import fcntl
import json
import os
import re
import shutil
from asyncio import TaskGroup
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from app.core import process
from app.core.process import Limits, ProcessFailed
from app.core.threads import Threads
from app.providers.local.camera import FRAMES_PER_SECOND
from app.providers.values import CameraCommand, MediaType, Picture
from app.providers.video import RemoteTask, VideoRequest, VideoResolution

TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
DRAFT = ".part"


def is_task_id(text: str) -> bool:
    """Whether this can name a folder and nothing outside it."""
    return TASK_ID.fullmatch(text) is not None and not text.endswith(DRAFT)


@dataclass(frozen=True)
class TaskFolder:
    """One accepted clip on disk; every method blocks."""

    path: Path

    @property
    def clip(self) -> Path:
        """The finished clip, whole or not there at all."""
        return self.path / "clip.mp4"

    @property
    def first(self) -> Path:
        """The picture that the clip begins with."""
        return self.path / "first"

    @property
    def last(self) -> Path:
        """The picture that the clip ends with, if one was asked for."""
        return self.path / "last"

    @property
    def part(self) -> Path:
        """The clip while it is being made."""
        return self.path / "clip.mp4.part"

    @property
    def pipe(self) -> Path:
        """Where frames flow to the encoder."""
        return self.path / "frames.pipe"

    @property
    def _refusal(self) -> Path:
        return self.path / "refusal.txt"

    def accept(self, request: VideoRequest, at: datetime, draft: Path, abandoned: Event) -> RemoteTask:
        """Writes the request whole or not at all; a request that is there already stays as it is."""
        if (kept := self.task()) is not None:
            return kept
        draft.mkdir(parents=True)
        task = RemoteTask(self.path.name, request.model, at)
        try:
            _write_request(draft, request, at)
            if not abandoned.is_set():
                self._settle(draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return self.task() or task

    def _settle(self, draft: Path) -> None:
        try:
            draft.rename(self.path)
        except OSError as taken:
            # Only a folder with content stands in the way of a folder: the same attempt was accepted meanwhile.
            if taken.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        _sync(self.path.parent)

    def task(self) -> RemoteTask | None:
        """The accepted work, or None when nothing of it is here."""
        try:
            told = json.loads((self.path / "request.json").read_bytes())
        except FileNotFoundError:
            return None
        return RemoteTask(self.path.name, told["model"], datetime.fromisoformat(told["submitted_at"]))

    def request(self) -> VideoRequest:
        """What was asked for."""
        told = json.loads((self.path / "request.json").read_bytes())
        return VideoRequest(
            model=told["model"],
            prompt=told["prompt"],
            duration_seconds=told["duration_seconds"],
            resolution=VideoResolution(told["resolution"]),
            first_frame=_read_picture(self.first, told["first"]),
            last_frame=_read_picture(self.last, told["last"]),
            camera=tuple(CameraCommand(command) for command in told["camera"]),
        )

    def refusal(self) -> str | None:
        """Why there will never be a clip."""
        try:
            return self._refusal.read_text("utf-8")
        except FileNotFoundError:
            return None

    def refuse(self, reason: str) -> None:
        """Keeps why there will never be a clip."""
        _write(self._refusal, reason.encode())

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Whether this caller alone may make the clip; the kernel frees the claim of a process that dies."""
        with (self.path / "lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def open_pipe(self) -> None:
        """A fresh pipe for frames, and no remains of an earlier try."""
        self.clear()
        os.mkfifo(self.pipe, 0o600)

    def keep_clip(self) -> None:
        """Makes the finished part the clip."""
        with self.part.open("rb") as made:
            os.fsync(made.fileno())
        self.part.rename(self.clip)
        _sync(self.path)

    def clear(self) -> None:
        """Removes what is left of a try."""
        self.part.unlink(missing_ok=True)
        self.pipe.unlink(missing_ok=True)

    def remove(self) -> None:
        """Takes the whole work away; work that is not there is no trouble."""
        shutil.rmtree(self.path, ignore_errors=True)


def _write_request(folder: Path, request: VideoRequest, at: datetime) -> None:
    told = {
        "model": request.model,
        "prompt": request.prompt,
        "duration_seconds": request.duration_seconds,
        "resolution": request.resolution,
        "camera": list(request.camera),
        "submitted_at": at.isoformat(),
        "first": _write_picture(folder / "first", request.first_frame),
        "last": _write_picture(folder / "last", request.last_frame),
    }
    _write(folder / "request.json", json.dumps(told).encode())
    _sync(folder)


def _write_picture(path: Path, picture: Picture | None) -> dict[str, str | int] | None:
    if picture is None:
        return None
    _write(path, picture.content)
    return {"type": picture.media_type, "width": picture.width_px, "height": picture.height_px}


def _read_picture(path: Path, told: dict[str, Any] | None) -> Picture | None:
    if told is None:
        return None
    return Picture(path.read_bytes(), MediaType(told["type"]), told["width"], told["height"])


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
