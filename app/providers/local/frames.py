"""The frames of a clip as raw planes, sampled between pixels so that nothing jumps."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from app.providers.local.camera import MARGIN, View, first_view, last_view, mixed_part
from app.providers.video import CameraCommand

__all__ = ["clip_frames"]

FORMATS = ("PNG", "JPEG", "WEBP")
# Rec. 709 at video range: luma, then the two colour differences.
TO_PLANES = ((0.2126, 0.7152, 0.0722), (-0.1146, -0.3854, 0.5), (0.5, -0.4542, -0.0458))
RANGES = (219 / 255, 224 / 255, 224 / 255)
OFFSETS = (16.0, 128.0, 128.0)

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class _Shot:
    """One picture as three planes with mirrored margins; `sizes` are those of the planes of a frame."""

    planes: tuple[Image.Image, ...]
    sizes: tuple[tuple[int, int], ...]

    def seen(self, view: View) -> Iterator[Image.Image]:
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
    opening = _shot(first, size)
    closing = _shot(last, size) if last is not None else None
    for number in range(count):
        at = number / max(1, count - 1)
        part = mixed_part(at) if closing is not None else 0.0
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
    turning, ranges, offsets = (np.array(row, np.float32) for row in (TO_PLANES, RANGES, OFFSETS))
    coloured = (np.asarray(fitted, np.float32) @ turning.T) * ranges + offsets
    halves = coloured.reshape(size[1] // 2, 2, size[0] // 2, 2, 3).mean(axis=(1, 3))
    planes = (coloured[..., 0], halves[..., 1], halves[..., 2])
    small = (size[0] // 2, size[1] // 2)
    return _Shot(tuple(_margined(plane) for plane in planes), (size, small, small))


def _margined(plane: NDArray[np.float32]) -> Image.Image:
    height, width = plane.shape
    edges = ((round(height * MARGIN),) * 2, (round(width * MARGIN),) * 2)
    eight_bit: Plane = np.clip(plane + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(np.pad(eight_bit, edges, mode="symmetric"))


def _inside(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return max(0.0, left), max(0.0, top), min(float(size[0]), right), min(float(size[1]), bottom)
