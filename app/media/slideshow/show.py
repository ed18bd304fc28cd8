"""Pure: a slideshow as a value, the motion of its pictures, and what each frame shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, chain
from pathlib import Path

from app.media.errors import SlideshowUnfit
from app.media.timeline import SAMPLE_RATE

# How the worker ends when a picture of its order does not open.
UNREADABLE = 3


class Effect(StrEnum):
    """How a picture moves while it shows."""

    BASIC_FADE = "basic_fade"
    SLIDE_LEFT = "slide_left"
    SLIDE_RIGHT = "slide_right"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    KEN_BURNS = "ken_burns"


class PictureFit(StrEnum):
    """What becomes of a picture whose shape is not the frame's."""

    COVER = "cover"
    WHOLE = "whole"


@dataclass(frozen=True)
class Layer:
    """One picture in one frame: its share of the light, and the part of its motion that is done."""

    slide: int
    share: float
    at: float


@dataclass(frozen=True)
class Plan:
    """A slideshow in whole frames: slide k shows from bounds[k] to bounds[k + 1], blended over each inner bound."""

    bounds: tuple[int, ...]
    effects: tuple[Effect, ...]
    fade_frames: int

    @property
    def frame_count(self) -> int:
        """How many frames there are in all."""
        return self.bounds[-1]

    def layers(self) -> Iterator[tuple[Layer, ...]]:
        """The layers of every frame in turn; shares that do not sum to one leave the rest black."""
        blends = [self._blend(bound) for bound in range(len(self.bounds))]
        spans = [
            (self.bounds[slide] - blends[slide], self.bounds[slide + 1] + blends[slide + 1])
            for slide in range(len(self.effects))
        ]
        slide = 0
        for frame in range(self.frame_count):
            slide += frame >= self.bounds[slide + 1]
            near = slide if frame < self.bounds[slide] + blends[slide] else slide + 1
            come, light = _come(frame, self.bounds[near], blends[near]), self._light(frame)
            shares = [(near - 1, light * (1 - come)), (near, light * come)]
            yield tuple(Layer(number, share, _part(frame, spans[number])) for number, share in shares if share)

    def _light(self, frame: int) -> float:
        """The light of a frame: the still effect comes from black at the start and goes to black at the end."""
        light = 1.0
        length = min(self.fade_frames, self.frame_count // 2)
        if length and self.effects[0] is Effect.BASIC_FADE:
            light = min(light, (frame + 0.5) / length)
        if length and self.effects[-1] is Effect.BASIC_FADE:
            light = min(light, (self.frame_count - frame - 0.5) / length)
        return light

    def _blend(self, bound: int) -> int:
        """How many frames before and after a bound show both pictures; the outer bounds have one picture only."""
        if bound in {0, len(self.bounds) - 1}:
            return 0
        before, here, after = self.bounds[bound - 1 : bound + 2]
        return min(self.fade_frames, here - before, after - here) // 2


def _come(frame: int, bound: int, half: int) -> float:
    """The share of the picture that comes at a bound."""
    if half == 0:
        return float(frame >= bound)
    return min(1.0, max(0.0, (frame + 0.5 - bound + half) / (2 * half)))


def _part(frame: int, span: tuple[int, int]) -> float:
    begin, end = span
    return (frame - begin) / max(1, end - begin - 1)


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
    fit: PictureFit = PictureFit.COVER


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


def evenly(
    pictures: Sequence[Path], duration: Fraction, effect: Effect, fit: PictureFit = PictureFit.COVER
) -> tuple[Slide, ...]:
    """Pictures that share a duration, such as that of their narration, in equal parts."""
    return tuple(Slide(picture, duration / len(pictures), effect, fit) for picture in pictures)


@dataclass(frozen=True)
class SlideView:
    """A part of a picture: how much nearer than whole, and where its middle lies in parts of the sides."""

    zoom: float = 1.0
    across: float = 0.5
    down: float = 0.5


@dataclass(frozen=True)
class Move:
    """From one view to another; zooming multiplies by the same factor in each frame."""

    begin: SlideView
    end: SlideView

    def at(self, part: float) -> SlideView:
        """The view when that part of the move is done."""
        return SlideView(
            self.begin.zoom * (self.end.zoom / self.begin.zoom) ** part,
            self.begin.across + (self.end.across - self.begin.across) * part,
            self.begin.down + (self.end.down - self.begin.down) * part,
        )


STILL = SlideView()
PANNED, NEAR = 1.12, 1.16
PAN_REACH = (1 - 1 / PANNED) / 2
LEFT_VIEW, RIGHT_VIEW = SlideView(PANNED, 0.5 - PAN_REACH), SlideView(PANNED, 0.5 + PAN_REACH)
# Each move stays inside the picture: the middle is never nearer to an edge than half a view.
KEN_BURNS = (
    Move(SlideView(1.04, 0.485, 0.485), SlideView(1.20, 0.565, 0.555)),
    Move(SlideView(1.20, 0.435, 0.545), SlideView(1.05, 0.515, 0.490)),
    Move(SlideView(1.05, 0.520, 0.510), SlideView(1.20, 0.430, 0.450)),
    Move(SlideView(1.20, 0.570, 0.450), SlideView(1.04, 0.490, 0.510)),
)
MOVES = {
    Effect.BASIC_FADE: (Move(STILL, STILL),),
    # The picture slides to the left when the view goes to the right.
    Effect.SLIDE_LEFT: (Move(LEFT_VIEW, RIGHT_VIEW),),
    Effect.SLIDE_RIGHT: (Move(RIGHT_VIEW, LEFT_VIEW),),
    Effect.ZOOM_IN: (Move(STILL, SlideView(NEAR)),),
    Effect.ZOOM_OUT: (Move(SlideView(NEAR), STILL),),
    Effect.KEN_BURNS: KEN_BURNS,
}


def move_of(effect: Effect, number: int) -> Move:
    """The move of the slide with that number; pictures that follow each other move differently where they can."""
    moves = MOVES[effect]
    return moves[number % len(moves)]


def nearest_zoom(effect: Effect) -> float:
    """How near an effect ever comes, which decides how large its picture must be kept."""
    return max(view.zoom for view in chain.from_iterable((move.begin, move.end) for move in MOVES[effect]))


def box_of(view: SlideView, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The view as left, top, right and bottom in a picture of that size."""
    width, height = size
    half_width, half_height = width / view.zoom / 2, height / view.zoom / 2
    left, top = view.across * width - half_width, view.down * height - half_height
    return (
        max(0.0, left),
        max(0.0, top),
        min(float(width), left + 2 * half_width),
        min(float(height), top + 2 * half_height),
    )
