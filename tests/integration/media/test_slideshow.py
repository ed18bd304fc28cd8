"""Slideshows by the real ffmpeg, looked at frame by frame."""

import asyncio
import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.core.threads import Threads
from app.media.errors import SlideUnreadable, ToolFailed, UnsupportedMedia
from app.media.slideshow.rendering import Slideshows
from app.media.slideshow.show import Effect, PictureFit, Slide, Slideshow, box_of, evenly, move_of
from app.media.tools import Tools
from tests.integration.media.reels import frames, left_channel, left_in, packets, ran, sound, warnings

SMALL = (128, 72)
JITTER_PX = 0.4


@pytest.fixture
def slideshows(tools: Tools) -> Slideshows:
    return Slideshows(tools, Threads(2))


def flat(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (160, 90)) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


def spotted(path: Path, size: tuple[int, int], spots: Iterable[tuple[float, float]], sigma: float) -> Path:
    """Soft bright spots on grey; their middles are given in parts of the sides."""
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    light = np.full((size[1], size[0]), 60.0)
    for across, down in spots:
        square = (columns + 0.5 - across * size[0]) ** 2 + (rows + 0.5 - down * size[1]) ** 2
        light += 150 * np.exp(-square / (2 * sigma**2))
    Image.fromarray(light.clip(0, 255).round().astype(np.uint8)).convert("RGB").save(path)
    return path


