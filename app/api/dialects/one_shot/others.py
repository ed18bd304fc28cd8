"""/api/v1/chat, which has nobody to answer, and the placeholder picture of the gallery."""

from typing import Annotated

from fastapi import Path, Response

from app.accounts.dependencies import CurrentUser, Public
from app.api.dialects.one_shot.shapes import ChatAbsent, Persona
from app.core.routing import Router

__all__ = ["router"]

router = Router()
Pixels = Annotated[int, Path(ge=1, le=4000)]
Topic = Annotated[str, Path(alias="topic", max_length=500)]
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    '<rect width="100%" height="100%" fill="#d5d9df"/></svg>'
)
HEADERS = {"Cache-Control": "public, max-age=86400", "Content-Security-Policy": "default-src 'none'; sandbox"}


@router.get("/v1/chat/personas", operation_id="chat_personas")
async def personas(_account: CurrentUser) -> list[Persona]:
    """Nobody to chat with lives here."""
    return []


@router.get("/v1/chat/{topic:path}", operation_id="chat_read")
@router.post("/v1/chat/{topic:path}", operation_id="chat_say")
@router.delete("/v1/chat/{topic:path}", operation_id="chat_delete")
async def chat(_topic: Topic, _account: CurrentUser) -> ChatAbsent:
    """Whatever else the page asks of a chat is answered with a sentence."""
    return ChatAbsent()


@router.get(
    "/placeholder/{width}/{height}",
    operation_id="placeholder_read",
    dependencies=[Public],
    response_class=Response,
)
async def placeholder(width: Pixels, height: Pixels) -> Response:
    """A plain picture of this size."""
    return Response(PICTURE.format(width=width, height=height), media_type="image/svg+xml", headers=HEADERS)
