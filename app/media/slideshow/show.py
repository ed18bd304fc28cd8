"""Pure: a slideshow as a value: pictures, how long and how each shows, narration, size and rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from app.media.errors import SlideshowUnfit
from app.media.slideshow.plan import Effect, Fit, Plan
from app.media.timeline import SAMPLE_RATE

__all__ = ["RATES", "SHORT_SIDES_PX", "Slide", "Slideshow", "evenly", "frame_size"]

RATES = (24, 30, 60)
SHORT_SIDES_PX = (720, 1080, 1440, 2160)
SMALLEST_SIDE_PX, MOST_PIXELS = 64, 5040 * 2160
LONGEST_SECONDS = 3600
MOST_SLIDES = 1000
NARROWEST, WIDEST = Fraction(9, 21), Fraction(21, 9)


@dataclass(frozen=True)
class Slide:
    """One picture, how long it shows and how it moves meanwhile."""

    picture: Path
    duration: Fraction
    effect: Effect = Effect.BASIC_FADE
    fit: Fit = Fit.COVER


@dataclass(frozen=True)
class Slideshow:
    """A whole slideshow; blends of neighbours lie half on either side of their bound and never change its length."""

    slides: tuple[Slide, ...]
    width_px: int
    height_px: int
    frames_per_second: int = 24
    narration: Path | None = None
    fade_seconds: Fraction = Fraction(1, 2)

    def __post_init__(self) -> None:
        """Refuses what cannot be shown, before any work is done."""
        if reason := self._fault():
            raise SlideshowUnfit(facts={"reason": reason})

    @property
    def plan(self) -> Plan:
        """The same in whole frames; bounds are rounded from the sums, so that nothing drifts."""
        rate = self.frames_per_second
        ends = accumulate((slide.duration for slide in self.slides), initial=Fraction(0))
        bounds = tuple(round(moment * rate) for moment in ends)
        return Plan(bounds, tuple(slide.effect for slide in self.slides), round(self.fade_seconds * rate))

    @property
    def sample_count(self) -> int:
        """How long its sound is."""
        return round(Fraction(self.plan.frame_count * SAMPLE_RATE, self.frames_per_second))

    def _fault(self) -> str:
        sides = (self.width_px, self.height_px)
        faults = {
            "slides": not 1 <= len(self.slides) <= MOST_SLIDES,
            "frames_per_second": self.frames_per_second not in RATES,
            "size": min(sides) < SMALLEST_SIDE_PX or any(side % 2 for side in sides),
            "pixels": self.width_px * self.height_px > MOST_PIXELS,
            "fade_seconds": self.fade_seconds < 0,
            "slide_duration": any(slide.duration * self.frames_per_second < 1 for slide in self.slides),
            "duration": sum(slide.duration for slide in self.slides) > LONGEST_SECONDS,
        }
        return next((name for name, found in faults.items() if found), "")


def frame_size(short_side_px: int, shape: Fraction) -> tuple[int, int]:
    """The even size of frames with that short side and that shape, width over height."""
    if short_side_px not in SHORT_SIDES_PX or not NARROWEST <= shape <= WIDEST:
        raise SlideshowUnfit(facts={"reason": "size"})
    long_side = round(short_side_px * max(shape, 1 / shape) / 2) * 2
    return (long_side, short_side_px) if shape >= 1 else (short_side_px, long_side)


def evenly(pictures: Sequence[Path], duration: Fraction, effect: Effect, fit: Fit = Fit.COVER) -> tuple[Slide, ...]:
    """Pictures that share a duration, such as that of their narration, in equal parts."""
    return tuple(Slide(picture, duration / len(pictures), effect, fit) for picture in pictures)
