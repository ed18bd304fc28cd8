"""Pure: what a camera sees of a picture at each moment of its move."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from app.providers.values import CameraCommand

FRAMES_PER_SECOND = 24

# Part of the picture's side that is mirrored beyond each edge, so that a view may begin wider than the picture.
MARGIN = 0.06


@dataclass(frozen=True)
class CameraView:
    """A part of a picture: how much nearer than whole, and how far from its middle in parts of its sides."""

    zoom: float = 1.0
    across: float = 0.0
    down: float = 0.0


# Rightwards, downwards and inwards, in units of the usual reach.
MOVES: dict[CameraCommand, tuple[float, float, float]] = {
    CameraCommand.TRUCK_LEFT: (-1.3, 0, 0.2),
    CameraCommand.TRUCK_RIGHT: (1.3, 0, 0.2),
    CameraCommand.PAN_LEFT: (-1, 0, 0),
    CameraCommand.PAN_RIGHT: (1, 0, 0),
    CameraCommand.PUSH_IN: (0, 0, 1.2),
    CameraCommand.PULL_OUT: (0, 0, -1.2),
    CameraCommand.PEDESTAL_UP: (0, -1.2, 0.2),
    CameraCommand.PEDESTAL_DOWN: (0, 1.2, 0.2),
    CameraCommand.TILT_UP: (0, -1, 0),
    CameraCommand.TILT_DOWN: (0, 1, 0),
    CameraCommand.ZOOM_IN: (0, 0, 1),
    CameraCommand.ZOOM_OUT: (0, 0, -1),
    CameraCommand.SHAKE: (0, 0, 0.15),
    CameraCommand.TRACKING_SHOT: (0.9, 0, 0.5),
    CameraCommand.STATIC_SHOT: (0, 0, 0),
}
DEFAULT_MOVE = (0.35, -0.15, 0.7)
REACH = 0.05
NEARER = 0.14
WIDEST = 1 / (1 + 2 * MARGIN)
SHAKE = 0.005
PASSING = 0.6


def frame_size(picture: tuple[int, int], short_side_px: int) -> tuple[int, int]:
    """The even size of a clip whose short side is given and whose shape is the picture's."""
    width, height = picture
    scale = short_side_px / min(width, height)
    return round(width * scale / 2) * 2, round(height * scale / 2) * 2


def first_view(at: float, camera: Collection[CameraCommand]) -> CameraView:
    """The view of the first picture, which is whole at moment 0."""
    return _view(eased(at), at, camera)


def last_view(at: float, camera: Collection[CameraCommand]) -> CameraView:
    """The view of the last picture, which is whole at moment 1."""
    return _view(eased(at) - 1, at, camera)


def passing_view(at: float, camera: Collection[CameraCommand]) -> CameraView:
    """The view of one land that both pictures show whole: the camera goes a part of its way and comes back."""
    return _view(PASSING * math.sin(math.pi * at) ** 2, at, camera)


def eased(at: float, begin: float = 0.0, end: float = 1.0) -> float:
    """From 0 at the beginning to 1 at the end, with no speed and no push at either."""
    at = min(1.0, max(0.0, (at - begin) / (end - begin)))
    return at * at * at * (at * (at * 6 - 15) + 10)


def _view(way: float, at: float, camera: Collection[CameraCommand]) -> CameraView:
    across, down, inwards = _direction(camera)
    zoom = math.exp(NEARER * inwards * way)
    # A sideways move comes nearer by as much as it leaves the middle, so that little lies beyond an edge.
    zoom *= 1 + 1.4 * REACH * max(abs(across), abs(down)) * abs(way)
    shake_x, shake_y = _shake(at) if CameraCommand.SHAKE in camera else (0.0, 0.0)
    view_zoom = max(WIDEST, zoom)
    return CameraView(
        view_zoom, *(_kept(part, view_zoom) for part in (across * REACH * way + shake_x, down * REACH * way + shake_y))
    )


def _direction(camera: Collection[CameraCommand]) -> tuple[float, float, float]:
    moves = [MOVES[command] for command in camera] or [DEFAULT_MOVE]
    return sum(move[0] for move in moves), sum(move[1] for move in moves), sum(move[2] for move in moves)


def _kept(part: float, zoom: float) -> float:
    """Keeps the view inside the picture and its mirrored margin."""
    most = (1 + 2 * MARGIN - 1 / zoom) / 2
    return max(-most, min(most, part))


def _shake(at: float) -> tuple[float, float]:
    calm = math.sin(math.pi * at) ** 2
    return (
        SHAKE * calm * (math.sin(at * 31) + 0.5 * math.sin(at * 53 + 1)),
        SHAKE * calm * (math.sin(at * 37 + 2) + 0.5 * math.sin(at * 47)),
    )
