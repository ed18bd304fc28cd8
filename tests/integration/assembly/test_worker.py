"""The whole way with the real engine: a worker cuts while the caller waits, and sweeps what cuts have kept."""

import os
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.storage.temp_dirs import delete_untouched
from tests.conftest import MakeSettings
from tests.integration.assembly.conftest import CuttingRoom


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


async def test_a_worker_cuts_while_the_caller_waits(app: FastAPI, alice: httpx2.AsyncClient, tmp_path: Path) -> None:
    room = CuttingRoom(app.state.resources, alice, tmp_path)
    project = await room.ready()
    answer = await room.finalize(project, "wait=60")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "completed"
    assert (await room.part(project)).content[4:8] == b"ftyp"


async def test_what_cuts_have_kept_goes_when_nothing_was_written_for_long(app: FastAPI, tmp_path: Path) -> None:
    now = app.state.resources.clock.now()
    for name, age in (("old", timedelta(days=3)), ("young", timedelta(hours=1))):
        folder = tmp_path / "cuts" / name
        folder.mkdir(parents=True)
        (folder / "sound.mp4").write_bytes(b"sound")
        moment = (now - age).timestamp()
        os.utime(folder, (moment, moment))
    assert delete_untouched(tmp_path / "cuts", now - timedelta(days=2)) == 1
    assert [path.name for path in (tmp_path / "cuts").iterdir()] == ["young"]
    assert delete_untouched(tmp_path / "nothing", now) == 0
