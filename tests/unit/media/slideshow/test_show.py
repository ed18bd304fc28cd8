"""What can be a slideshow."""

from fractions import Fraction
from pathlib import Path

import pytest

from app.media.errors import SlideshowUnfit
from app.media.slideshow.show import Effect, Slide, Slideshow, evenly, frame_size

PICTURE = Path("a.png")
ONE = (Slide(PICTURE, Fraction(2)),)


def refused(slides: tuple[Slide, ...] = ONE, size: tuple[int, int] = (1280, 720), rate: int = 24) -> str:
    with pytest.raises(SlideshowUnfit) as caught:
        Slideshow(slides, *size, rate)
    return str(caught.value.facts["reason"])


def test_what_cannot_be_shown_is_refused_with_its_reason() -> None:
    assert refused(()) == "slides"
    assert refused(ONE * 1001) == "slides"
    assert refused(rate=25) == "frames_per_second"
    assert refused(size=(1281, 720)) == "size"
    assert refused(size=(62, 720)) == "size"
    assert refused(size=(8000, 4000)) == "pixels"
    assert refused((Slide(PICTURE, Fraction(1, 100)),)) == "slide_duration"
    assert refused((Slide(PICTURE, Fraction(3601)),)) == "duration"
    with pytest.raises(SlideshowUnfit):
        Slideshow(ONE, 1280, 720, fade_seconds=Fraction(-1))


@pytest.mark.parametrize(
    ("short_side", "shape", "size"),
    [
        (720, Fraction(16, 9), (1280, 720)),
        (1080, Fraction(9, 16), (1080, 1920)),
        (1440, Fraction(1), (1440, 1440)),
        (2160, Fraction(21, 9), (5040, 2160)),
        (720, Fraction(4, 5), (720, 900)),
    ],
)
def test_the_short_side_and_the_shape_give_the_size(short_side: int, shape: Fraction, size: tuple[int, int]) -> None:
    assert frame_size(short_side, shape) == size
    assert Slideshow(ONE, *size).plan.frame_count == 48


@pytest.mark.parametrize(("short_side", "shape"), [(700, Fraction(1)), (720, Fraction(3)), (720, Fraction(1, 3))])
def test_other_sizes_are_refused(short_side: int, shape: Fraction) -> None:
    with pytest.raises(SlideshowUnfit):
        frame_size(short_side, shape)


def test_bounds_do_not_drift_however_odd_the_durations_are() -> None:
    slides = evenly([PICTURE] * 7, Fraction(100, 3), Effect.KEN_BURNS)
    bounds = Slideshow(slides, 1280, 720, 30).plan.bounds
    assert bounds[-1] == 1000
    assert all(abs(bound - 1000 * number / 7) <= 0.5 for number, bound in enumerate(bounds))


def test_sound_is_as_long_as_the_pictures_to_the_sample() -> None:
    show = Slideshow((Slide(PICTURE, Fraction("1.01")),), 1280, 720)
    assert show.plan.frame_count == 24
    assert show.sample_count == 48_000
