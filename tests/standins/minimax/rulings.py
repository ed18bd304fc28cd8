"""What the vendor demands of keys, bodies and pictures, in the shape of its refusals."""

import base64
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from tests.standins.minimax.media import picture_size
from tests.standins.minimax.world import FOREIGN_REGION_KEY, GOOD_KEY, OTHER_KEY, World

DATA_URL = re.compile(r"data:image/(jpeg|jpg|png|webp);base64,(.+)", re.DOTALL)
HTTP_OF = {1002: 429, 1004: 401, 1008: 402, 2013: 400, 1026: 422, 2049: 401}


class Refusal(Exception):
    """One of the vendor's codes."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def demand(condition: object, message: str, code: int = 2013) -> None:
    if not condition:
        raise Refusal(code, message)


def said(**fields: Any) -> JSONResponse:
    return JSONResponse({**fields, "base_resp": {"status_code": 0, "status_msg": "success"}})


def refusal_v1(world: World, path: str, refusal: Refusal) -> JSONResponse:
    """V1 refuses with HTTP 200."""
    world.refused.append((path, refusal.code))
    return JSONResponse({"base_resp": {"status_code": refusal.code, "status_msg": refusal.message}})


def refusal_v2(world: World, path: str, refusal: Refusal) -> JSONResponse:
    """V2 refuses with real statuses."""
    world.refused.append((path, refusal.code))
    status = HTTP_OF.get(refusal.code, 500)
    error = {"type": "invalid_request", "message": f"{refusal.message} ({refusal.code})", "http_code": str(status)}
    return JSONResponse({"type": "error", "error": error, "request_id": "r"}, status_code=status)


def demand_key(world: World, request: Request) -> None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    demand(given != FOREIGN_REGION_KEY, "invalid api key", 2049)
    demand(given in {GOOD_KEY, OTHER_KEY}, "login fail: Please carry the API secret key", 1004)
    world.keys_used.append(given)


async def body_of(request: Request, known: set[str]) -> dict[str, Any]:
    """A JSON object with a JSON content type and no unknown field: a typing error must not pass here."""
    demand(request.headers.get("content-type", "").startswith("application/json"), "content type is not JSON")
    try:
        body = json.loads(await request.body())
    except ValueError as wrong:
        raise Refusal(2013, "invalid params, body is not JSON") from wrong
    demand(isinstance(body, dict), "invalid params, body is no object")
    demand(set(body) <= known, f"invalid params, unknown field {set(body) - known}")
    return dict(body)


def picture(value: object, *, max_bytes: int, above_px: int, rule: str = "ratio") -> bytes | None:
    """Bytes of a Data URL that fits the rules; a public address is accepted unseen."""
    demand(isinstance(value, str), "invalid params, image is no text")
    text = str(value)
    if text.startswith(("https://", "http://")):
        return None
    found = DATA_URL.fullmatch(text)
    demand(found, "invalid params, image is neither an address nor a Data URL")
    assert found is not None
    try:
        content = base64.b64decode(found[2], validate=True)
        wide, high, kind = picture_size(content)
    except (ValueError, OSError) as wrong:
        raise Refusal(2013, "invalid params, image cannot be read") from wrong
    demand(len(content) < max_bytes, "invalid params, image is too large")
    demand(kind in {"JPEG", "PNG", "WEBP"}, "invalid params, image format")
    demand(min(wide, high) > above_px, "invalid params, image is too small")
    demand(rule != "ratio" or 0.4 <= wide / high <= 2.5, "invalid params, image ratio")
    return content


def whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
