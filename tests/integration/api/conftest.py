"""The real application with a few extra routes that misbehave on request."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Annotated, Any, Protocol

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, File, Form, Header, Request, UploadFile
from fastapi.responses import HTMLResponse

from app.accounts.dependencies import Public
from app.core.dependencies import FILE_FORM
from app.core.errors import Conflict, Exhausted, Outdated, StorageFull, Unavailable, Unfit, Unpaid
from app.core.schema import Body
from app.main import create_app
from tests.conftest import MakeSettings

UPLOAD_BYTES = 600 * 1024
probe_router = APIRouter(prefix="/probe", dependencies=[Public])


class Note(Body):
    text: str
    count: int = 0
    size: float = 0


class Busy(Conflict):
    code = "probe.busy"
    message = "The probe is busy. Come back later."


class Broke(Unpaid):
    code = "probe.broke"
    message = "The probe costs more than you have. Raise the budget."


class Odd(Unfit):
    code = "probe.odd"
    message = "The probe does not like it. Send something else."


ERRORS = {
    "busy": Busy,
    "broke": Broke,
    "odd": Odd,
    "outdated": Outdated,
    "exhausted": Exhausted,
    "unavailable": Unavailable,
    "full": StorageFull,
}


@probe_router.post("/notes", operation_id="probe_note")
async def note(body: Note) -> dict[str, Any]:
    return {"text": body.text, "count": body.count}


@probe_router.post("/forms", operation_id="probe_form")
async def form(text: Annotated[str, Form()]) -> dict[str, int]:
    return {"length": len(text)}


@probe_router.post("/files", operation_id="probe_file", max_body_size=UPLOAD_BYTES, form_limits=FILE_FORM)
async def file(file: Annotated[UploadFile, File()]) -> dict[str, int]:
    return {"size": len(await file.read())}


@probe_router.get("/errors/{name}", operation_id="probe_error")
async def error(name: str, after: int | None = None) -> None:
    raise ERRORS[name](retry_after_seconds=after, facts={"status": 1, "code": "forged", "allowed": ["a"]})


@probe_router.get("/crash", operation_id="probe_crash")
async def crash(why: str = "canary-of-a-crash") -> None:
    raise RuntimeError(why)


@probe_router.get("/page", operation_id="probe_page")
async def page() -> HTMLResponse:
    return HTMLResponse("<p>hello</p>")


@probe_router.get("/account", operation_id="probe_account")
async def account(request: Request, authorization: Annotated[str, Header()]) -> None:
    """Stands for a route whose dependency has found the caller."""
    if "forged" not in authorization:
        request.state.account_id = authorization.rpartition("-")[2]


@probe_router.get("/items/{item_id}", operation_id="probe_item")
async def item(item_id: str) -> str:
    return item_id


@probe_router.put("/items/{item_id}", operation_id="probe_item_put")
async def put_item(item_id: str) -> str:
    return item_id


class Edge(Protocol):
    async def __call__(self, **overrides: dict[str, Any]) -> httpx2.AsyncClient: ...


def client_of(
    app: FastAPI, *, base_url: str = "http://testserver", address: str = "198.51.100.7"
) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 40000))
    return httpx2.AsyncClient(transport=transport, base_url=base_url)


@pytest.fixture
async def started(make_settings: MakeSettings, sqlite_url: str) -> AsyncIterator[Callable[..., Any]]:
    """Starts the application with the probe routes under these settings."""
    async with AsyncExitStack() as stack:

        async def start(**overrides: dict[str, Any]) -> FastAPI:
            app = create_app(make_settings(**{"database": {"database_url": sqlite_url}, **overrides}))
            app.include_router(probe_router)
            await stack.enter_async_context(app.router.lifespan_context(app))
            return app

        yield start


@pytest.fixture
async def edge(started: Callable[..., Any]) -> AsyncIterator[Edge]:
    """A client of the application with the probe routes, under settings of the test's choice."""
    async with AsyncExitStack() as stack:

        async def open_edge(**overrides: dict[str, Any]) -> httpx2.AsyncClient:
            return await stack.enter_async_context(client_of(await started(**overrides)))

        yield open_edge
