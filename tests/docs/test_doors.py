"""The lines that the document shows for each door, run as they stand against a service as people run it."""

import ast
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import mcp
import openai
import pytest
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.docs.documents import INTEGRATE, ROOT, block, clean_environment, started
from tests.docs.test_blocks import SERVE, bash, post

pytestmark = [pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"), pytest.mark.timeout(300)]
DOCUMENTED = "http://localhost:8000"
PASSWORD = "seven herons over the weir"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doors")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Where the service answers; Ada has an account there."""
    environment = clean_environment(PORT="0", PYTHONPATH=str(ROOT), STORAGE_PATH=str(folder / "storage"))
    with started(SERVE, folder, environment, seconds=60) as (found,):
        assert post(f"{found}/api/v1/auth/register", email="ada@example.com", password=PASSWORD) == 201
        yield found


@pytest.fixture(scope="module")
def key(address: str, folder: Path) -> str:
    """The key that the document's own line makes; the password is read as `avc` reads it."""
    script = block("test: door key", INTEGRATE).replace(".venv/bin/avc", f"{sys.executable} -m app.cli")
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{script}\necho $AVC_API_KEY"],
        input=f"{PASSWORD}\n",
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(ROOT), AVC_URL=address),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


async def run(mark: str, address: str, **names: Any) -> Json:
    """Runs a block of Python as a program does that has imported what it uses; gives its names back."""
    code = compile(block(mark, INTEGRATE).replace(DOCUMENTED, address), mark, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    waiting = eval(code, names)
    if waiting is not None:
        await waiting
    return names


def test_the_openai_sdk(address: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVC_API_KEY", key)
    monkeypatch.chdir(tmp_path)
    names = asyncio.run(run("test: door openai", address, openai=openai, os=os))
    assert names["video"].status == "completed", names["video"]
    names["studio"].close()
    assert b"ftyp" in (tmp_path / "fox.mp4").read_bytes()[:12]


async def test_an_mcp_client(address: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVC_API_KEY", key)
    known = {"httpx2": httpx2, "mcp": mcp, "os": os, "streamable_http_client": streamable_http_client}
    names = await run("test: door mcp", address, **known)
    assert names["job"]["kind"] == "film.produce"


async def test_a_desktop_assistant(address: str, key: str, folder: Path) -> None:
    """The assistant starts the command with its environment, and finds the tools and what the key's owner has."""
    server = json.loads(block("test: door desktop", INTEGRATE))["mcpServers"]["films"]
    assert set(server["env"]) == {"AVC_URL", "AVC_API_KEY"}
    environment = clean_environment(PYTHONPATH=str(ROOT), AVC_URL=address, AVC_API_KEY=key)
    assert Path(server["command"]).name == "avc"
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "app.cli", *server["args"]], env=environment, cwd=folder
    )
    async with mcp.Client(command) as assistant:
        assert "start_film" in {tool.name for tool in (await assistant.list_tools()).tools}
        listed = await assistant.call_tool("list_projects", {})
    assert not listed.is_error


def test_curl(address: str, key: str, folder: Path) -> None:
    told = json.loads(bash(block("test: door curl", INTEGRATE).replace(DOCUMENTED, address), folder, AVC_API_KEY=key))
    assert told["status"] == "pending"
    headers = {"Authorization": f"Bearer {key}"}
    assert httpx2.get(f"{address}/api/v1/videos/{told['job_id']}", headers=headers).status_code == 200


def test_a_front_end_of_json_server(address: str, key: str, folder: Path) -> None:
    said = bash(block("test: door json-server", INTEGRATE).replace(DOCUMENTED, address), folder, AVC_API_KEY=key)
    head, _, body = said.rpartition("\n\n")
    assert "x-total-count: 1" in head.lower()
    assert [each["title"] for each in json.loads(body)] == ["The fox"]
