"""/api/v1/chat/personas and the placeholder picture of the gallery."""

from typing import Annotated

from fastapi import Path, Response

from app.accounts.dependencies import CurrentUser, Public
from app.api.dialects.one_shot.shapes import Persona
from app.core.routing import Router

__all__ = ["router"]

router = Router()
Pixels = Annotated[int, Path(ge=1, le=4000)]
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    '<rect width="100%" height="100%" fill="#d5d9df"/></svg>'
)
HEADERS = {"Cache-Control": "public, max-age=86400", "Content-Security-Policy": "default-src 'none'; sandbox"}


@router.get("/v1/chat/personas", operation_id="chat_personas")
async def personas(_account: CurrentUser) -> list[Persona]:
    """Nobody to chat with lives here."""
    return []


@router.get(
    "/placeholder/{width}/{height}",
    operation_id="placeholder_read",
    dependencies=[Public],
    response_class=Response,
)
async def placeholder(width: Pixels, height: Pixels) -> Response:
    """A plain picture of this size."""
    return Response(PICTURE.format(width=width, height=height), media_type="image/svg+xml", headers=HEADERS)
