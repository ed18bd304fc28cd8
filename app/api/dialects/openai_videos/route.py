"""Routes that refuse as the OpenAI API does: what is wrong with a request is 400, and fields have its names."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from typing_extensions import override

from app.api.problems import FIELD_NAMES, STATUS, UNUSABLE_STATUS
from app.core.errors import Kind
from app.jobs.dependencies import IdempotentRoute

__all__ = ["WireRoute"]

# What the wire calls the fields of the service.
NAMES = {
    "target_duration_sec": "seconds",
    "story_prompt": "prompt",
    "video_prompt": "prompt",
    "aspect_ratio": "size",
    "resolution": "size",
    "providers": "model",
}


class WireRoute(IdempotentRoute):
    """A route of this face."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def speaking(request: Request) -> Response:
            request.scope["state"][UNUSABLE_STATUS] = STATUS[Kind.UNFIT]
            request.scope["state"][FIELD_NAMES] = NAMES
            try:
                return await handle(request)
            finally:
                # The framework closes only forms that it has read itself.
                await request.close()

        return speaking
