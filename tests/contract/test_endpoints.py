"""Every address that the contracts name exists, with and without a slash at its end, and is told by the document."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.api.documents import DOCUMENTS
from app.api.openapi import api_document
from app.main import create_app
from tests.conftest import MakeSettings

NAMED = Path(__file__).with_name("endpoints.txt")
# Pages, probes and their doubles under the prefixes of faces stand in no API document.
UNTOLD = ("/ ", "/docs", "/redoc", "openapi.json", "/metrics", "/spa/media/", "/hub/media/", "/studio-api/media/")


def named() -> list[str]:
    """`METHOD path` of each line."""
    lines = NAMED.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def placeless(path: str) -> str:
    """The path with the names of its parameters left out, because each contract calls them its own way."""
    parts = ("{}" + part.partition("}")[2] if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def served(app: FastAPI) -> Iterator[str]:
    for route in iter_route_contexts(app.routes):
        for method in getattr(route, "methods", None) or ():
            yield f"{method} {placeless(str(getattr(route, 'path', '')))}"


def example(path: str) -> str:
    """The path with something in the place of its parameters."""
    return "/".join("x" + part.partition("}")[2] if part.startswith("{") else part for part in path.split("/"))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Addresses do not depend on the kind of database."""
    return sqlite_url


def test_no_address_is_named_twice() -> None:
    assert len(set(named())) == len(named()) > 200


def test_every_named_address_is_served(make_settings: MakeSettings) -> None:
    known = set(served(create_app(make_settings())))
    missing = []
    for line in named():
        method, _, path = line.partition(" ")
        if f"{method} {placeless(path)}" not in known and not path.startswith("/api/placeholder/"):
            missing.append(line)
    assert missing == []


def test_every_named_address_stands_in_a_document(make_settings: MakeSettings) -> None:
    app = create_app(make_settings())
    paths = [at for document in DOCUMENTS for at in api_document(app, document)["paths"].items()]
    told = {f"{method.upper()} {placeless(path)}" for path, at in paths for method in at}
    untold = []
    for line in named():
        method, _, path = line.partition(" ")
        if f"{method} {placeless(path)}" not in told and not path.startswith("/api/placeholder/"):
            untold.append(line)
    assert [line for line in untold if not any(part in f"{line} " for part in UNTOLD)] == []


async def test_a_slash_at_the_end_is_neither_a_redirect_nor_another_address(client: httpx2.AsyncClient) -> None:
    differing = []
    for line in named():
        method, _, path = line.partition(" ")
        if path == "/" or "/events" in path:
            continue
        plain = await client.request(method, example(path))
        slashed = await client.request(method, f"{example(path)}/")
        if plain.status_code != slashed.status_code or 300 <= slashed.status_code < 400:
            differing.append((line, plain.status_code, slashed.status_code))
    assert differing == []
