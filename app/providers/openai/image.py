"""Pictures by gpt-image: from words, or from words and reference pictures."""

import base64
import binascii
from typing import Final

from openai.types import ImagesResponse
from typing_extensions import override

from app.core.threads import Threads
from app.providers.errors import ContentBlocked, InvalidRequest, UnexpectedReply
from app.providers.image import ImageCapabilities, ImageProvider, ImageRequest, MadePictures, ReferenceUse, Still
from app.providers.openai.account import NAME
from app.providers.openai.client import OpenAIClient
from app.providers.values import AttemptKey, MediaType, PictureRules

__all__ = ["OpenAIImage"]

DEADLINE_SECONDS: Final = 240.0
# Both sides are divisible by 16, as the vendor asks; the short side is at least 768.
SIZES: Final = {
    "16:9": (1376, 768),
    "9:16": (768, 1376),
    "1:1": (1024, 1024),
    "4:3": (1024, 768),
    "3:4": (768, 1024),
    "3:2": (1152, 768),
    "2:3": (768, 1152),
    "21:9": (1792, 768),
}
REFERENCES = PictureRules(frozenset({MediaType.PNG, MediaType.JPEG, MediaType.WEBP}), max_bytes=50 * 1024 * 1024)
ENDINGS = {MediaType.PNG: "png", MediaType.JPEG: "jpg", MediaType.WEBP: "webp"}


class OpenAIImage(ImageProvider):
    """Draws; references are scenes to go on from."""

    name = NAME

    def __init__(self, client: OpenAIClient, threads: Threads) -> None:
        self.account = client.account.label
        self._client = client
        self._threads = threads

    @override
    def models(self) -> tuple[str, ...]:
        return (self._client.account.image_model,)

    @override
    def capabilities(self, model: str = "") -> ImageCapabilities:
        known = self._client.account.image_model
        if model not in {"", known}:
            raise InvalidRequest(provider=NAME, hint=f"Use {known}.")
        return ImageCapabilities(
            model=known,
            prompt_limit_characters=32_000,
            sizes=dict(SIZES),
            reference_use=ReferenceUse.SCENE,
            most_references=16,
            reference_rules=REFERENCES,
            most_pictures=10,
            takes_seed=False,
            deadline_seconds=DEADLINE_SECONDS,
        )

    @override
    async def draw(self, request: ImageRequest, *, key: AttemptKey) -> MadePictures:
        misfit = self.capabilities(request.model).misfit(request)
        if misfit is not None:
            raise InvalidRequest(provider=NAME, provider_code=misfit.param, hint=misfit.hint)
        answer = await self._client.paid("image", self._asked(request), DEADLINE_SECONDS)
        encoded = [made.b64_json for made in answer.data or () if made.b64_json]
        if not encoded:
            raise ContentBlocked(provider=NAME, provider_code="no_picture")
        try:
            pictures = await self._threads.run(_decoded, encoded)
        except binascii.Error as broken:
            raise UnexpectedReply(provider=NAME, provider_code="base64") from broken
        return MadePictures(tuple(Still(picture, MediaType.PNG) for picture in pictures))

    @override
    async def close(self) -> None:
        await self._client.close()

    async def _asked(self, request: ImageRequest) -> ImagesResponse:
        width_px, height_px = SIZES[request.aspect_ratio]
        size, images = f"{width_px}x{height_px}", self._client.sdk.images
        model = request.model or self._client.account.image_model
        if not request.references:
            return await images.generate(
                model=model, prompt=request.prompt, n=request.count, size=size, output_format="png"
            )
        files = [
            (f"reference{number}.{ENDINGS[picture.media_type]}", picture.content, picture.media_type.value)
            for number, picture in enumerate(request.references)
        ]
        return await images.edit(
            model=model, prompt=request.prompt, image=files, n=request.count, size=size, output_format="png"
        )


def _decoded(encoded: list[str]) -> list[bytes]:
    return [base64.b64decode(picture, validate=True) for picture in encoded]
