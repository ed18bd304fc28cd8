"""What load balancers and operators ask."""

import asyncio
import shutil
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from app.core.migrations import migrate
from app.core.tasks import Background, Supervision
from app.main import create_app
from tests.conftest import MakeSettings
from tests.doubles.clock import FrozenClock
from tests.integration.api.conftest import Edge, client_of


@pytest.mark.parametrize("path", ["/healthz", "/health", "/livez"])
async def test_life_is_told_before_anything_is_open(make_settings: MakeSettings, path: str) -> None:
    async with client_of(create_app(make_settings())) as client:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, path)
            assert answer.status_code == 200
        assert (await client.get(path)).json() == {"status": "ok"}


async def test_ready_names_every_check(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    checks = answer.json()["checks"]
    assert checks.keys() >= {"database", "migrations", "storage", "ffmpeg"}
    assert {check["status"] for check in checks.values()} == {"ok"}
    assert (await client.head("/readyz")).status_code == 200


async def test_many_who_ask_at_once_cause_one_look(app: FastAPI, client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get("/readyz") for _ in range(20)))
    looks = {answer.json()["checks"]["database"]["duration_ms"] for answer in answers}
    assert (len(looks), {answer.status_code for answer in answers}) == (1, {200})


async def test_a_finding_is_remembered_for_a_few_seconds(make_settings: MakeSettings, sqlite_url: str) -> None:
    clock = FrozenClock()
    application = create_app(make_settings(database={"database_url": sqlite_url}), clock=clock)
    async with application.router.lifespan_context(application), client_of(application) as client:
        assert (await client.get("/readyz")).status_code == 200
        await migrate(application.state.resources.database, to="base")
        store = application.state.resources.settings.storage.storage_path
        shutil.rmtree(store)
        store.write_text("in the way")
        assert (await client.get("/readyz")).status_code == 200
        clock.move(5)
        assert (await client.get("/readyz")).status_code == 503


async def test_a_schema_behind_is_not_ready(app: FastAPI, client: httpx2.AsyncClient) -> None:
    await migrate(app.state.resources.database, to="base")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert answer.json()["checks"]["migrations"]["status"] == "failed"
    assert "avc db upgrade" in answer.json()["checks"]["migrations"]["detail"]


async def test_a_folder_that_cannot_be_written_is_not_ready(edge: Edge, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    client = await edge(storage={"storage_path": folder})
    shutil.rmtree(folder)
    folder.write_text("in the way")
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["storage"]["status"] == "failed"
    assert str(folder) not in answer.text
    assert (await client.head("/readyz")).status_code == 503


async def test_a_disk_below_its_reserve_is_told_and_keeps_no_request_away(edge: Edge) -> None:
    client = await edge(storage={"storage_reserve_mb": 999_999_999})
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    disk = answer.json()["checks"]["disk"]
    assert disk["status"] == "low"
    assert "STORAGE_RESERVE_MB" in disk["detail"]


async def test_an_ffmpeg_that_cannot_do_the_work_is_not_ready(edge: Edge, tmp_path: Path) -> None:
    pretender = tmp_path / "ffmpeg"
    pretender.write_text("#!/bin/sh\necho ffmpeg version 0\n")
    pretender.chmod(0o755)
    client = await edge(media={"ffmpeg_path": str(pretender)})
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["ffmpeg"]["status"] == "failed"


async def test_a_draining_process_sends_new_work_elsewhere(app: FastAPI, client: httpx2.AsyncClient) -> None:
    app.state.draining.begun = True
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")
    assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/health", "/livez"])
async def test_a_loop_that_stands_still_is_named(app: FastAPI, client: httpx2.AsyncClient, path: str) -> None:
    clock = FrozenClock()
    async with Background() as tasks:
        app.state.supervision = Supervision(clock, tasks)
        app.state.supervision.start("dispatcher", asyncio.Event().wait)
        await asyncio.sleep(0)
        assert (await client.get(path)).status_code == 200
        clock.move(3600)
        answer = await client.get(path)
        await app.state.supervision.close()
    assert (answer.status_code, answer.json()) == (503, {"status": "stuck", "stuck": ["dispatcher"]})


async def test_version_is_told(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/version")
    assert answer.json()["version"]
    assert (await client.head("/version")).status_code == 200


async def test_health_leaves_no_trace_in_the_limits(client: httpx2.AsyncClient) -> None:
    assert "ratelimit" not in (await client.get("/healthz")).headers
