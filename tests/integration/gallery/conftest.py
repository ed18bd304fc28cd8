"""Galleries with tiny real films."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.library.domain import AssetKind
from app.library.intake import Intake, MadeFile
from app.resources import Resources
from tests.integration.media import reels

Json = dict[str, Any]
GALLERY = "/api/v1/gallery"
Hang = Callable[..., Awaitable[str]]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """These rules do not depend on the database; one test of the repository runs on both."""
    return sqlite_url


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


async def own_id(person: httpx2.AsyncClient) -> str:
    return str((await person.get("/api/v1/auth/me")).json()["id"])


@pytest.fixture
def hang(resources: Resources, tmp_path: Path) -> Hang:
    """Gives a person a finished film of a second; `content` makes it one that nobody can read."""

    async def make(person: httpx2.AsyncClient, title: str, content: bytes = b"") -> str:
        path = tmp_path / f"{resources.clock.new_id()}.mp4"
        if content:
            path.write_bytes(content)
        else:
            await reels.clip(resources.tools, path, "testsrc2=s=128x72:r=24:d=1")
        facts = {"width": 128, "height": 72, "duration_seconds": 1.0}
        made = MadeFile(path, "mp4", facts)
        return (await Intake(resources).keep(await own_id(person), AssetKind.FILM, title, made)).id

    return make
