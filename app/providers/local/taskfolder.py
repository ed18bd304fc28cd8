"""Accepted clips as folders: a request with its frames, later a clip or the reason why there is none."""

import errno
import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from app.providers.values import MediaType, Picture
from app.providers.video import CameraCommand, RemoteTask, VideoRequest, VideoResolution

__all__ = ["DRAFT", "TaskFolder", "is_task_id"]

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
