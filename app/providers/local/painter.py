"""Offline stills behind the image port: painted scenes, no key, no network."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import structlog
from PIL import Image, ImageOps
from typing_extensions import override

from app.core import process
from app.core.fairness import FairLimiter
from app.core.process import Limits, ProcessFailed, ProcessTimedOut
from app.providers.errors import InvalidRequest, UnexpectedReply
from app.providers.image import ImageCapabilities, ImageProvider, ImageRequest, MadePictures, ReferenceUse, Still
from app.providers.local.camera import FRAMES_PER_SECOND, MARGIN, CameraView, eased, first_view, last_view
from app.providers.local.clips import DRAWING_ENVIRONMENT, UNREADABLE, WORKER
from app.providers.local.scenery.composition import Composition, at_rest, composed
from app.providers.local.scenery.layers import VIDEO, FrameCanvas
from app.providers.local.scenery.layout import laid_out
from app.providers.local.scenery.movement import moved
from app.providers.local.scenery.painting import kept_painting
from app.providers.local.scenery.stage import Grid
from app.providers.values import AttemptKey, CameraCommand, MediaType, PictureRules

log = structlog.get_logger(__name__)
NAME: Final = "local"
MOST_SECONDS = 60
MEMORY_BYTES = 2 * 1024**3
PAINTER_MODEL: Final = "local-scenery-1"
SIZES = {
    "16:9": (1366, 768),
    "9:16": (768, 1366),
    "1:1": (768, 768),
    "4:3": (1024, 768),
    "3:4": (768, 1024),
    "3:2": (1152, 768),
    "2:3": (768, 1152),
    "21:9": (1792, 768),
}
REFERENCES = PictureRules(
    media_types=frozenset({MediaType.PNG, MediaType.JPEG, MediaType.WEBP}),
    max_bytes=20 * 1024 * 1024,
    max_side_px=8192,
)
SCENERY = ImageCapabilities(
    model=PAINTER_MODEL,
    prompt_limit_characters=4000,
    sizes=SIZES,
    reference_use=ReferenceUse.SCENE,
    most_references=4,
    reference_rules=REFERENCES,
    most_pictures=4,
    takes_seed=True,
    deadline_seconds=MOST_SECONDS,
    notes=("Painted on this machine from the words of the prompt: a storybook scene of flat figures, no photograph.",),
)


class LocalPainter(ImageProvider):
    """Paints place, hour, weather and figures that the words name; the first reference's cast and world go on."""

    name = NAME
    account = NAME

    def __init__(self, processors: FairLimiter) -> None:
        self._processors = processors

    @override
    def models(self) -> tuple[str, ...]:
        return (PAINTER_MODEL,)

    @override
    def capabilities(self, model: str = "") -> ImageCapabilities:
        if model not in {"", PAINTER_MODEL}:
            raise InvalidRequest(provider=NAME, hint=f"Use {PAINTER_MODEL}.")
        return SCENERY

    @override
    async def draw(self, request: ImageRequest, *, key: AttemptKey) -> MadePictures:
        can = self.capabilities(request.model)
        misfit = can.misfit(request)
        if misfit is not None:
            raise InvalidRequest(provider=NAME, provider_code=misfit.param, hint=misfit.hint)
        size, first_seed = can.sizes[request.aspect_ratio], request.seed or 0
        seeds = [first_seed + number for number in range(request.count)]
        async with self._processors.turn():
            drawn = await _drawn(request, size, seeds)
        return MadePictures(tuple(Still(made, MediaType.PNG) for made in drawn))

    @override
    async def close(self) -> None:
        """Holds nothing open."""


async def _drawn(request: ImageRequest, size: tuple[int, int], seeds: Sequence[int]) -> list[bytes]:
    order = json.dumps({"prompt": request.prompt, "size": size, "seeds": seeds}).encode()
    reference = request.references[0].content if request.references else b""
    limits = Limits(MEMORY_BYTES, cpu_seconds=MOST_SECONDS, open_files=32, added=DRAWING_ENVIRONMENT)
    try:
        done = await process.run(
            process.module_command(WORKER), timeout_seconds=MOST_SECONDS, limits=limits, stdin=order + b"\n" + reference
        )
    except (ProcessFailed, ProcessTimedOut) as trouble:
        raise UnexpectedReply(provider=NAME, provider_code=type(trouble).__name__) from trouble
    if done.exit_code == UNREADABLE:
        hint = "Use a reference picture that opens as PNG, JPEG or WebP."
        raise InvalidRequest(provider=NAME, provider_code="references", hint=hint)
    if not done.succeeded:
        log.warning("picture.not_drawn", stderr=done.stderr_tail[-500:])
        raise UnexpectedReply(provider=NAME, provider_code=f"exit {done.exit_code}")
    return list(_parted(io.BytesIO(done.stdout)))


def _parted(stream: io.BytesIO) -> Iterator[bytes]:
    while size := stream.readline():
        yield stream.read(int(size))


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
