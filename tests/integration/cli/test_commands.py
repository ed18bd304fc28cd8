"""`avc` in a process of its own: it serves, migrates, examines; a refusal is a sentence and an exit code."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, clean_environment, started
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.running import served

AVC = [sys.executable, "-m", "app.cli"]
Avc = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    home, storage = tmp_path / "home", tmp_path / "storage"
    return clean_environment(PYTHONPATH=str(ROOT), PORT="0", STORAGE_PATH=str(storage), HOME=str(home))


@pytest.fixture
def avc(tmp_path: Path, environment: dict[str, str]) -> Avc:
    def run(*arguments: str, words: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        command, folder = [*AVC, *arguments], {"cwd": tmp_path, "env": environment | more, "input": words}
        return subprocess.run(command, **folder, capture_output=True, text=True, timeout=90, check=False)

    return run


def get(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.status, answer.headers.get("server", "")


def test_serve_tells_where_it_answers_and_hides_its_maker(tmp_path: Path, environment: dict[str, str]) -> None:
    with started([*AVC, "serve"], tmp_path, environment, seconds=60) as (address,):
        assert address.startswith("http://localhost:")
        assert get(f"{address}/healthz") == (200, "")


def test_serve_ends_cleanly_when_asked(tmp_path: Path, environment: dict[str, str]) -> None:
    child = subprocess.Popen([*AVC, "serve"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as said:
        assert any("answers at" in line for line in said)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) in {0, -signal.SIGTERM}


def test_unsafe_settings_stop_the_start_by_name(avc: Avc) -> None:
    ended = avc("serve", APP_ENV="production")
    assert ended.returncode == 2
    assert ended.stderr.startswith("SECRET_KEY: missing")
    assert "Traceback" not in ended.stderr


def test_a_setting_that_cannot_be_read_is_named(avc: Avc) -> None:
    ended = avc("serve", PORT="99999")
    assert ended.returncode == 2
    assert ended.stderr.startswith("PORT: ")
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_named(avc: Avc) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        port = str(owner.getsockname()[1])
        ended = avc("serve", PORT=port)
    assert ended.returncode == 2
    assert f"PORT={port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_process_on_one_sqlite_file_is_refused(tmp_path: Path, environment: dict[str, str], avc: Avc) -> None:
    with started([*AVC, "serve"], tmp_path, environment, seconds=60):
        ended = avc("serve")
    assert ended.returncode == 3
    assert "Another process already uses the SQLite database" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_several_processes_answer_behind_one_port(
    tmp_path: Path, environment: dict[str, str], postgres_database_url: str
) -> None:
    more = {"WEB_CONCURRENCY": "2", "DATABASE_URL": postgres_database_url}
    with started([*AVC, "serve"], tmp_path, environment | more, seconds=60) as (address,):
        assert get(f"{address}/healthz")[0] == 200


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_schema_goes_up_and_down(kind: str, avc: Avc, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    more = {}
    if kind == "postgres":
        more["DATABASE_URL"] = request.getfixturevalue("postgres_database_url")
        assert avc("db", "downgrade", "base", **more).returncode == 0
    assert avc("db", "current", **more).returncode == 1
    risen = avc("db", "upgrade", **more)
    assert (risen.returncode, "nothing missing" in risen.stdout) == (0, True), risen.stderr
    assert avc("db", "current", **more).returncode == 0
    fallen = avc("db", "downgrade", "base", **more)
    assert (fallen.returncode, "at base; missing" in fallen.stdout) == (0, True), fallen.stderr


@pytest.mark.parametrize("command", [("db", "upgrade"), ("db", "current"), ("serve",)])
def test_a_database_that_is_too_old_is_named_and_left_alone(command: tuple[str, ...], avc: Avc, tmp_path: Path) -> None:
    assert avc("db", "upgrade").returncode == 0
    file = tmp_path / "video_creator.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0034'")
    ended = avc(*command)
    assert ended.returncode in {2, 3}
    assert "Upgrade it with the version before this one first" in ended.stderr
    assert "revision 0034" in ended.stderr
    assert "Traceback" not in ended.stderr
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0034",)]
        assert database.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_a_database_that_does_not_answer_is_named(avc: Avc) -> None:
    ended = avc("db", "current", DATABASE_URL="postgresql://avc:hush@127.0.0.1:9/avc")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("DATABASE_URL: ")
    assert "hush" not in ended.stderr


def test_the_doctor_finds_a_well_installation_well(avc: Avc) -> None:
    ended = avc("doctor")
    assert ended.returncode == 0, ended.stdout
    assert "mend" not in ended.stdout


def test_the_doctor_names_what_needs_mending(avc: Avc, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be")
    ended = avc("doctor", STORAGE_PATH=str(tmp_path / "blocked"), DATABASE_URL="postgresql://avc@127.0.0.1:9/avc")
    assert ended.returncode == 1
    assert "STORAGE_PATH" in ended.stdout
    assert "DATABASE_URL" in ended.stdout


def test_the_doctor_asks_each_vendor_whether_its_key_works(avc: Avc) -> None:
    vendor = World()
    with served(minimax_app(vendor)) as address:
        vendor.base_url = address
        well = avc("doctor", MINIMAX_API_BASE=address, MINIMAX_API_KEY=GOOD_KEY, COLUMNS="200")
        ill = avc("doctor", MINIMAX_API_BASE=address, MINIMAX_API_KEY="sk-wrong", COLUMNS="200")
    assert well.returncode == 0, well.stdout
    assert "minimax: key works" in well.stdout
    assert ill.returncode == 1
    assert "MINIMAX_API_KEY" in ill.stdout
    assert "sk-wrong" not in ill.stdout + ill.stderr


def test_the_api_document_is_printed(avc: Avc) -> None:
    ended = avc("openapi")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["openapi"].startswith("3.")


def test_help_names_every_command(avc: Avc) -> None:
    ended = avc("--help", COLUMNS="120")
    assert [
        word
        for word in ("make", "jobs", "projects", "keys", "providers", "serve", "db", "doctor", "openapi")
        if word not in ended.stdout
    ] == []


def test_a_missing_tool_stops_the_start_in_words(avc: Avc) -> None:
    ended = avc("serve", FFMPEG_PATH="/nowhere/ffmpeg")
    assert ended.returncode == 3
    assert "FFMPEG_PATH" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
