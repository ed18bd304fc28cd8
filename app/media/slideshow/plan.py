"""Pure: which pictures show in each frame of a slideshow, how strongly, and how far their motion has come."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Effect", "Fit", "Layer", "Plan"]


class Effect(StrEnum):
    """How a picture moves while it shows."""

    BASIC_FADE = "basic_fade"
    SLIDE_LEFT = "slide_left"
    SLIDE_RIGHT = "slide_right"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    KEN_BURNS = "ken_burns"


class Fit(StrEnum):
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
