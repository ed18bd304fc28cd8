"""Layers as planes of eight bits: wide sheets that a camera looks at, and sprites that stand on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from typing_extensions import override

from app.providers.local.camera import CameraView
from app.providers.local.scenery.palette import Colour
from app.providers.local.scenery.stage import Grid

Planes = tuple[Image.Image, ...]
# Less of a mask is not seen.
LEAST_ALPHA = 1 / 255
# A sheet is often seen in the same way by two frames that follow each other.
LATELY = 16
# Clear pixels around a sprite, so that its edges are soft where it touches its box.
SPRITE_MARGIN = 2


@dataclass(frozen=True)
class Format:
    """How colours become three planes: the matrix, its ranges and offsets, and how much smaller each plane is."""

    matrix: tuple[tuple[float, float, float], ...]
    ranges: tuple[float, float, float]
    offsets: tuple[float, float, float]
    steps: tuple[int, int, int]

    def planes(self, pixels: Grid) -> tuple[Grid, ...]:
        """The three planes of colours between 0 and 1, each as large as the picture."""
        return tuple(map(self._plane, [pixels] * 3, self.matrix, self.ranges, self.offsets))

    @staticmethod
    def _plane(pixels: Grid, row: tuple[float, float, float], span: float, offset: float) -> Grid:
        # A product of matrices wakes a thread for every core, which costs more than it spares.
        made = pixels[..., 0] * np.float32(row[0] * span)
        made += pixels[..., 1] * np.float32(row[1] * span)
        made += pixels[..., 2] * np.float32(row[2] * span)
        made += np.float32(offset)
        return made

    def values(self, colour: Colour) -> list[int]:
        """The levels of one colour in the three planes."""
        return [round(float(plane[0])) for plane in self.planes(np.asarray(colour, np.float32).reshape(1, 3))]


RGB = Format(((1, 0, 0), (0, 1, 0), (0, 0, 1)), (255, 255, 255), (0, 0, 0), (1, 1, 1))
# Rec. 709 at video range: luma, then the two colour differences at half the size.
VIDEO = Format(
    ((0.2126, 0.7152, 0.0722), (-0.1146, -0.3854, 0.5), (0.5, -0.4542, -0.0458)),
    (219, 224, 224),
    (16, 128, 128),
    (1, 2, 2),
)


@dataclass(frozen=True, eq=False)
class Sheet:
    """A layer as wide as the canvas or wider, cut to the rows that it covers; `middle` is its row in mid-canvas.

    Its depth says how much of the camera's way it goes. A soft one has no edges, so that it moves by whole pixels and
    no camera comes nearer to it, which spares the time to fit it.
    """

    planes: Planes
    masks: dict[int, Image.Image]
    steps: tuple[int, int, int]
    middle: float
    depth: float
    is_soft: bool = False

    def fits(self, other: "Sheet") -> bool:
        """Whether the other sheet covers exactly the same."""
        if self.planes[0].size != other.planes[0].size or self.middle != other.middle:
            return False
        masks = (self.masks.get(1), other.masks.get(1))
        return masks[0] is masks[1] or (None not in masks and masks[0] == masks[1])


@dataclass(frozen=True, eq=False)
class Sprite:
    """A figure's planes, each of them a picture or one level, and what they cover; a clear margin lies around it."""

    planes: tuple[Image.Image | int, ...]
    mask: Image.Image

    @property
    def width(self) -> int:
        """Its width without the margin."""
        return self.mask.width - 2 * SPRITE_MARGIN

    @property
    def height(self) -> int:
        """Its height without the margin."""
        return self.mask.height - 2 * SPRITE_MARGIN


@dataclass(frozen=True)
class Spot:
    """Where a sprite stands: the middle of its foot in pixels, its height, and how wide it is for its height."""

    x: float
    foot: float
    height: float
    turn: float = 1.0
    power: float = 1.0


@dataclass(frozen=True)
class _Place:
    """Whole pixels of a plane, and the part of a sprite that comes there: from 0 to 1 in both directions."""

    target: tuple[int, int, int, int]
    source: tuple[float, float, float, float]


