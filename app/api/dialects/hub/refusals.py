"""Statuses of this face: an illegal move, not ready, no script and refused words are one case to its client, 400."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from typing_extensions import override

from app.api.problems import MANNER, MEDIA_TYPE
from app.core.errors import AppError, Conflict
from app.jobs.dependencies import IdempotentRoute
from app.moderation.errors import ContentHeld, ContentRefused
from app.production.errors import ScriptEmpty

__all__ = ["REFUSED", "HubRoute"]

BAD_REQUEST = 400
CATEGORIES_HEADER = "X-Moderation-Categories"
REFUSED: dict[int | str, dict[str, Any]] = {
    BAD_REQUEST: {
        "description": "An illegal move, not ready yet, no script, or words that the rules refuse",
        "headers": {CATEGORIES_HEADER: {"description": "What was found in the words", "schema": {"type": "string"}}},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


class HubRoute(IdempotentRoute):
    """A route whose conflicts, missing scripts and refused words are answered with 400."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def translating(request: Request) -> Response:
            request.scope["state"][MANNER] = _as_bad_request
            return await answer(request)

        return translating


def _as_bad_request(refused: AppError) -> tuple[int, Mapping[str, str]] | None:
    if isinstance(refused, Conflict | ContentRefused | ContentHeld | ScriptEmpty):
        return BAD_REQUEST, _categories(refused)
    return None


def _categories(refused: AppError) -> dict[str, str]:
    found = refused.facts.get("categories")
    return {CATEGORIES_HEADER: ", ".join(map(str, found))} if isinstance(found, list) and found else {}
