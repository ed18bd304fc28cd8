"""Routes that refuse as the OpenAI API does: what is wrong with a request is 400."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from typing_extensions import override

from app.api.problems import STATUS, invalid, refusal
from app.core.errors import AppError, Kind
from app.jobs.dependencies import PaidRoute

__all__ = ["WireRoute"]

BAD_REQUEST = STATUS[Kind.UNFIT]


class WireRoute(PaidRoute):
    """A route of this face."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def speaking(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as fault:
                return invalid(request.scope, fault, status=BAD_REQUEST)
            except AppError as error:
                if error.kind is not Kind.UNUSABLE:
                    raise
                return refusal(request.scope, error, status=BAD_REQUEST)
            finally:
                # The framework closes only forms that it has read itself.
                await request.close()

        return speaking
