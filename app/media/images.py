"""Pictures: judged by their header, then decoded and re-encoded in a child with a memory limit."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.core import process
from app.core.fairness import FairLimiter
from app.core.process import Finished, Limits, ProcessFailed, ProcessTimedOut
from app.core.threads import Threads
from app.media.errors import (
    MediaTooLarge,
    PictureTooSmall,
    PictureUnfit,
    ToolFailed,
    ToolTimedOut,
    UnreadableMedia,
    UnsupportedMedia,
)
from app.media.sniff import FileKind, picture_size, sniff

COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("picture_worker.py")))
LIMITS = Limits(memory_bytes=1536 * 1024**2, cpu_seconds=20, file_bytes=256 * 1024**2, open_files=32)
TIMEOUT_SECONDS = 30.0
AT_ONCE = 2
# A JPEG says its size after its metadata, which may fill several segments of 64 KB.
HEADER_BYTES = 1024 * 1024
UNREADABLE, TOO_LARGE, TOO_INTRICATE = 3, 4, 5
INTRICATE = "The picture is made of too many parts or passes. Open it in a picture program and save it as a plain file."


class PictureFormat(StrEnum):
    """How a picture is written."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WEBP"


FORMAT_OF = {FileKind.PNG: PictureFormat.PNG, FileKind.JPEG: PictureFormat.JPEG, FileKind.WEBP: PictureFormat.WEBP}


@dataclass(frozen=True)
class PictureLimits:
    """What a picture must be like before it is decoded."""

    max_pixels: int = 40_000_000
    max_side_px: int = 8192
    short_side_over_px: int = 0
    narrowest: float = 0.0
    widest: float = float("inf")


ANY_PICTURE = PictureLimits()
FRAME_PICTURE = PictureLimits(short_side_over_px=300, narrowest=2 / 5, widest=5 / 2)


@dataclass(frozen=True)
class PictureFacts:
    """What a picture is."""

    kind: FileKind
    width_px: int
    height_px: int


@dataclass(frozen=True)
class PictureOutput:
    """One file to make of a picture: whole, fitted into a box, a centred square, or cropped to a size."""

    path: Path
    format: PictureFormat
    longest_side_px: int | None = None
    square_px: int | None = None
    cropped_px: tuple[int, int] | None = None


class Pictures:
    """Reads and writes pictures; a few at a time, because each child may use much memory.

    With `keeps_one_ready` a child waits for the next picture, and whoever built this closes it.
    """

    def __init__(self, threads: Threads, *, keeps_one_ready: bool = False) -> None:
        self._threads = threads
        self._ready = process.WarmProgram(COMMAND, LIMITS) if keeps_one_ready else None
        self._turns = FairLimiter(AT_ONCE)

    async def judge(self, path: Path, rules: PictureLimits = ANY_PICTURE) -> PictureFacts:
        """The facts of a file that its header and the rules let pass."""
        return await self._threads.run(judged, path, rules)

    async def clean(self, path: Path, target: Path, rules: PictureLimits = ANY_PICTURE) -> PictureFacts:
        """Judges, decodes wholly and writes again: upright, without metadata, without anything hidden behind it."""
        facts = await self.judge(path, rules)
        width, height = await self.make(path, [PictureOutput(target, FORMAT_OF[facts.kind])])
        return PictureFacts(facts.kind, width, height)

    async def make(self, path: Path, outputs: Sequence[PictureOutput]) -> tuple[int, int]:
        """Writes outputs of a picture; gives the upright size of the original."""
        order = _order(path, outputs)
        async with self._turns.turn():
            try:
                done = await self._made(order)
            except ProcessTimedOut as late:
                raise ToolTimedOut from late
            except ProcessFailed as fault:
                raise ToolFailed from fault
        if done.exit_code == TOO_LARGE:
            raise MediaTooLarge
        if done.exit_code == TOO_INTRICATE:
            raise UnreadableMedia(INTRICATE)
        if done.exit_code == UNREADABLE:
            raise UnreadableMedia
        if not done.succeeded:
            raise ToolFailed
        size = json.loads(done.stdout)
        return int(size["width"]), int(size["height"])

    async def close(self) -> None:
        """Ends the child that waits."""
        if self._ready is not None:
            await self._ready.close()

    async def _made(self, order: bytes) -> Finished:
        if self._ready is not None:
            return await self._ready.run(order, timeout_seconds=TIMEOUT_SECONDS)
        return await process.run(COMMAND, timeout_seconds=TIMEOUT_SECONDS, limits=LIMITS, stdin=order)


def judged(path: Path, rules: PictureLimits) -> PictureFacts:
    """What the header says, or why the picture is refused; nothing is decoded."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    kind = sniff(head[:64])
    if kind is None or not kind.is_picture:
        raise UnsupportedMedia
    size = picture_size(kind, head)
    if size is None or min(size) <= 0:
        raise UnreadableMedia
    width, height = size
    if width * height > rules.max_pixels or max(size) > rules.max_side_px:
        raise MediaTooLarge(facts={"width": width, "height": height})
    if min(size) <= rules.short_side_over_px:
        raise PictureTooSmall(facts={"width": width, "height": height})
    if not rules.narrowest <= width / height <= rules.widest:
        raise PictureUnfit(facts={"width": width, "height": height})
    return PictureFacts(kind, width, height)


def _order(path: Path, outputs: Sequence[PictureOutput]) -> bytes:
    wanted = [
        {
            "path": str(output.path.absolute()),
            "format": output.format.value,
            "longest_side": output.longest_side_px,
            "square": output.square_px,
            "cropped": output.cropped_px,
        }
        for output in outputs
    ]
    return json.dumps({"path": str(path.absolute()), "outputs": wanted}).encode()
