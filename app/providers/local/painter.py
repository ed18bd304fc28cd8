"""Offline stills behind the image port: painted scenes, no key, no network."""

from typing import Final

from typing_extensions import override

from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.providers.errors import InvalidRequest
from app.providers.image import ImageCapabilities, ImageProvider, ImageRequest, MadePictures, ReferenceUse, Still
from app.providers.local.scenery.continuity import ReferenceUnreadable, World, world_of
from app.providers.local.scenery.picture import painted
from app.providers.values import AttemptKey, MediaType, Picture, PictureRules

__all__ = ["PAINTER_MODEL", "LocalPainter"]

NAME: Final = "local"
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
    deadline_seconds=60,
    notes=("Painted on this machine from the words of the prompt: a scene with silhouettes, not a photograph.",),
)


class LocalPainter(ImageProvider):
    """Paints place, hour, weather and figures that the words name; the first reference's world goes on."""

    name = NAME
    account = NAME

    def __init__(self, threads: Threads, processors: FairLimiter) -> None:
        self._threads = threads
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
        async with self._processors.turn():
            world = await self._threads.run(_world, request.references)
            made = [
                await self._threads.run(painted, request.prompt, size, first_seed + number, world)
                for number in range(request.count)
            ]
        return MadePictures(tuple(Still(content, MediaType.PNG) for content in made))

    @override
    async def close(self) -> None:
        """Holds nothing open."""


def _world(references: tuple[Picture, ...]) -> World | None:
    if not references:
        return None
    try:
        return world_of(references[0].content)
    except ReferenceUnreadable as unreadable:
        hint = "Use a reference picture that opens as PNG, JPEG or WebP."
        raise InvalidRequest(provider=NAME, provider_code="references", hint=hint) from unreadable
