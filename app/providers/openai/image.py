"""gpt-image behind the image port: drawn from words alone, or after reference pictures."""

import binascii
from base64 import b64decode
from typing import Any, Literal

from openai import Omit, omit
from pydantic import ValidationError
from typing_extensions import override

from app.providers.errors import InvalidRequest, OutcomeUnknown
from app.providers.image import ImageCapabilities, ImageProvider, ImageRequest, MadePictures, Still
from app.providers.openai.account import NAME
from app.providers.openai.client import MOST_WAIT_SECONDS, OpenAIClient
from app.providers.openai.models import FAITHFUL_MODELS, image_models
from app.providers.openai.wire import ImagesReply
from app.providers.values import AttemptKey, MediaType

STARTS = {b"\xff\xd8\xff": MediaType.JPEG, b"\x89PNG\r\n\x1a\n": MediaType.PNG, b"RIFF": MediaType.WEBP}
ENDINGS = {MediaType.JPEG: "jpg", MediaType.PNG: "png", MediaType.WEBP: "webp"}


class OpenAIImage(ImageProvider):
    """Pictures come inside the answer, so no link can expire."""

    name = NAME

    def __init__(self, client: OpenAIClient) -> None:
        self.account = client.account.label
        self._client = client
        self._limiter = client.limiter(client.account.limits.rpm_image)
        self._models = image_models(client.account.image_model)

    @override
    def models(self) -> tuple[str, ...]:
        return tuple(self._models)

    @override
    def capabilities(self, model: str = "") -> ImageCapabilities:
        wanted = model or self._client.account.image_model
        if wanted not in self._models:
            raise InvalidRequest(provider=NAME, provider_code="model", hint=f"Use one of {', '.join(self._models)}.")
        return self._models[wanted]

    @override
    async def draw(self, request: ImageRequest, *, key: AttemptKey) -> MadePictures:
        can = self.capabilities(request.model)
        misfit = can.misfit(request)
        if misfit is not None:
            raise InvalidRequest(provider=NAME, provider_code=misfit.param, hint=misfit.hint)
        total_seconds = can.deadline_seconds - MOST_WAIT_SECONDS

        async def drawing() -> bytes:
            return await (self._edited(request, can) if request.references else self._generated(request, can))

        content = await self._client.pay(self._limiter, key.attempt_id, drawing, total_seconds=total_seconds)
        # Ten large pictures take a second to unpack, which the loop does not have.
        return MadePictures(await self._client.threads.run(_stills, content))

    @override
    async def close(self) -> None:
        await self._client.close()

    async def _generated(self, request: ImageRequest, can: ImageCapabilities) -> bytes:
        images = self._client.sdk.images.with_raw_response
        answer = await images.generate(
            model=can.model,
            prompt=request.prompt,
            n=request.count,
            size=_size(request, can),
            output_format="png",
        )
        return answer.content

    async def _edited(self, request: ImageRequest, can: ImageCapabilities) -> bytes:
        fidelity: Literal["high"] | Omit = "high" if can.model in FAITHFUL_MODELS else omit
        pictures = [
            (f"reference-{number}.{ENDINGS[picture.media_type]}", picture.content, picture.media_type.value)
            for number, picture in enumerate(request.references, start=1)
        ]
        answer = await self._client.sdk.images.with_raw_response.edit(
            model=can.model,
            prompt=request.prompt,
            image=pictures,
            n=request.count,
            size=_size(request, can),
            output_format="png",
            input_fidelity=fidelity,
        )
        return answer.content


def _size(request: ImageRequest, can: ImageCapabilities) -> Any:
    width_px, height_px = can.sizes[request.aspect_ratio]
    return f"{width_px}x{height_px}"


def _stills(content: bytes) -> tuple[Still, ...]:
    """Pictures out of a paid answer; what cannot be read leaves the outcome unknown."""
    try:
        reply = ImagesReply.model_validate_json(content)
    except ValidationError as wrong:
        raise OutcomeUnknown(provider=NAME, provider_code="unreadable") from wrong
    return tuple(_still(picture.b64_json) for picture in reply.data)


def _still(encoded: str) -> Still:
    try:
        content = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise OutcomeUnknown(provider=NAME, provider_code="picture is not base64") from wrong
    for start, media_type in STARTS.items():
        if content.startswith(start):
            return Still(content, media_type)
    raise OutcomeUnknown(provider=NAME, provider_code="not a picture")
