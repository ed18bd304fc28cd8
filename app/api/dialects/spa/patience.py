"""The pause before a 401 of this face: its page reloads for ever when one overtakes that of /auth/me."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from typing_extensions import override

from app.core.errors import NotSignedIn
from app.jobs.dependencies import IdempotentRoute
from app.resources import Resources

__all__ = ["PAUSE_SECONDS", "PatientRoute"]

PAUSE_SECONDS = 0.3


class PatientRoute(IdempotentRoute):
    """A route that lets /auth/me be answered first."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def patient(request: Request) -> Response:
            try:
                return await answer(request)
            except NotSignedIn:
                resources: Resources = request.app.state.resources
                await resources.clock.sleep(PAUSE_SECONDS)
                raise

        return patient
