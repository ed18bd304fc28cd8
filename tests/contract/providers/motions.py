"""What an offline camera is asked for, and how its clips are looked at."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.core.process import run
from app.core.sinks import MemorySink
from app.media.tools import find_tools
from app.providers.local.motion import MOTION_MODEL, LocalMotion
from app.providers.local.scenery.composition import painted
from app.providers.values import AttemptKey, CameraCommand, MediaType, Picture
from app.providers.video import Succeeded, VideoRequest, VideoResolution

KEY = AttemptKey("attempt-1")
TOOLS = find_tools()
WIDTH, HEIGHT = 854, 480


def still(prompt: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Picture:
    return Picture(painted(prompt, size, 1), MediaType.PNG, *size)


def dot() -> Picture:
    """A soft dot on grey, whose middle can be measured between pixels."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    light = 40 + 200 * np.exp(-((across - 330) ** 2 + (down - 190) ** 2) / (2 * 9.0**2))
    made = io.BytesIO()
    Image.fromarray(light.astype(np.uint8)).convert("RGB").save(made, "PNG")
    return Picture(made.getvalue(), MediaType.PNG, WIDTH, HEIGHT)


def wish(
    first: Picture,
    last: Picture | None = None,
    *camera: CameraCommand,
    seconds: int = 6,
    resolution: VideoResolution = VideoResolution.P480,
) -> VideoRequest:
    return VideoRequest(MOTION_MODEL, "A boat", seconds, resolution, first, last, camera)


async def made(motion: LocalMotion, request: VideoRequest, key: AttemptKey = KEY) -> bytes:
    done = await motion.poll(await motion.submit(request, key=key))
    assert isinstance(done, Succeeded)
    sink = MemorySink(64 * 1024 * 1024)
    fetched = await motion.fetch(done, sink)
    assert fetched.size_bytes == len(sink.content)
    return sink.content


async def frames(clip: bytes, folder: Path, wanted: str = "1") -> NDArray[np.uint8]:
    """Grey frames of a clip, those for which ffmpeg's expression holds."""
    path = folder / "seen.mp4"
    path.write_bytes(clip)
    choice = ["-vf", f"select='{wanted}',format=gray", "-fps_mode", "passthrough", "-f", "rawvideo", "-"]
    seen = await run([TOOLS.ffmpeg, "-v", "error", "-i", str(path), *choice], timeout_seconds=60)
    return np.frombuffer(seen.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH)


def likeness(one: NDArray[np.uint8], picture: Picture) -> float:
    """Mean structural similarity over blocks of eight by eight."""
    grey = np.asarray(Image.open(io.BytesIO(picture.content)).convert("L"))
    pair = []
    for shown in (one, grey):
        cut = shown[: HEIGHT // 8 * 8, : WIDTH // 8 * 8].astype(np.float64)
        pair.append(cut.reshape(HEIGHT // 8, 8, WIDTH // 8, 8).swapaxes(1, 2).reshape(-1, 64))
    # Video keeps light between 16 and 235; the grey format of ffmpeg has stretched it back.
    (a, b), (mean_a, mean_b) = pair, (pair[0].mean(1), pair[1].mean(1))
    shared = ((a - mean_a[:, None]) * (b - mean_b[:, None])).mean(1)
    upper = (2 * mean_a * mean_b + 6.5) * (2 * shared + 58.5)
    return float((upper / ((mean_a**2 + mean_b**2 + 6.5) * (a.var(1) + b.var(1) + 58.5))).mean())
