"""MiniMax pictures behind the image port."""

import binascii
from base64 import b64decode

from pydantic import JsonValue
from typing_extensions import override

from app.core.http import OutboundRequest
from app.core.limiter import AccountLimiter, LimiterRules
from app.providers.errors import ContentBlocked, InvalidRequest, OutcomeUnknown
from app.providers.image import ImageCapabilities, ImageProvider, ImageRequest, MadePictures, Still
from app.providers.minimax.account import NAME
from app.providers.minimax.client import MiniMaxClient, room
from app.providers.minimax.models import IMAGE_01, IMAGE_MODELS
from app.providers.minimax.tasks import data_url
from app.providers.minimax.wire import ImageReply
from app.providers.values import AttemptKey, MediaType

MEGABYTE = 1024 * 1024
DRAW_LIMITS = OutboundRequest("POST", "", total_seconds=100, read_seconds=100, max_bytes=96 * MEGABYTE)
STARTS = {b"\xff\xd8\xff": MediaType.JPEG, b"\x89PNG\r\n\x1a\n": MediaType.PNG, b"RIFF": MediaType.WEBP}


class MiniMaxImage(ImageProvider):
    """image-01; the picture comes inside the answer, so no link can expire."""

    name = NAME

    def __init__(self, client: MiniMaxClient) -> None:
        self.account = client.account.label
        self._client = client
        self._limiter = AccountLimiter(client.clock, LimiterRules(client.account.rpm_image))

    @override
    def models(self) -> tuple[str, ...]:
        return tuple(IMAGE_MODELS)

    @override
    def capabilities(self, model: str = "") -> ImageCapabilities:
        wanted = model or IMAGE_01.model
        if wanted not in IMAGE_MODELS:
            raise InvalidRequest(provider=NAME, hint=f"Use one of {', '.join(IMAGE_MODELS)}.")
        return IMAGE_MODELS[wanted]

    @override
    async def draw(self, request: ImageRequest, *, key: AttemptKey) -> MadePictures:
        can = self.capabilities(request.model)
        misfit = can.misfit(request)
        if misfit is not None:
            raise InvalidRequest(provider=NAME, provider_code=misfit.param, hint=misfit.hint)
        async with room(self._limiter, key.attempt_id):
            body = _drawing_body(request, can)
            reply = await self._client.pay("/v1/image_generation", body, ImageReply, limits=DRAW_LIMITS)
        stills = tuple(_still(encoded) for encoded in (reply.data.image_base64 if reply.data else ()))
        blocked = reply.metadata.failed_count if reply.metadata else 0
        if not stills and blocked:
            raise ContentBlocked(provider=NAME, provider_code="all pictures held back")
        if not stills:
            raise OutcomeUnknown(provider=NAME, provider_code="no picture")
        return MadePictures(stills, blocked)

    @override
    async def close(self) -> None:
        await self._client.close()


def _drawing_body(request: ImageRequest, can: ImageCapabilities) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {
        "model": can.model,
        "prompt": request.prompt,
        "aspect_ratio": request.aspect_ratio,
        "response_format": "base64",
        "n": request.count,
        "prompt_optimizer": False,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.references:
        body["subject_reference"] = [{"type": "character", "image_file": data_url(request.references[0])}]
    return body


def _still(encoded: str) -> Still:
    try:
        content = b64decode(encoded.partition("base64,")[2] or encoded, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise OutcomeUnknown(provider=NAME, provider_code="picture is not base64") from wrong
    for start, media_type in STARTS.items():
        if content.startswith(start):
            return Still(content, media_type)
    raise OutcomeUnknown(provider=NAME, provider_code="not a picture")
