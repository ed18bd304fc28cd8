"""Draws pictures and the frames of clips in a child process, so that their memory and time are not the service's."""

import io
import json
import sys
from collections.abc import Iterator
from fcntl import fcntl
from itertools import chain
from pathlib import Path
from typing import Any

from PIL import Image

from app.providers.local.frames import clip_frames
from app.providers.local.scenery.composition import before_of, painted
from app.providers.local.scenery.painting import ReferenceUnreadable
from app.providers.values import CameraCommand

UNREADABLE = 3
# Linux: F_SETPIPE_SZ; a larger pipe spares thousands of switches between the two programs.
SET_PIPE_SIZE, PIPE_BYTES = 1031, 1024 * 1024
BROKEN = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


def main() -> int:
    """Reads an order, a line of JSON and perhaps a picture, from standard input and carries it out."""
    order, reference = json.loads(sys.stdin.buffer.readline()), sys.stdin.buffer.read()
    try:
        if "pipe" in order:
            _pour(_frames(order), Path(order["pipe"]))
        else:
            sys.stdout.buffer.write(_pictures(order, reference))
    except ReferenceUnreadable:
        return UNREADABLE
    return 0


def _pictures(order: dict[str, Any], reference: bytes) -> bytes:
    """Each picture behind its size in bytes, a line of text."""
    before = before_of(reference) if reference else None
    width, height = order["size"]
    made = io.BytesIO()
    for seed in order["seeds"]:
        content = painted(order["prompt"], (width, height), seed, before)
        made.write(b"%d\n%b" % (len(content), content))
    return made.getvalue()


def _frames(order: dict[str, Any]) -> Iterator[bytes]:
    """The frames of a clip; the first is made at once, which opens every picture."""
    camera = tuple(CameraCommand(command) for command in order["camera"])
    width, height = order["size"]
    try:
        first, last = (None if path is None else Path(path).read_bytes() for path in (order["first"], order["last"]))
        frames = clip_frames(first or b"", last, (width, height), order["count"], camera)
        return chain([next(frames)], frames)
    except BROKEN as broken:
        raise ReferenceUnreadable from broken


def _pour(frames: Iterator[bytes], into: Path) -> None:
    """Writes frames until they end or nobody reads any more; the encoder's exit code tells which it was."""
    try:
        with into.open("wb", buffering=0) as pipe:
            fcntl(pipe, SET_PIPE_SIZE, PIPE_BYTES)
            for frame in frames:
                rest = memoryview(frame)
                while rest:
                    rest = rest[pipe.write(rest) :]
    except BrokenPipeError:
        return