@dataclass(frozen=True)
class _Box:
    """Where a sprite with its margin lies, in full-size pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def inside(self, size: tuple[int, int], step: int) -> _Place | None:
        """The whole pixels of a plane that lie in the box and in the plane."""
        left, right = max(0, int(np.ceil(self.left / step))), min(size[0], int(np.floor(self.right / step)))
        top, bottom = max(0, int(np.ceil(self.top / step))), min(size[1], int(np.floor(self.bottom / step)))
        if right <= left or bottom <= top:
            return None
        wide, high = self.right - self.left, self.bottom - self.top
        across = ((side * step - self.left) / wide for side in (left, right))
        down = ((side * step - self.top) / high for side in (top, bottom))
        first, second = zip(across, down, strict=True)
        return _Place((left, top, right, bottom), (*first, *second))


class FrameCanvas:
    """One frame in the making."""

    def __init__(self, size: tuple[int, int], form: Format) -> None:
        self.size = size
        self.form = form
        width, height = size
        self.planes: Planes = tuple(Image.new("L", (width // step, height // step)) for step in form.steps)

    def blend(self, other: "FrameCanvas", part: float) -> None:
        """Moves towards another frame."""
        pairs = zip(self.planes, other.planes, strict=True)
        self.planes = tuple(Image.blend(one, two, part) for one, two in pairs)

    def lay(self, sheet: Sheet, view: CameraView, drift_px: float = 0.0, power: float = 1.0) -> None:
        """Covers the frame with a sheet, seen from a view."""
        if power < LEAST_ALPHA:
            return
        width, height = self.size
        zoom = 1.0 if sheet.is_soft else 1 + (view.zoom - 1) * sheet.depth
        whole = (sheet.planes[0].width, sheet.planes[0].height)
        middle_x = whole[0] / 2 + view.across * width * sheet.depth - drift_px
        middle_y = sheet.middle + view.down * height * sheet.depth
        first = max(0, int(np.ceil((-middle_y * zoom + height / 2) / 2)) * 2)
        if first >= height:
            return
        left, top = middle_x - width / 2 / zoom, middle_y + (first - height / 2) / zoom
        if sheet.is_soft:
            left, top = round(left / 2) * 2, round(top / 2) * 2
        box = (left, top, left + width / zoom, top + (height - first) / zoom)
        parts, masks = _sheet_seen(sheet, box, (width, height - first), power)
        for part, target, step in zip(parts, self.planes, self.form.steps, strict=True):
            target.paste(part, (0, first // step), masks.get(step))

    def veil(self, values: Sequence[int], mask: Image.Image, half: Image.Image | None) -> None:
        """Covers the frame with one colour where a mask of its size says so."""
        for target, value, step in zip(self.planes, values, self.form.steps, strict=True):
            target.paste(value, (0, 0), mask if step == 1 else half)

    def stamp(self, sprite: Sprite, spot: Spot) -> None:
        """Stands a sprite on its spot."""
        scale = spot.height / sprite.height
        margin = SPRITE_MARGIN * scale
        wide = sprite.width * scale * abs(spot.turn)
        if spot.power < LEAST_ALPHA or wide < 1 or spot.height < 1:
            return
        if spot.turn < 0:
            sprite = _mirrored(sprite)
        box = _Box(
            spot.x - wide / 2 - margin * abs(spot.turn),
            spot.foot - spot.height - margin,
            spot.x + wide / 2 + margin * abs(spot.turn),
            spot.foot + margin,
        )
        masks: dict[int, Image.Image] = {}
        for target, plane, step in zip(self.planes, sprite.planes, self.form.steps, strict=True):
            place = box.inside(target.size, step)
            if place is None:
                continue
            if step not in masks:
                mask = _fitted(sprite.mask, place)
                masks[step] = mask if spot.power >= 1 else mask.point(_weaker(spot.power))
            target.paste(plane if isinstance(plane, int) else _fitted(plane, place), place.target, masks[step])

    def tobytes(self) -> bytes:
        """The planes one after the other."""
        return b"".join(plane.tobytes() for plane in self.planes)


class WideCanvas(FrameCanvas):
    """What lies behind the figures, with the margin around the frame, so that the camera looks at it once."""

    def __init__(self, frame: tuple[int, int], margin: tuple[int, int], form: Format, view: CameraView) -> None:
        super().__init__((frame[0] + 2 * margin[0], frame[1] + 2 * margin[1]), form)
        self._frame = frame
        self._view = view

    @override
    def lay(self, sheet: Sheet, view: CameraView, drift_px: float = 0.0, power: float = 1.0) -> None:
        if power < LEAST_ALPHA:
            return
        width, height = self._frame
        aside = (self._view.across - view.across * sheet.depth) * width + drift_px
        below = (self._view.down - view.down * sheet.depth) * height
        left = round(((self.size[0] - sheet.planes[0].width) / 2 + aside) / 2)
        top = round((self.size[1] / 2 - sheet.middle + below) / 2)
        masks = {step: mask if power >= 1 else mask.point(_weaker(power)) for step, mask in sheet.masks.items()}
        for plane, target, step in zip(sheet.planes, self.planes, self.form.steps, strict=True):
            target.paste(plane, (left * 2 // step, top * 2 // step), masks.get(step))

    @override
    def stamp(self, sprite: Sprite, spot: Spot) -> None:
        """Stands a sprite where the camera will see it on its spot of the frame."""
        (width, height), zoom = self._frame, self._view.zoom
        x = (spot.x - width / 2) / zoom + self.size[0] / 2 + self._view.across * width
        foot = (spot.foot - height / 2) / zoom + self.size[1] / 2 + self._view.down * height
        super().stamp(sprite, replace(spot, x=x, foot=foot, height=spot.height / zoom))

    def seen(self) -> FrameCanvas:
        """The frame that the camera sees."""
        made = FrameCanvas(self._frame, self.form)
        (width, height), zoom = self._frame, self._view.zoom
        left = self.size[0] / 2 + self._view.across * width - width / 2 / zoom
        top = self.size[1] / 2 + self._view.down * height - height / 2 / zoom
        box = (left, top, left + width / zoom, top + height / zoom)
        made.planes = tuple(
            _seen(plane, box, self._frame, step) for plane, step in zip(self.planes, self.form.steps, strict=True)
        )
        return made


def sheet_of(pixels: Grid, alpha: Grid | None, form: Format, depth: float) -> Sheet:
    """A sheet of straight colours; rows above everything it covers are left out."""
    top, middle = 0, pixels.shape[0] / 2
    if alpha is not None:
        covered = np.flatnonzero((alpha > LEAST_ALPHA).any(axis=1))
        top = max(0, int(covered[0]) // 2 * 2 - 4) if len(covered) else alpha.shape[0] - 2
        alpha, pixels = alpha[top:], pixels[top:].copy()
        # What is clear above takes the colour below it, or a view between two rows would show its black.
        pixels[: int(covered[0]) - top if len(covered) else 0] = pixels[int(covered[0]) - top if len(covered) else 0]
    masks: dict[int, Image.Image] = {}
    if alpha is not None and float(alpha.min()) < 1 - LEAST_ALPHA:
        masks = {step: _reduced(_eight_bit(np.clip(alpha, 0, 1) * 255), step) for step in set(form.steps)}
    planes = tuple(
        _reduced(_eight_bit(plane), step) for plane, step in zip(form.planes(pixels), form.steps, strict=True)
    )
    return Sheet(planes, masks, form.steps, middle - top, depth)


def sprite_of(pixels: Grid, alpha: Grid, form: Format) -> Sprite:
    """A sprite of straight colours, or of one colour."""
    height, width = alpha.shape
    # Even sides, so that smaller planes lie exactly under the others.
    rim = (SPRITE_MARGIN + height % 2, SPRITE_MARGIN), (SPRITE_MARGIN + width % 2, SPRITE_MARGIN)
    mask = _eight_bit(np.clip(np.pad(alpha, rim), 0, 1) * 255)
    if pixels.ndim == 1:
        return Sprite(tuple(form.values(pixels)), mask)
    bands = form.planes(np.pad(pixels, (*rim, (0, 0)), mode="edge"))
    planes = tuple(_reduced(_eight_bit(plane), step) for plane, step in zip(bands, form.steps, strict=True))
    return Sprite(planes, mask)


@lru_cache(maxsize=LATELY)
def mixed_sheet(one: Sheet, other: Sheet, part: float) -> Sheet:
    """A sheet on the way to the same sheet in another light."""
    if part <= 0 or one is other:
        return one
    pairs = zip(one.planes, other.planes, strict=True)
    return (
        replace(one, planes=tuple(Image.blend(before, after, part) for before, after in pairs)) if part < 1 else other
    )


def mixed_sprite(one: Sprite, other: Sprite, part: float) -> Sprite:
    """A sprite on the way to the same sprite in another light."""
    if part <= 0 or one is other:
        return one
    if part >= 1:
        return other
    pairs = zip(one.planes, other.planes, strict=True)
    planes = tuple(_mixed(before, after, part) for before, after in pairs)
    return Sprite(planes, Image.blend(one.mask, other.mask, part))


def _mixed(one: Image.Image | int, other: Image.Image | int, part: float) -> Image.Image | int:
    if isinstance(one, int) or isinstance(other, int):
        return one if part < 0.5 else other
    return Image.blend(one, other, part)


@lru_cache(maxsize=LATELY)
def _mirrored(sprite: Sprite) -> Sprite:
    planes = tuple(plane if isinstance(plane, int) else ImageOps.mirror(plane) for plane in sprite.planes)
    return Sprite(planes, ImageOps.mirror(sprite.mask))


def _fitted(plane: Image.Image, place: _Place) -> Image.Image:
    left, top, right, bottom = (min(1.0, max(0.0, part)) for part in place.source)
    box = (left * plane.width, top * plane.height, right * plane.width, bottom * plane.height)
    size = (place.target[2] - place.target[0], place.target[3] - place.target[1])
    return plane.resize(size, Image.Resampling.BILINEAR, box)


@lru_cache(maxsize=LATELY)
def _sheet_seen(
    sheet: Sheet, box: tuple[float, float, float, float], size: tuple[int, int], power: float
) -> tuple[Planes, dict[int, Image.Image]]:
    """The planes and the masks of a sheet in a box of full-size pixels."""
    masks = {step: _seen(mask, box, size, step, power) for step, mask in sheet.masks.items()}
    parts = tuple(_seen(plane, box, size, step) for plane, step in zip(sheet.planes, sheet.steps, strict=True))
    return parts, masks


def _seen(
    plane: Image.Image, box: tuple[float, float, float, float], size: tuple[int, int], step: int, power: float = 1.0
) -> Image.Image:
    """The part of a plane in a box of full-size pixels."""
    left, top, right, bottom = (side / step for side in box)
    target = (size[0] // step, size[1] // step)
    left, top = max(0.0, min(left, plane.width - 1)), max(0.0, min(top, plane.height - 1))
    right, bottom = min(right, plane.width), min(bottom, plane.height)
    is_whole = left.is_integer() and top.is_integer() and (right - left, bottom - top) == target
    made = (
        plane.crop((int(left), int(top), int(right), int(bottom)))
        if is_whole
        else plane.resize(target, Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    )
    return made if power >= 1 else made.point(_weaker(power))


@cache
def _levels(power: int) -> list[int]:
    return [level * power // 255 for level in range(256)]


def _weaker(power: float) -> list[int]:
    return _levels(max(0, min(255, round(power * 255))))


def _reduced(plane: Image.Image, step: int) -> Image.Image:
    return plane if step == 1 else plane.reduce(step)


def _eight_bit(plane: Grid) -> Image.Image:
    made: NDArray[np.uint8] = (plane + np.float32(0.5)).astype(np.uint8)
    return Image.fromarray(made)