async def luma(tools: Tools, path: Path, size: tuple[int, int]) -> NDArray[np.float64]:
    raw = await ran(tools, "-i", str(path), "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    return np.frombuffer(raw, np.uint8).reshape(-1, size[1], size[0]).astype(np.float64)


def middle(frame: NDArray[np.float64], near: tuple[float, float], reach: int) -> tuple[float, float]:
    """The centre of a spot to a part of a pixel, taken where its edges lie evenly about it."""
    across, down = near
    for _ in range(3):
        left, top = round(across) - reach, round(down) - reach
        window = frame[top : top + 2 * reach, left : left + 2 * reach]
        weight = (window - window.min() - 8).clip(0)
        rows, columns = np.mgrid[top : top + 2 * reach, left : left + 2 * reach]
        total = weight.sum()
        across = float(((columns + 0.5) * weight).sum() / total)
        down = float(((rows + 0.5) * weight).sum() / total)
    return across, down


def ideal(
    spot: tuple[float, float], box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float]:
    """Where a spot lies in a frame that shows this box of the unit square."""
    left, top, right, bottom = box
    return (spot[0] - left) / (right - left) * size[0], (spot[1] - top) / (bottom - top) * size[1]


SPOTS = ((0.3, 0.35), (0.7, 0.3), (0.5, 0.5), (0.32, 0.7), (0.68, 0.66))


def worst_jitter(seen: NDArray[np.float64], effect: Effect, size: tuple[int, int], reach: int) -> float:
    """The largest distance of any spot in any frame from where the move would have it, all offsets included."""
    worst = 0.0
    for number, frame in enumerate(seen):
        box = box_of(move_of(effect, 0).at(number / (len(seen) - 1)), (1, 1))
        for spot in SPOTS:
            wanted = ideal(spot, box, size)
            worst = max(worst, math.dist(wanted, middle(frame, wanted, reach)))
    return worst


@pytest.mark.parametrize("effect", [Effect.KEN_BURNS, Effect.ZOOM_IN, Effect.SLIDE_LEFT])
async def test_slow_motion_does_not_tremble(
    slideshows: Slideshows, tools: Tools, tmp_path: Path, effect: Effect
) -> None:
    size = (640, 360)
    picture = spotted(tmp_path / "a.png", (1280, 720), SPOTS, 12)
    show = Slideshow((Slide(picture, Fraction(3), effect),), *size)
    await slideshows.render(show, tmp_path / "a.mp4")
    jitter = worst_jitter(await luma(tools, tmp_path / "a.mp4", size), effect, size, 28)
    assert jitter < JITTER_PX


def test_the_measure_of_jitter_sees_views_of_whole_pixels() -> None:
    size, effect = (640, 360), Effect.KEN_BURNS
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    seen = []
    for number in range(24):
        box = box_of(move_of(effect, 0).at(number / 23), size)
        whole = tuple(map(round, box))
        unit = (whole[0] / size[0], whole[1] / size[1], whole[2] / size[0], whole[3] / size[1])
        frame = np.full((size[1], size[0]), 60.0)
        for spot in SPOTS:
            across, down = ideal(spot, unit, size)
            frame += 150 * np.exp(-((columns + 0.5 - across) ** 2 + (rows + 0.5 - down) ** 2) / 128)
        seen.append(frame)
    assert worst_jitter(np.stack(seen), effect, size, 28) > JITTER_PX


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("rate", [24, 30, 60])
async def test_every_effect_makes_each_frame_at_each_rate(
    slideshows: Slideshows, tools: Tools, tmp_path: Path, effect: Effect, rate: int
) -> None:
    pictures = [flat(tmp_path / "a.png", (200, 40, 40)), flat(tmp_path / "b.png", (40, 40, 200))]
    show = Slideshow(evenly(pictures, Fraction(2), effect), *SMALL, rate)
    made = await slideshows.render(show, tmp_path / "show.mp4")
    seen = await frames(tools, tmp_path / "show.mp4")
    assert made.frame_count == len(seen) == 2 * rate
    assert made.duration_seconds == pytest.approx(2)
    assert seen[rate // 2] == pytest.approx((200, 40, 40), abs=6)
    assert seen[rate + rate // 3] == pytest.approx((40, 40, 200), abs=6)
    assert seen[rate][0] == pytest.approx(120, abs=16)
    assert left_in(tmp_path) == {".png", ".mp4"}


async def test_the_picture_moves_from_frame_to_frame(slideshows: Slideshows, tools: Tools, tmp_path: Path) -> None:
    picture = spotted(tmp_path / "a.png", (320, 180), SPOTS, 6)
    show = Slideshow((Slide(picture, Fraction(1), Effect.KEN_BURNS),), *SMALL)
    await slideshows.render(show, tmp_path / "a.mp4")
    seen = await luma(tools, tmp_path / "a.mp4", SMALL)
    assert all(np.abs(before - after).max() > 2 for before, after in pairwise(seen))


async def test_narration_begins_with_the_pictures_and_is_cut_or_padded_to_their_length(
    slideshows: Slideshows, tools: Tools, tmp_path: Path
) -> None:
    picture = flat(tmp_path / "a.png", (90, 90, 90))
    for seconds in (0.5, 3.0):
        tone = await sound(tools, tmp_path / f"{seconds}.mp3", f"sine=f=440:r=22050:d={seconds}")
        show = Slideshow((Slide(picture, Fraction(1)),), *SMALL, 30, narration=tone)
        await slideshows.render(show, tmp_path / "a.mp4")
        heard = np.abs(np.array(await left_channel(tools, tmp_path / "a.mp4"))[:48_000].astype(int))
        assert len(heard) == 48_000
        assert heard[480:2400].max() > 2000
        assert bool(heard[30_000:].max() > 2000) is (seconds > 1)
        assert await warnings(tools, tmp_path / "a.mp4") == ""


async def test_progress_grows_to_the_whole(slideshows: Slideshows, tmp_path: Path) -> None:
    told: list[float] = []
    show = Slideshow((Slide(flat(tmp_path / "a.png", (9, 9, 9)), Fraction(1)),), *SMALL)
    await slideshows.render(show, tmp_path / "a.mp4", told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


async def test_a_picture_of_another_shape_fills_the_frame_or_stands_whole_before_its_own_blur(
    slideshows: Slideshows, tools: Tools, tmp_path: Path
) -> None:
    tall = Image.new("RGB", (90, 160), (30, 30, 200))
    tall.paste((220, 30, 30), (0, 0, 90, 20))
    tall.save(tmp_path / "tall.png")
    looks = {}
    for fit in PictureFit:
        show = Slideshow((Slide(tmp_path / "tall.png", Fraction(1), Effect.ZOOM_OUT, fit),), *SMALL)
        await slideshows.render(show, tmp_path / "a.mp4")
        shown = ("-frames:v", "1", "-update", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
        raw = await ran(tools, "-i", str(tmp_path / "a.mp4"), "-vf", "select=eq(n\\,23)", *shown)
        looks[fit] = np.frombuffer(raw, np.uint8).reshape(72, 128, 3).astype(int)
    assert looks[PictureFit.COVER][2, 64] == pytest.approx([30, 30, 200], abs=12)
    assert looks[PictureFit.WHOLE][2, 64] == pytest.approx([220, 30, 30], abs=25)
    assert 0 < looks[PictureFit.WHOLE][36, 4][2] < 150


async def test_the_same_slideshow_is_the_same_bytes(slideshows: Slideshows, tools: Tools, tmp_path: Path) -> None:
    picture = spotted(tmp_path / "a.png", (320, 180), SPOTS, 6)
    show = Slideshow((Slide(picture, Fraction(1), Effect.KEN_BURNS),), *SMALL)
    for name in ("a.mp4", "b.mp4"):
        await slideshows.render(show, tmp_path / name)
    assert await packets(tools, tmp_path / "a.mp4") == await packets(tools, tmp_path / "b.mp4")


async def test_a_damaged_picture_is_named_and_nothing_stays_behind(slideshows: Slideshows, tmp_path: Path) -> None:
    whole = flat(tmp_path / "a.png", (90, 90, 90))
    noise = np.random.default_rng(5).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "b.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:5000])
    show = Slideshow(evenly([whole, tmp_path / "b.png"], Fraction(2), Effect.ZOOM_IN), *SMALL)
    with pytest.raises(SlideUnreadable) as caught:
        await slideshows.render(show, tmp_path / "a.mp4")
    assert caught.value.facts == {"slide": 1}
    assert left_in(tmp_path) == {".png"}


async def test_what_is_no_picture_is_refused_before_anything_runs(slideshows: Slideshows, tmp_path: Path) -> None:
    (tmp_path / "list.png").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    show = Slideshow((Slide(tmp_path / "list.png", Fraction(1)),), *SMALL)
    with pytest.raises(UnsupportedMedia):
        await slideshows.render(show, tmp_path / "a.mp4")


async def test_a_tool_that_fails_ends_the_drawing_too(tmp_path: Path) -> None:
    show = Slideshow((Slide(flat(tmp_path / "a.png", (9, 9, 9)), Fraction(1)),), *SMALL)
    async with asyncio.timeout(20):
        with pytest.raises(ToolFailed):
            await Slideshows(Tools("false"), Threads(2)).render(show, tmp_path / "a.mp4")
    assert left_in(tmp_path) == {".png"}


async def test_a_cancelled_slideshow_leaves_nothing_behind(slideshows: Slideshows, tmp_path: Path) -> None:
    picture = spotted(tmp_path / "a.png", (320, 180), SPOTS, 6)
    show = Slideshow((Slide(picture, Fraction(3000), Effect.KEN_BURNS),), *SMALL)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await slideshows.render(show, tmp_path / "a.mp4")
    assert left_in(tmp_path) == {".png"}
