"""Draws the frames of a slideshow in a child process and pours them into a pipe."""

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fcntl import fcntl
from pathlib import Path
from typing import Any

from PIL import Image

from app.media.picture_worker import MAX_PIXELS, intricate, opened
from app.media.slideshow.planes import Canvas, Planes, black, blended, canvas_of
from app.media.slideshow.show import UNREADABLE, Effect, Layer, PictureFit, Plan, move_of, nearest_zoom

# Linux: F_SETPIPE_SZ; a larger pipe spares thousands of switches between the two programs.
SET_PIPE_SIZE, PIPE_BYTES = 1031, 1024 * 1024
# Shares are sums of fractions, which may miss one by a rounding.
FULL_LIGHT = 1 - 1e-6
BROKEN = (
    *(Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError, OSError),
    *(ValueError, SyntaxError, IndexError, TypeError, OverflowError),
)


class PictureUnreadable(Exception):
    """A picture of the order does not open; its number tells which."""


@dataclass(frozen=True)
class Slides:
    """The pictures of an order, opened when their turn comes; at most the two that show at once are kept."""

    paths: tuple[Path, ...]
    fits: tuple[PictureFit, ...]
    effects: tuple[Effect, ...]
    size: tuple[int, int]

    def canvas(self, number: int) -> Canvas:
        """One picture, ready to be looked at."""
        path = self.paths[number]
        try:
            if intricate(path.read_bytes()):
                raise PictureUnreadable(number)
            return canvas_of(opened(str(path)), self.fits[number], self.size, nearest_zoom(self.effects[number]))
        except BROKEN as broken:
            raise PictureUnreadable(number) from broken


def draw(plan: Plan, slides: Slides) -> Iterator[bytes]:
    """Every frame as planar 4:2:0; a frame that is like the one before is not drawn again."""
    kept: dict[int, Canvas] = {}
    last: tuple[tuple[int, float, float], ...] = ()
    frame = b""
    for layers in plan.layers():
        look = tuple((layer.slide, layer.share, _moved(plan.effects[layer.slide], layer.at)) for layer in layers)
        if look != last:
            shown = {layer.slide for layer in layers}
            kept = {number: kept.get(number) or slides.canvas(number) for number in sorted(shown)}
            frame = b"".join(plane.tobytes() for plane in _composed(layers, kept, slides))
            last = look
        yield frame


def _moved(effect: Effect, at: float) -> float:
    return 0.0 if effect is Effect.BASIC_FADE else at


def _composed(layers: Sequence[Layer], kept: dict[int, Canvas], slides: Slides) -> Planes:
    planes, light = black(slides.size), 0.0
    for layer in layers:
        seen = kept[layer.slide].seen(move_of(slides.effects[layer.slide], layer.slide).at(layer.at))
        light += layer.share
        planes = blended(planes, seen, layer.share / light) if light > layer.share else seen
    return blended(black(slides.size), planes, light) if light < FULL_LIGHT else planes


def main() -> int:
    """Reads the order from standard input and writes frames into its pipe until they end or nobody reads them."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    order = json.load(sys.stdin)
    plan, slides = _ordered(order)
    try:
        with Path(order["pipe"]).open("wb", buffering=0) as pipe:
            fcntl(pipe, SET_PIPE_SIZE, PIPE_BYTES)
            for frame in draw(plan, slides):
                rest = memoryview(frame)
                while rest:
                    rest = rest[pipe.write(rest) :]
    except BrokenPipeError:
        return 0
    except PictureUnreadable as broken:
        sys.stdout.write(str(broken))
        return UNREADABLE
    return 0


def _ordered(order: dict[str, Any]) -> tuple[Plan, Slides]:
    rows = order["slides"]
    effects = tuple(Effect(row["effect"]) for row in rows)
    plan = Plan(tuple(order["bounds"]), effects, order["fade_frames"])
    paths = tuple(Path(row["path"]) for row in rows)
    width, height = order["size"]
    return plan, Slides(paths, tuple(PictureFit(row["fit"]) for row in rows), effects, (width, height))
