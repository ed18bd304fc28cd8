"""What the vendor demands of keys and bodies."""

import base64
import json
import re
from typing import Any

from starlette.requests import Request

from tests.standins.minimax.media import picture_size
from tests.standins.openai.world import GOOD_KEY, Refusal, World, demand

DATA_URL = re.compile(r"data:image/(jpeg|png|webp);base64,(.+)", re.DOTALL)
MOST_IMAGE_BYTES = 50 * 1024 * 1024


def demand_key(request: Request) -> None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    shown = f"{given[:3]}***{given[-4:]}"
    demand(given == GOOD_KEY, f"Incorrect API key provided: {shown}.", code="invalid_api_key", status=401)


async def body_of(request: Request, world: World, known: set[str]) -> dict[str, Any]:
    """A JSON object with a JSON content type and no unknown field: a typing error must not pass here."""
    demand(request.headers.get("content-type", "").startswith("application/json"), "Unsupported content type.")
    try:
        body = json.loads(await request.body())
    except ValueError as wrong:
        message = "We could not parse the JSON body of your request."
        raise Refusal(message) from wrong
    demand(isinstance(body, dict), "We could not parse the JSON body of your request.")
    unknown = sorted(set(body) - known)
    demand(not unknown, f"Unknown parameter: '{unknown}'.", code="unknown_parameter")
    world.bodies.append(body)
    return dict(body)


def whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def demand_picture(content: bytes) -> None:
    """A real picture of a kind and size that the vendor takes."""
    try:
        _, _, kind = picture_size(content)
    except OSError as wrong:
        message = "Invalid image file or mode."
        raise Refusal(message, code="invalid_image_file") from wrong
    demand(kind in {"PNG", "JPEG", "WEBP"}, "Unsupported image format.", code="unsupported_file_mimetype")
    demand(len(content) < MOST_IMAGE_BYTES, "Image is too large.", code="image_too_large")


def demand_picture_link(url: object) -> None:
    """A public address, accepted unseen, or a Data URL of a real picture."""
    demand(isinstance(url, str), "Invalid image_url.")
    if str(url).startswith("https://"):
        return
    found = DATA_URL.fullmatch(str(url))
    demand(found, "Invalid image_url: neither an address nor a Data URL.")
    assert found is not None
    demand_picture(base64.b64decode(found[2], validate=True))
