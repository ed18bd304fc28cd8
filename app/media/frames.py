"""Pictures taken from films: the last frame, the first one that can be seen, thumbnails and contact sheets."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.threads import Threads
from app.media.errors import ToolFailed, ToolTimedOut, UnreadableMedia
from app.media.sniff import HEAD_BYTES, FileKind, sniff
from app.media.tools import Tools, file_address, guarded_input

LAST_FRAME_TIMEOUT_SECONDS = 60.0
# All pictures of a tail are held in memory to turn it round, so it is short; sparse clips need a longer one.
TAILS_SECONDS = (1.0, 4.0)


class LastPictures:
    """Takes pictures from clips of this machine."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def extract(self, clip: Path, duration_seconds: float, target: Path) -> None:
        """Writes the last picture of an MP4 as PNG; decodes the clip's end, so a broken end is refused here."""
        for tail_seconds in TAILS_SECONDS:
            begin = max(0.0, duration_seconds - tail_seconds)
            if await self._taken(clip, begin, target):
                return
            if begin == 0:
                break
        raise UnreadableMedia

    async def _taken(self, clip: Path, begin_seconds: float, target: Path) -> bool:
        arguments = [
            *("-v", "error", "-xerror", "-ss", f"{begin_seconds:.3f}", *guarded_input(clip, FileKind.MP4)),
            *("-map", "0:v:0", "-vf", "reverse", "-frames:v", "1"),
            *("-pix_fmt", "rgb24", "-c:v", "png", "-f", "image2", "-update", "1", os.fspath(target)),
        ]
        done = await self._tools.run(arguments, timeout_seconds=LAST_FRAME_TIMEOUT_SECONDS)
        return done.succeeded and await self._threads.run(_is_written, target)


def _is_written(target: Path) -> bool:
    return target.is_file() and target.stat().st_size > 0


LIT_FRAME_TIMEOUT_SECONDS: Final = 60.0
# A picture of this mean luma, of 255, can be seen.
LIT_LUMA: Final = 40.0
# A picture that gains this much within the next half second is still fading in.
FADING_GAIN: Final = 1.1
FADE_SECONDS: Final = 0.5
# The beginning is looked at closely; the whole film only where the beginning is dark.
BEGINNING_SECONDS, BEGINNING_RATE, WHOLE_RATE = 8, 8, 1
SMALL_PX: Final = 64
MOMENT: Final = re.compile(r"pts_time:([\d.]+)")
MEAN: Final = re.compile(r"lavfi\.signalstats\.YAVG=([\d.]+)")


@dataclass(frozen=True)
class Luma:
    """How bright the picture at one moment is, 0 to 255."""

    at_seconds: float
    mean: float


def lit_moment(lumas: Sequence[Luma]) -> float | None:
    """When the first fully lit picture is shown; None when there is none."""
    for luma in lumas:
        following = [later.mean for later in lumas if 0 < later.at_seconds - luma.at_seconds <= FADE_SECONDS]
        if luma.mean > LIT_LUMA and max(following, default=0.0) <= FADING_GAIN * luma.mean:
            return luma.at_seconds
    return None


