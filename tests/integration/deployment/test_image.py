"""The Dockerfile: two stages, no root, hashed packages, a health check; its steps work in an empty folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, clean_environment, started
from tests.integration.deployment.dockerfile import Builder, read

STAGES = read(ROOT / "Dockerfile")
BUILD, FINAL = STAGES


def test_the_image_is_built_in_two_stages_from_named_versions() -> None:
    assert [stage.name for stage in STAGES] == ["build", None]
    assert all(re.fullmatch(r"python:3\.\d+-slim", stage.base) for stage in STAGES)
    assert BUILD.base == FINAL.base


def test_the_service_does_not_run_as_root() -> None:
    words = [step.word for step in FINAL.steps]
    assert FINAL.last("USER") not in {"root", "0"}
    assert "useradd" in FINAL.last("RUN")
    assert words.index("USER") > words.index("RUN")


def test_every_package_is_installed_by_hash() -> None:
    installs = [step.rest for step in BUILD.steps if "pip install" in step.rest]
    assert installs
    assert all("--require-hashes" in step or "--no-deps --no-build-isolation" in step for step in installs)


def test_nothing_is_fetched_or_built_in_the_last_stage() -> None:
    runs = [step.rest for step in FINAL.steps if step.word == "RUN"]
    assert [run for run in runs if re.search(r"pip|apt|curl|wget", run)] == []


def test_storage_is_a_volume_and_no_secret_is_in_the_image() -> None:
    environment = FINAL.environment()
    assert environment["STORAGE_PATH"] in FINAL.last("VOLUME")
    assert environment["APP_ENV"] == "production"
    assert [name for name in environment if re.search(r"SECRET|KEY|PASSWORD|TOKEN", name)] == []


def test_only_named_files_reach_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    copied = {word for step in BUILD.steps if step.word == "COPY" for word in step.rest.split()[:-1]}
    assert copied == {line.removeprefix("!") for line in lines if line.startswith("!")}


@pytest.mark.timeout(900)
def test_the_steps_work_in_an_empty_folder(tmp_path: Path) -> None:
    builder = Builder(ROOT, tmp_path, getattr(sys, "_base_executable", sys.executable), EXTRAS="metrics google redis")
    builder.build(STAGES)
    python = str(tmp_path / "venv" / "bin" / "python")
    extras = "import google.genai, opentelemetry.sdk, prometheus_client, redis"
    subprocess.run([python, "-c", extras], check=True, timeout=60)
    places = {name: builder.here(value) for name, value in FINAL.environment().items()}
    places["DATABASE_URL"] = f"sqlite+aiosqlite:///{tmp_path}/storage/video_creator.db"
    environment = clean_environment(**places, SECRET_KEY="0123456789-fourty-random-characters-abcdef")
    environment |= {"HOST": "127.0.0.1", "PORT": "0"}
    avc = str(tmp_path / "venv" / "bin" / "avc")
    folder = tmp_path / "app"
    subprocess.run([avc, "db", "upgrade"], cwd=folder, env=environment, check=True, timeout=60)
    serve = builder.command(FINAL, "CMD")
    assert serve[0] == "avc"
    with started([avc, *serve[1:]], folder, environment, seconds=60) as (address,):
        check = builder.command(FINAL, "HEALTHCHECK")
        assert check[0] == "python"
        asked = environment | {"PORT": address.rpartition(":")[2]}
        assert subprocess.run([python, *check[1:]], env=asked, timeout=20, check=False).returncode == 0
        assert subprocess.run([python, *check[1:]], env=asked | {"PORT": "9"}, timeout=20, check=False).returncode != 0
