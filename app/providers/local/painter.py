"""Offline stills behind the image port: painted scenes, no key, no network."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Final

import structlog
from typing_extensions import override

from app.core import process
from app.core.fairness import FairLimiter
from app.core.process import Limits, ProcessFailed, ProcessTimedOut
from app.providers.errors import InvalidRequest, UnexpectedReply
from app.providers.image import ImageCapabilities, ImageProvider, ImageRequest, MadePictures, ReferenceUse, Still
from app.providers.local.clips import DRAWING_ENVIRONMENT, UNREADABLE, WORKER
from app.providers.values import AttemptKey, MediaType, PictureRules

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
