"""The frames of a clip as raw planes: our own pictures move in layers, the camera moves over any other."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from app.providers.local.camera import FRAMES_PER_SECOND, MARGIN, CameraView, eased, first_view, last_view
from app.providers.local.scenery.composition import Composition, at_rest, composed
from app.providers.local.scenery.layers import VIDEO, FrameCanvas
from app.providers.local.scenery.layout import laid_out
from app.providers.local.scenery.movement import moved
from app.providers.local.scenery.painting import kept_painting
from app.providers.local.scenery.stage import Grid
from app.providers.values import CameraCommand

FORMATS = ("PNG", "JPEG", "WEBP")
DISSOLVE_SECONDS = 0.5
# Levels of light by which a picture may differ from what its scene says, on average over a small copy.
FOREIGN_LIKENESS = 3.0
COMPARED = (96, 54)


@dataclass(frozen=True)
class _Shot:
    """One picture as three planes with mirrored margins; `sizes` are those of the planes of a frame."""

    planes: tuple[Image.Image, ...]
    sizes: tuple[tuple[int, int], ...]

    def seen(self, view: CameraView) -> Iterator[Image.Image]:
        """The three planes as seen from a view."""
        for plane, (width, height) in zip(self.planes, self.sizes, strict=True):
            left = (plane.width - width / view.zoom) / 2 + view.across * width
            top = (plane.height - height / view.zoom) / 2 + view.down * height
            box = (left, top, left + width / view.zoom, top + height / view.zoom)
            yield plane.resize((width, height), Image.Resampling.BICUBIC, box=_inside(box, plane.size))


def clip_frames(
    first: bytes, last: bytes | None, size: tuple[int, int], count: int, camera: tuple[CameraCommand, ...]
) -> Iterator[bytes]:
    """Every frame as planar 4:2:0: the first shows the first picture whole, the last one the last picture."""
    pictures = (first,) if last is None else (first, last)
    compositions = _compositions(pictures)
    if compositions:
        canvases = moved(compositions[0], compositions[1] if last is not None else None, count, camera)
        return (_sized(canvas, size) for canvas in canvases)
    return _dissolved(first, last, size, count, camera)


def difference(composition: Composition, content: bytes) -> float:
    """By how many levels a picture differs from its composition, on average over a small copy."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        shown = _planes_of(opened.convert("RGB").resize(COMPARED, Image.Resampling.BOX))
    pairs = zip(at_rest(composition).planes, shown, strict=True)
    small = ((one.resize(other.size, Image.Resampling.BOX), other) for one, other in pairs)
    return max(
        float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean()) for one, other in small
    )


def _compositions(pictures: tuple[bytes, ...]) -> list[Composition]:
    """The layers of the pictures, or none where one of them is not what it says, or not of ours."""
    paintings = [painting for painting in map(kept_painting, pictures) if painting is not None]
    sizes = {painting.size for painting in paintings}
    if len(paintings) != len(pictures) or len(sizes) != 1 or any(side % 2 for side in next(iter(sizes))):
        return []
    heights: dict[str, float] = {}
    for painting in paintings:
        for placed in laid_out(painting):
            heights[placed.id] = max(heights.get(placed.id, 0.0), placed.height * min(painting.size))
    made: list[Composition] = []
    for painting, content in zip(paintings, pictures, strict=True):
        made.append(composed(painting, VIDEO, heights))
        if difference(made[-1], content) > FOREIGN_LIKENESS:
            return []
    return made


def _sized(canvas: FrameCanvas, size: tuple[int, int]) -> bytes:
    if canvas.size == size:
        return canvas.tobytes()
    pairs = zip(canvas.planes, canvas.form.steps, strict=True)
    targets = [plane.resize((size[0] // step, size[1] // step), Image.Resampling.BICUBIC) for plane, step in pairs]
    return b"".join(plane.tobytes() for plane in targets)


def _dissolved(
    first: bytes, last: bytes | None, size: tuple[int, int], count: int, camera: tuple[CameraCommand, ...]
) -> Iterator[bytes]:
    """The camera moves over each picture; between two of them lies a short dissolve."""
    opening = _shot(first, size)
    closing = _shot(last, size) if last is not None else None
    half = min(0.5, DISSOLVE_SECONDS * FRAMES_PER_SECOND / count / 2)
    for number in range(count):
        at = number / max(1, count - 1)
        part = eased(at, 0.5 - half, 0.5 + half) if closing is not None else 0.0
        before = list(opening.seen(first_view(at, camera))) if part < 1 else []
        after = list(closing.seen(last_view(at, camera))) if closing is not None and part > 0 else []
        planes = (
            [Image.blend(*pair, part) for pair in zip(before, after, strict=True)]
            if before and after
            else before or after
        )
        yield b"".join(plane.tobytes() for plane in planes)


def _shot(content: bytes, size: tuple[int, int]) -> _Shot:
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        fitted = ImageOps.fit(ImageOps.exif_transpose(opened).convert("RGB"), size, Image.Resampling.LANCZOS)
    small = (size[0] // 2, size[1] // 2)
    return _Shot(tuple(_margined(plane) for plane in _planes_of(fitted)), (size, small, small))


def _planes_of(picture: Image.Image) -> list[Image.Image]:
    pixels: Grid = np.asarray(picture, np.float32) / np.float32(255)
    pairs = zip(VIDEO.planes(pixels), VIDEO.steps, strict=True)
    planes = [Image.fromarray(np.clip(plane + 0.5, 0, 255).astype(np.uint8)) for plane, _ in pairs]
    return [plane if step == 1 else plane.reduce(step) for plane, step in zip(planes, VIDEO.steps, strict=True)]


def _margined(plane: Image.Image) -> Image.Image:
    edges = ((round(plane.height * MARGIN),) * 2, (round(plane.width * MARGIN),) * 2)
    return Image.fromarray(np.pad(np.asarray(plane), edges, mode="symmetric"))


def _inside(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return max(0.0, left), max(0.0, top), min(float(size[0]), right), min(float(size[1]), bottom)