class LitFrames:
    """Measures films of this machine."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def first(self, film: Path) -> float:
        """When the first fully lit picture is shown; the brightest of the film where all are dark."""
        beginning = await self._measured(film, BEGINNING_RATE, "-t", str(BEGINNING_SECONDS))
        found = lit_moment(beginning)
        if found is not None:
            return found
        whole = await self._measured(film, WHOLE_RATE)
        found = lit_moment(whole)
        if found is not None:
            return found
        return max([*beginning, *whole], key=lambda luma: luma.mean, default=Luma(0.0, 0.0)).at_seconds

    async def _measured(self, film: Path, rate: int, *length: str) -> list[Luma]:
        """The brightness of so many pictures a second; none where the film cannot be decoded."""
        chain = (
            f"fps={rate},scale={SMALL_PX}:-2:flags=area,format=gray,signalstats,"
            "metadata=mode=print:key=lavfi.signalstats.YAVG:file=-"
        )
        arguments = [
            *("-v", "error", "-threads", "1", *length, *guarded_input(film, FileKind.MP4), "-map", "0:v:0"),
            *("-vf", chain, "-f", "null", "-"),
        ]
        done = await self._tools.run(arguments, timeout_seconds=LIT_FRAME_TIMEOUT_SECONDS)
        text = done.stdout.decode(errors="replace") if done.succeeded else ""
        pairs = zip(MOMENT.findall(text), MEAN.findall(text), strict=False)
        return [Luma(float(moment), float(mean)) for moment, mean in pairs]


THUMBNAIL_TIMEOUT_SECONDS = 20.0
LONG_SIDE_PX = 480
PLAIN_SIZE = (480, 270)


class Thumbnails:
    """Draws them on this machine."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads
        self._lit_frames = LitFrames(tools)

    async def draw(self, film: Path, into: Path) -> bool:
        """Writes the first frame of a film that can be seen as JPEG; says whether there was one to be read."""
        scale = f"scale={LONG_SIDE_PX}:{LONG_SIDE_PX}:force_original_aspect_ratio=decrease:force_divisible_by=2"
        try:
            begin = await self._lit_frames.first(film)
            source = ["-ss", f"{begin:.3f}", *guarded_input(film, FileKind.MP4), "-map", "0:v:0", "-vf", scale]
            return await self._written(source, into)
        except (ToolFailed, ToolTimedOut):
            return False

    async def paint(self, seed: str, shape: tuple[int, int] | None, into: Path) -> None:
        """Writes a gradient as JPEG, the same for the same seed."""
        width, height = _size(*(shape or PLAIN_SIZE))
        first, second = _colours(seed)
        picture = (
            f"gradients=size={width}x{height}:c0={first}:c1={second}:n=2:x0=0:y0=0:x1={width}:y1={height}:speed=0.00001"
        )
        if not await self._written(["-f", "lavfi", "-i", picture], into):
            raise ToolFailed

    async def _written(self, source: list[str], into: Path) -> bool:
        form = ["-frames:v", "1", "-q:v", "4", "-pix_fmt", "yuvj420p", "-update", "1", "-f", "image2"]
        arguments = ["-y", "-v", "error", *source, *form, file_address(into)]
        done = await self._tools.run(arguments, timeout_seconds=THUMBNAIL_TIMEOUT_SECONDS)
        return done.succeeded and await self._threads.run(_has_bytes, into)


def _size(width: int, height: int) -> tuple[int, int]:
    share = LONG_SIDE_PX / max(width, height)
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def _colours(seed: str) -> tuple[str, str]:
    """Two colours of medium brightness."""
    digest = hashlib.sha256(seed.encode()).digest()
    first, second = (bytes(40 + value % 150 for value in digest[at : at + 3]).hex() for at in (0, 3))
    return f"0x{first}", f"0x{second}"


def _has_bytes(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


CONTACT_SHEET_TIMEOUT_SECONDS = 120.0
COLUMNS = 5
THUMB_PX, WAVE_SIZE, WAVE_COLOUR = 256, "1280x120", "0x3a6ea5"
# A picture counts as the first of its segment when it begins this near to it.
NEAR_SECONDS = 0.002


class ContactSheets:
    """Draws from finished films; only pictures that can be decoded alone are looked at, because they cost little."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def draw(self, film: Path, starts_seconds: Sequence[float], into: Path) -> None:
        """A JPEG of five pictures a row, in the order of the segments."""
        chosen = "+".join(f"lt(abs(t-{start:.6f})\\,{NEAR_SECONDS})" for start in starts_seconds)
        rows = -(-len(starts_seconds) // COLUMNS)
        chain = f"select='{chosen}',scale={THUMB_PX}:-2,tile={COLUMNS}x{rows}:padding=6:color=white"
        await self._run(
            *("-skip_frame", "nokey", *guarded_input(film, FileKind.MP4), "-map", "0:v:0", "-vf", chain),
            *("-frames:v", "1", "-q:v", "4", "-update", "1", "-f", "image2", file_address(into)),
        )
        await self._threads.run(_check, into, FileKind.JPEG)

    async def draw_wave(self, sound: Path, into: Path) -> None:
        """A PNG of the sound's loudness over time."""
        chain = f"showwavespic=s={WAVE_SIZE}:split_channels=0:colors={WAVE_COLOUR}"
        await self._run(
            *(*guarded_input(sound, FileKind.MP4), "-filter_complex", f"[0:a:0]{chain}"),
            *("-frames:v", "1", "-update", "1", "-f", "image2", "-c:v", "png", file_address(into)),
        )
        await self._threads.run(_check, into, FileKind.PNG)

    async def _run(self, *arguments: str) -> None:
        done = await self._tools.run(["-y", "-v", "error", *arguments], timeout_seconds=CONTACT_SHEET_TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed


def _check(picture: Path, kind: FileKind) -> None:
    if not picture.is_file():
        raise ToolFailed
    with picture.open("rb") as file:
        if sniff(file.read(HEAD_BYTES)) is not kind:
            raise ToolFailed
