"""Tiny clips and recordings made by the real ffmpeg, and readers of what came out."""

import hashlib
import struct
from array import array
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from app.media.timeline import SAMPLE_RATE
from app.media.tools import Tools

ENCODER = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "24")


async def ran(tools: Tools, *arguments: str) -> bytes:
    done = await tools.run(["-y", "-v", "error", *arguments], timeout_seconds=60)
    assert done.succeeded, done.stderr_tail
    return done.stdout


async def clip(tools: Tools, path: Path, source: str = "color=red:s=128x72:r=24:d=1", *options: str) -> Path:
    """A clip of a lavfi source; options replace the usual encoder's when they name one."""
    await ran(tools, "-f", "lavfi", "-i", source, *ENCODER, *options, str(path))
    return path


async def flash(tools: Tools, path: Path, rate: str, frames: int) -> Path:
    """A clip whose first frame is white and whose others are black."""
    source = f"color=black:s=64x64:r={rate},geq=lum='if(eq(N,0),235,16)':cb=128:cr=128"
    await ran(tools, "-f", "lavfi", "-i", source, *ENCODER, "-bf", "2", "-frames:v", str(frames), str(path))
    return path


async def sound(tools: Tools, path: Path, source: str, *options: str) -> Path:
    await ran(tools, "-f", "lavfi", "-i", source, *options, str(path))
    return path


def click(path: Path, rate: int, offset_seconds: float, seconds: float = 0.4) -> Path:
    """A recording of silence with one short burst in it, written byte by byte."""
    samples = array("h", bytes(2 * int(rate * seconds)))
    begin = round(rate * offset_seconds)
    for number, height in enumerate((12000, 28000, 12000)):
        samples[begin + number] = height
    head = struct.pack(
        "<4sI8sIHHIIHH4sI",
        b"RIFF",
        36 + 2 * len(samples),
        b"WAVEfmt ",
        16,
        1,
        1,
        rate,
        2 * rate,
        2,
        16,
        b"data",
        2 * len(samples),
    )
    path.write_bytes(head + samples.tobytes())
    return path


async def packets(tools: Tools, *paths: Path) -> str:
    """One digest over the video packets of files, one after another."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(await ran(tools, "-i", str(path), "-map", "0:v:0", "-c", "copy", "-f", "data", "-"))
    return digest.hexdigest()


async def warnings(tools: Tools, path: Path) -> str:
    """What ffmpeg says against a file while it decodes all of it."""
    done = await tools.run(
        ["-v", "warning", "-i", str(path), "-map", "0:v", "-map", "0:a?", "-f", "null", "-"], timeout_seconds=60
    )
    assert done.succeeded
    return done.stderr_tail


async def frames(tools: Tools, path: Path) -> list[tuple[int, int, int]]:
    """The mean colour of every frame."""
    raw = await ran(
        tools,
        "-i",
        str(path),
        "-map",
        "0:v:0",
        "-fps_mode",
        "passthrough",
        "-vf",
        "scale=1:1:flags=area,format=rgb24",
        "-f",
        "rawvideo",
        "-",
    )
    return [(raw[at], raw[at + 1], raw[at + 2]) for at in range(0, len(raw), 3)]


async def frame_moments(tools: Tools, path: Path) -> list[Fraction]:
    """When each frame is shown, in seconds, in the order of showing."""
    lines = (await ran(tools, "-i", str(path), "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "-")).decode()
    base = next(line.split(":")[1] for line in lines.splitlines() if line.startswith("#tb 0"))
    rows = [line.split(",") for line in lines.splitlines() if line and not line.startswith("#")]
    return sorted(int(row[2]) * Fraction(base.strip()) for row in rows)


async def left_channel(tools: Tools, path: Path) -> Sequence[int]:
    """What is heard on the left, as whole samples at the rate of films."""
    raw = await ran(tools, "-i", str(path), "-map", "0:a:0", "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", "-")
    return array("h", raw)


def loudest(samples: Sequence[int], begin: int, end: int) -> int:
    """Where the strongest sample of a stretch lies."""
    return max(range(begin, min(end, len(samples))), key=lambda at: abs(samples[at]))


def left_in(folder: Path) -> set[str]:
    """The endings of the files in a folder."""
    return {path.suffix for path in folder.iterdir()}


def files_in(folder: Path) -> list[Path]:
    """The files of a folder by name."""
    return sorted(folder.iterdir())
