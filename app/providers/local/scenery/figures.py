"""Places the figures of a scene: on the ground, on the water or in the sky, with their lamps and light."""

import numpy as np
from PIL import Image, ImageFilter

from app.providers.local.scenery.beings import BEINGS
from app.providers.local.scenery.noise import Grid
from app.providers.local.scenery.palette import blend, rgb
from app.providers.local.scenery.pen import Pen
from app.providers.local.scenery.scene import Figure, Place
from app.providers.local.scenery.stage import Stage
from app.providers.local.scenery.things import THINGS

__all__ = ["FIGURES", "paint_figures", "stands_far"]

FIGURES = {**BEINGS, **THINGS}
# How high each figure stands, in short sides of the picture.
HEIGHTS = {
    "person": 0.3,
    "child": 0.22,
    "dog": 0.15,
    "cat": 0.14,
    "horse": 0.26,
    "bird": 0.22,
    "dragon": 0.42,
    "robot": 0.3,
    "boat": 0.26,
    "ship": 0.2,
    "house": 0.26,
    "lighthouse": 0.56,
    "castle": 0.4,
    "church": 0.4,
    "tree": 0.48,
    "car": 0.15,
    "train": 0.17,
    "balloon": 0.26,
    "rocket": 0.42,
}
FLYING = {"bird": 0.3, "dragon": 0.34, "balloon": 0.3, "rocket": 0.45}
SWIMMING = frozenset({"boat", "ship"})
LARGE = frozenset({"house", "lighthouse", "castle", "church", "tree"})
# Where up to three figures stand across the picture.
SPOTS: dict[int, tuple[float, ...]] = {0: (), 1: (0.36,), 2: (0.3, 0.62), 3: (0.24, 0.5, 0.74)}


def stands_far(name: str) -> bool:
    """Whether the figure belongs behind the near ground."""
    return name in LARGE or name in SWIMMING or name in FLYING


def paint_figures(stage: Stage, figures: tuple[Figure, ...], closeness: float, *, far: bool) -> None:
    """Paints those of the named figures that stand far, or those that stand near."""
    spots = SPOTS[len(figures)]
    sunward = stage.sun[0] > stage.width / 2
    for place, figure in zip(spots, figures, strict=True):
        if stands_far(figure.key) is far:
            across = place if sunward else 1 - place
            _paint(stage, figure.key, across * stage.width, closeness)


def _paint(stage: Stage, name: str, middle: float, closeness: float) -> None:
    grown = closeness if not stands_far(name) else 1 + (closeness - 1) * 0.35
    pen = Pen(int(HEIGHTS[name] * stage.unit * grown))
    FIGURES[name](pen)
    foot = _foot(stage, name)
    top, left = int(foot) - pen.size_px, int(middle) - pen.size_px
    palette = stage.palette
    part = 0.42 if name in FLYING else 0.22 if stands_far(name) else 0.0
    colour = blend(palette.ground * np.float32(0.42), palette.middle, part)
    body = pen.body
    _stamp(stage, body, colour, (top, left))
    _stamp(
        stage,
        _rim(body, toward=1 if stage.sun[0] > middle else -1) * np.float32(palette.glow * 0.4),
        palette.light,
        (top, left),
    )
    if stage.is_dark or name == "robot":
        _light_lamps(stage, pen, (top, left), name)


def _foot(stage: Stage, name: str) -> float:
    if name in FLYING or stage.place is Place.SPACE:
        return stage.horizon * FLYING.get(name, 0.62) + HEIGHTS[name] * stage.unit * 0.6
    if name in SWIMMING:
        return stage.horizon + (stage.height - stage.horizon) * 0.22
    if name in LARGE:
        return stage.height * 0.905
    return stage.height * 0.945


def _rim(body: Grid, toward: int) -> Grid:
    step = max(1, body.shape[0] // 130)
    shifted = np.roll(body, (step // 2 + 1, -toward * step), axis=(0, 1))
    return np.asarray(np.clip(body - shifted, 0, 1), np.float32)


def _light_lamps(stage: Stage, pen: Pen, corner: tuple[int, int], name: str) -> None:
    warm = rgb("7fe8ff") if name == "robot" else rgb("ffd27a")
    lamps = pen.lamps
    _stamp(stage, lamps, warm, corner)
    sheet = Image.fromarray((lamps * 255).astype(np.uint8))
    bloom = np.asarray(sheet.filter(ImageFilter.GaussianBlur(pen.size_px / 22)), np.float32) / np.float32(255)
    _stamp(stage, np.clip(bloom * 1.2, 0, 0.8), warm, corner)
    if name == "lighthouse":
        _beam(stage, (corner[1] + pen.size_px, corner[0] + pen.size_px * 0.172))


def _beam(stage: Stage, lamp: tuple[float, float]) -> None:
    x, y = lamp
    reach = stage.width * 1.1
    aim = 1 if x < stage.width / 2 else -1
    shape = [(x, y - 2), (x + aim * reach, y - reach * 0.17), (x + aim * reach, y + reach * 0.02), (x, y + 2)]
    mask = stage.drawn([shape], 0, stage.height)
    away = np.abs(np.arange(stage.width, dtype=np.float32) - np.float32(x)) / np.float32(stage.width)
    stage.shine(mask * (0.5 * np.exp(-away * 2.4))[None, :].astype(np.float32), rgb("ffeec0"))
    stage.shine(stage.halo(lamp, stage.unit * 0.09) * np.float32(0.8), rgb("ffeec0"))


def _stamp(
    stage: Stage, mask: Grid, colour: np.ndarray[tuple[int, ...], np.dtype[np.float32]], corner: tuple[int, int]
) -> None:
    top, left = corner
    rows = slice(max(0, top), min(stage.height, top + mask.shape[0]))
    columns = slice(max(0, left), min(stage.width, left + mask.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left, None]
    patch = stage.pixels[rows, columns]
    patch += part * (colour - patch)
