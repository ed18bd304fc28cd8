"""Pure: where each effect looks at each moment; the same steady speed throughout, so that nothing lurches."""

from dataclasses import dataclass
from itertools import chain

from app.media.slideshow.plan import Effect

__all__ = ["Move", "View", "box_of", "move_of", "nearest_zoom"]


@dataclass(frozen=True)
class View:
    """A part of a picture: how much nearer than whole, and where its middle lies in parts of the sides."""

    zoom: float = 1.0
    across: float = 0.5
    down: float = 0.5


@dataclass(frozen=True)
class Move:
    """From one view to another; zooming multiplies by the same factor in each frame."""

    begin: View
    end: View

    def at(self, part: float) -> View:
        """The view when that part of the move is done."""
        return View(
            self.begin.zoom * (self.end.zoom / self.begin.zoom) ** part,
            self.begin.across + (self.end.across - self.begin.across) * part,
            self.begin.down + (self.end.down - self.begin.down) * part,
        )


STILL = View()
PANNED, NEAR = 1.12, 1.16
PAN_REACH = (1 - 1 / PANNED) / 2
LEFT_VIEW, RIGHT_VIEW = View(PANNED, 0.5 - PAN_REACH), View(PANNED, 0.5 + PAN_REACH)
# Each move stays inside the picture: the middle is never nearer to an edge than half a view.
KEN_BURNS = (
    Move(View(1.04, 0.485, 0.485), View(1.20, 0.565, 0.555)),
    Move(View(1.20, 0.435, 0.545), View(1.05, 0.515, 0.490)),
    Move(View(1.05, 0.520, 0.510), View(1.20, 0.430, 0.450)),
    Move(View(1.20, 0.570, 0.450), View(1.04, 0.490, 0.510)),
)
MOVES = {
    Effect.BASIC_FADE: (Move(STILL, STILL),),
    # The picture slides to the left when the view goes to the right.
    Effect.SLIDE_LEFT: (Move(LEFT_VIEW, RIGHT_VIEW),),
    Effect.SLIDE_RIGHT: (Move(RIGHT_VIEW, LEFT_VIEW),),
    Effect.ZOOM_IN: (Move(STILL, View(NEAR)),),
    Effect.ZOOM_OUT: (Move(View(NEAR), STILL),),
    Effect.KEN_BURNS: KEN_BURNS,
}


def move_of(effect: Effect, number: int) -> Move:
    """The move of the slide with that number; pictures that follow each other move differently where they can."""
    moves = MOVES[effect]
    return moves[number % len(moves)]


def nearest_zoom(effect: Effect) -> float:
    """How near an effect ever comes, which decides how large its picture must be kept."""
    return max(view.zoom for view in chain.from_iterable((move.begin, move.end) for move in MOVES[effect]))


def box_of(view: View, size: tuple[int, int]) -> tuple[float, float, float, float]:
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
