"""Slideshows as clips of films, and how little of them is held at once."""

import gc
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from app.core.threads import Threads
from app.media.film import FilmCutter
from app.media.slideshow.planes import Canvas
from app.media.slideshow.rendering import Slideshows
from app.media.slideshow.show import Effect, PictureFit, Plan, Slide, Slideshow
from app.media.slideshow.worker import Slides, draw
from app.media.timeline import Mood, PlacedNarration, Timeline, TimelineSegment
from app.media.tools import Tools
from tests.integration.media.reels import packets, sound, warnings

SMALL = (128, 72)


def gradient(path: Path, turn: int) -> Path:
    Image.linear_gradient("L").rotate(turn).resize((320, 180)).convert("RGB").save(path)
    return path


async def test_slideshows_of_one_size_and_rate_are_copied_into_films(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    clips = []
    for number, effect in enumerate(Effect):
        clips.append(tmp_path / f"{effect}.mp4")
        slide = Slide(gradient(tmp_path / f"{number}.png", 60 * number), Fraction(1), effect)
        await Slideshows(tools, Threads(2)).render(Slideshow((slide,), *SMALL, 30), clips[-1])
    said = PlacedNarration(await sound(tools, tmp_path / "said.mp3", "sine=f=300:d=0.8"))
    segments = tuple(TimelineSegment(clip, Fraction(1), said) for clip in clips)
    report = await film.render(Timeline(segments, music=Mood.CORPORATE), tmp_path / "film.mp4", runtime)
    assert report.is_copied_whole
    assert report.duration_seconds == pytest.approx(len(Effect))
    assert await packets(tools, tmp_path / "film.mp4") == await packets(tools, *clips)
    assert await warnings(tools, tmp_path / "film.mp4") == ""


def test_at_most_two_pictures_are_held_however_many_there_are(tmp_path: Path) -> None:
    paths = tuple(gradient(tmp_path / f"{number}.png", 30 * number) for number in range(7))
    effects = (Effect.ZOOM_IN,) * len(paths)
    plan = Plan(tuple(range(0, 6 * (len(paths) + 1), 6)), effects, 4)
    most = 0
    for frame in draw(plan, Slides(paths, (PictureFit.COVER,) * len(paths), effects, SMALL)):
        assert len(frame) == SMALL[0] * SMALL[1] * 3 // 2
        most = max(most, sum(isinstance(thing, Canvas) for thing in gc.get_objects()))
    assert most == 2
