"""Clips between pictures of ours: their layers move, nothing is seen twice, and both ends are met."""

import io
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.core.fairness import FairLimiter
from app.core.process import run
from app.core.threads import Threads
from app.providers.local.frames import FOREIGN_LIKENESS, clip_frames, difference
from app.providers.local.motion import LocalMotion
from app.providers.local.scenery.composition import before_of, composed, painted
from app.providers.local.scenery.layers import VIDEO
from app.providers.local.scenery.painting import kept_painting, png_of
from app.providers.values import CameraCommand, MediaType, Picture
from app.providers.video import VideoResolution
from tests.contract.providers.motions import HEIGHT, TOOLS, WIDTH, likeness, made, still, wish
from tests.doubles.clock import FrozenClock

SIZE = (WIDTH, HEIGHT)
LIKE = 0.95
# The brief of the painter: drawing and encoding together; a shared machine is slower than it counts.
MOST_CPU_PER_SECOND = 3.0
GENEROUS = 2.0
SMALLER = 4
LEAST_SPOTS = 12


@pytest.fixture
def threads() -> Iterator[Threads]:
    pool = Threads(4)
    yield pool
    pool.close()


@pytest.fixture
def motion(tmp_path: Path, threads: Threads, clock: FrozenClock) -> LocalMotion:
    return LocalMotion(TOOLS.ffmpeg, tmp_path / "clips", threads, clock, processors=FairLimiter(2))


def following(prompt: str, before: Picture) -> Picture:
    return Picture(painted(prompt, SIZE, 1, before_of(before.content)), MediaType.PNG, *SIZE)


async def coloured_frames(clip: bytes, folder: Path) -> NDArray[np.uint8]:
    """Every sixth frame in colour."""
    path = folder / "seen.mp4"
    path.write_bytes(clip)
    choice = ["-vf", "select='not(mod(n,6))',format=rgb24", "-fps_mode", "passthrough", "-f", "rawvideo", "-"]
    seen = await run([TOOLS.ffmpeg, "-v", "error", "-i", str(path), *choice], timeout_seconds=60)
    return np.frombuffer(seen.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def green_things(frame: NDArray[np.uint8]) -> int:
    """How many connected spots of strong green a frame has; a tip seen behind another thing is no second one."""
    red, green, blue = (frame[::SMALLER, ::SMALLER, part].astype(int) for part in range(3))
    spots = set(zip(*np.nonzero((green > red + 45) & (green > blue + 25)), strict=True))
    sizes = [0]
    while spots:
        todo, size = [spots.pop()], 1
        while todo:
            row, column = todo.pop()
            near = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & spots
            spots -= near
            size += len(near)
            todo += near
        sizes.append(size)
    return sum(size >= max(LEAST_SPOTS, max(sizes) / 4) for size in sizes)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("a dragon in the desert at noon", "a dragon and a horse in the desert at noon"),
        ("a dragon in the desert at noon", "a dragon in the desert at sunset, a car, a horse"),
        ("a dragon in the desert at noon", "a dragon and a horse in the mountains at noon in the snow"),
    ],
)
async def test_no_frame_shows_one_thing_twice(motion: LocalMotion, tmp_path: Path, first: str, last: str) -> None:
    opening = still(first)
    clip = await made(motion, wish(opening, following(last, opening), CameraCommand.PAN_RIGHT))
    seen = await coloured_frames(clip, tmp_path)
    assert len(seen) == 24
    assert [green_things(frame) for frame in seen] == [1] * 24


@pytest.mark.parametrize("place", ["on the sea at night in the rain", "in the forest in the fog", "in a room at dawn"])
def test_a_clip_of_layers_begins_and_ends_with_its_pictures(place: str) -> None:
    first = still("a horse and a dog in the mountains at sunset in the snow")
    last = following(f"a dog and a cat {place}", first)
    frames = list(clip_frames(first.content, last.content, SIZE, 48, (CameraCommand.PUSH_IN,)))
    for frame, picture in ((frames[0], first), (frames[-1], last)):
        light = np.frombuffer(frame[: WIDTH * HEIGHT], np.uint8).reshape(HEIGHT, WIDTH).astype(float)
        shown = np.clip((light - 16) * 255 / 219, 0, 255).astype(np.uint8)
        assert likeness(shown, picture) > LIKE
    # Every drawing is held for two frames; the first and the last one are seen once.
    assert len({frame[: WIDTH * HEIGHT] for frame in frames}) == 25


def test_a_lone_picture_lives_on() -> None:
    first = still("a boat on the sea at noon")
    frames = list(clip_frames(first.content, None, SIZE, 24, (CameraCommand.STATIC_SHOT,)))
    assert len(set(frames)) == 13


def test_a_picture_that_does_not_look_as_it_says_is_foreign() -> None:
    painting = kept_painting(still("a boat on the sea at noon").content)
    assert painting is not None
    other = Image.open(io.BytesIO(still("a boat on the sea at night").content))
    forged = png_of(other, painting)
    assert kept_painting(forged) == painting
    assert difference(composed(painting, VIDEO), forged) > 3 * FOREIGN_LIKENESS
    frames = list(clip_frames(forged, None, SIZE, 3, (CameraCommand.STATIC_SHOT,)))
    assert len(set(frames)) == 1


@pytest.mark.parametrize("look", ["", "watercolor", "cartoon", "cinematic", "noir"])
def test_a_picture_of_ours_looks_as_it_says(look: str) -> None:
    picture = still(f"a horse and a church in the forest at night, {look}")
    painting = kept_painting(picture.content)
    assert painting is not None
    assert difference(composed(painting, VIDEO), picture.content) < FOREIGN_LIKENESS / 2


async def test_the_cost_of_a_second_of_film(motion: LocalMotion) -> None:
    """Run with -s: prints the CPU seconds for one second of film at 768p, drawing and encoding together."""
    size = (1366, 768)
    first = Picture(painted("a ship and a bird on the sea at dawn", size, 1), MediaType.PNG, *size)
    content = painted("a ship, a bird and a horse on the sea in the rain at night", size, 1, before_of(first.content))
    request = wish(
        first, Picture(content, MediaType.PNG, *size), CameraCommand.PAN_RIGHT, resolution=VideoResolution.P768
    )
    begun = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    await made(motion, request)
    cost = (sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - begun) / 6
    print(f"{cost:.2f} CPU seconds for a second of film at 768p")
    assert cost < MOST_CPU_PER_SECOND * GENEROUS
