"""MCP on standard streams: the official client starts `avc mcp` and talks to it."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from app.cli.terminal import ExitCode
from app.main import create_app
from app.projects.errors import ProjectNotFound
from app.resources import Outside
from tests.conftest import MakeSettings
from tests.contract.faces.door import key_of, listening
from tests.contract.mcp.agent import Agent, Refused
from tests.doubles.engines import ScriptedKit
from tests.doubles.visuals import VENDOR
from tests.people import access_token
from tests.scripted_house import Vendor

pytestmark = pytest.mark.timeout(150)
ROOT = Path(__file__).parents[3]
STORY = "A fox carries a lantern through the fog and finds the way home."


def command(folder: Path, **environment: str) -> StdioServerParameters:
    known = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PORT": "1",
        "STORAGE_RESERVE_MB": "0",
        "STORAGE_PATH": f"{folder}/storage",
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/film.db",
    }
    return StdioServerParameters(
        command=sys.executable, args=["-m", "app.cli", "mcp"], env=known | environment, cwd=folder
    )


async def test_without_a_service_it_works_by_itself(tmp_path: Path) -> None:
    async with Client(command(tmp_path)) as client:
        agent = Agent(client)
        order = {"story": STORY, "target_duration_seconds": 6, "language": "en", "ask_first": True}
        job = await agent.done(await agent.call("start_film", film=order))
        assert (job["phase"], job["question"]["topic"]) == ("awaiting_input", "approve_plan")
        planned = await agent.call("get_project", project_id=job["project_id"])
        assert planned["segments"][0]["video_prompt"]
        await agent.call("cancel_job", job_id=job["job_id"])


def told(folder: Path, **environment: str) -> tuple[int, str]:
    """How `avc mcp` ends that does not speak at all."""
    server = command(folder, **environment)
    run = subprocess.run(
        [server.command, *server.args], cwd=folder, env=server.env, input="", capture_output=True, text=True, timeout=90
    )
    assert run.stdout == ""
    return run.returncode, run.stderr


def test_what_it_cannot_serve_it_says_in_a_sentence(tmp_path: Path) -> None:
    production = {"APP_ENV": "production", "SECRET_KEY": "k" * 16 + "0123456789abcdefghij"}
    code, said = told(tmp_path, **production)
    assert (code, said.startswith("Set AVC_API_KEY")) == (ExitCode.NOT_ALLOWED, True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = told(tmp_path, MCP_TRANSPORT="http", PORT=str(taken.getsockname()[1]))
    assert (code, "Set PORT to a free one" in said) == (ExitCode.MISUSED, True)


async def test_beside_a_running_service_it_makes_a_film_there(
    tmp_path: Path, make_settings: MakeSettings, database_url: str
) -> None:
    settings = make_settings(database={"database_url": database_url}, work={"embedded_worker": True})
    service = create_app(settings, outside=Outside(bundles={"local": ScriptedKit(), VENDOR: Vendor()}))
    async with service.router.lifespan_context(service), listening(service) as address:
        token = await access_token(service.state.resources, "ada")
        async with httpx2.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}) as person:
            key = await key_of(person)
            async with Client(command(tmp_path, AVC_URL=address, AVC_API_KEY=key)) as client:
                agent = Agent(client)
                order = {"story": STORY, "target_duration_seconds": 6, "language": "en"}
                job = await agent.done(await agent.call("start_film", film=order))
                film = await agent.call("get_film", project_id=job["project_id"])
                with pytest.raises(Refused, match=re.escape(ProjectNotFound.code)):
                    await agent.call("get_project", project_id="none")
            fetched = await person.get(film["url"])
        with pytest.raises(BaseExceptionGroup) as refused:
            async with Client(command(tmp_path, AVC_URL=address, AVC_API_KEY="avc_wrong")):
                pass
    assert (fetched.content[4:8], len(fetched.content)) == (b"ftyp", film["size_bytes"])
    assert "access token" in str(refused.value.exceptions)
