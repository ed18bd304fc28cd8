"""Every block of code in the documents is run by a test."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.docs.documents import CREATE, DOCUMENTS, OPERATE, ROOT, block, blocks, clean_environment, started
from tests.docs.test_operator_path import PATH

DOORS = ("key", "openai", "mcp", "desktop", "curl", "json-server")
RUN_BY = {
    "test: fresh clone": "tests/docs/test_fresh_clone.py",
    "test: film": "tests/docs/test_fresh_clone.py",
    "test: ci": ".ci/run",
    "test: walk": "tests/docs/test_blocks.py",
    "test: postgres": "tests/docs/test_blocks.py",
    "output: walk": "tests/docs/test_blocks.py",
    **{f"test: door {door}": "tests/docs/test_doors.py" for door in DOORS},
    **{f"test: operator {step}": "tests/docs/test_operator_path.py" for step in PATH},
    **{f"test: operator {read}": "tests/docs/test_operate.py" for read in ("install", "upgrade", "scrape")},
}
SERVE = [sys.executable, "-m", "app.cli", "serve"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_block_names_the_test_that_runs_it(document: Path) -> None:
    unclaimed = [found for found in blocks(document) if found.mark not in RUN_BY]
    assert unclaimed == []


def test_the_ci_run_is_the_documented_command() -> None:
    assert block("test: ci").strip() in (ROOT / ".ci" / "run").read_text()


def bash(script: str, folder: Path, **environment: str) -> str:
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_walk_ends_as_the_document_says(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    environment = clean_environment(PORT="0", PYTHONPATH=str(ROOT), STORAGE_PATH=str(tmp_path / "storage"))
    if kind == "postgres":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_database_url")
    with started(SERVE, tmp_path, environment, seconds=60) as (address,):
        said = bash(block("test: walk", CREATE).replace("http://localhost:8000", address), ROOT, TMPDIR=str(tmp_path))
    assert said.splitlines()[-1] == block("output: walk", CREATE).strip()
    assert b"ftyp" in (tmp_path / "lighthouse.mp4").read_bytes()[:12]


def post(url: str, **fields: str) -> int:
    asked = urllib.request.Request(url, json.dumps(fields).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return int(answer.status)


def test_two_processes_share_one_postgres(tmp_path: Path, postgres_database_url: str) -> None:
    script = block("test: postgres", OPERATE).replace(
        "postgresql://avc:password@localhost:5432/avc", postgres_database_url
    )
    script = script.replace(".venv/bin/avc", f"{sys.executable} -m app.cli")
    script = script.replace("PORT=8001", "PORT=0").replace("PORT=8002", "PORT=0")
    environment = clean_environment(PYTHONPATH=str(ROOT), STORAGE_PATH=str(tmp_path / "storage"))
    with started(["bash", "-euc", script], tmp_path, environment, seconds=90, addresses=2) as (one, other):
        person = {"email": "ada@example.com", "password": "seven herons over the weir"}
        assert one != other
        assert post(f"{one}/api/v1/auth/register", **person) == 201
        assert post(f"{other}/api/v1/auth/login", **person) == 200
