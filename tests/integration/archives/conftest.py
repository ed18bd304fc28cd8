"""Projects with clips, narrations, frames and a film, to be packed and unpacked."""

import io
import json
import zipfile
from typing import Any

import httpx2
import pytest

from tests.integration.assembly.conftest import CuttingRoom, Json, room

__all__ = ["room"]

API = "/api/v1"
Packed = dict[str, bytes]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """These rules do not depend on the database; one test of the restoring runs on both."""
    return sqlite_url


@pytest.fixture
async def project(room: CuttingRoom) -> Json:
    """Two segments with clips, narrations and a first frame, cut into a film."""
    made = await room.ready(style="watercolour", music={"mood": "soft", "volume": 0.2}, budget=5)
    await room.cut(made)
    project: Json = await room.get(f"/projects/{made['id']}")
    return project


async def exported(person: httpx2.AsyncClient, project: Json, **query: str) -> bytes:
    answer = await person.get(f"{API}/projects/{project['id']}/archive", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    return answer.content


async def sent(person: httpx2.AsyncClient, content: bytes) -> httpx2.Response:
    files = {"file": ("project.zip", content, "application/zip")}
    return await person.post(f"{API}/projects/import", files=files)


def unzipped(content: bytes) -> Packed:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Packed, method: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def manifest_of(parts: Packed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parts["manifest.json"])
    return found
