"""The pages on an origin of their own, or on the service's: then everything that is no page is passed on to it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.contract.faces.door import listening
from tests.e2e.conftest import Person

FOLDER = Path(__file__).parent
PASSED_ON = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# They belong to one connection and not to the next one.
OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "date", "server"})


def address_of(person: Person) -> str:
    """Where the service answers that somebody has registered at."""
    return str(person.http.base_url).rstrip("/")


@asynccontextmanager
async def pages(environment: Mapping[str, Any], *, before: str = "") -> AsyncIterator[str]:
    """The address of all pages; with `before` it is also the origin of the service at that address.

    The environment may be filled later, because a service must be told which origins it serves.
    """

    async def settings(_request: Request) -> Response:
        return Response(f"window.ENV = {json.dumps(dict(environment))};", media_type="text/javascript")

    routes: list[Any] = [
        Route("/pages/{client}/env-config.js", settings),
        Mount("/pages", StaticFiles(directory=FOLDER, html=True)),
    ]
    # The service closes connections that are silent; one that is about to close is not used again.
    limits = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(base_url=before, timeout=None, limits=limits) as service:

        async def pass_on(request: Request) -> Response:
            return await _passed_on(service, request)

        if before:
            routes.append(Route("/{path:path}", pass_on, methods=PASSED_ON))
        async with listening(FastAPI(routes=routes, openapi_url=None)) as address:
            yield address


async def _passed_on(service: httpx2.AsyncClient, request: Request) -> Response:
    """The service's own answer; what is passed on says nothing of the way."""
    asked = service.build_request(
        request.method,
        request.url.path,
        params=request.query_params,
        headers=request.headers.raw,
        content=await request.body(),
    )
    answered = await service.send(asked, stream=True)
    response = StreamingResponse(answered.aiter_raw(), answered.status_code, background=BackgroundTask(answered.aclose))
    response.raw_headers = [
        (name.lower(), value) for name, value in answered.headers.raw if name.decode().lower() not in OF_THE_CONNECTION
    ]
    return response
