"""`avc` against the real service: one that runs, and one inside the command's own process."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.documents import started
from tests.integration.cli.test_commands import AVC, Avc, avc, environment

__all__ = ["avc", "environment"]

PROJECT = {"name": "The fox", "story_prompt": "A fox crosses the river.", "target_duration_sec": 12}
HEAVY = ("fastapi", "sqlalchemy", "httpx", "dbos", "pydantic", "app.core.settings", "app.main")


def posted(address: str, path: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
    request = urllib.request.Request(f"{address}/api/v1{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def planned(address: str) -> tuple[str, str]:
    """Ids of a new project and of the job that plans it."""
    project = posted(address, "/projects", PROJECT)["id"]
    wish = {"project_id": project, "story_prompt": PROJECT["story_prompt"]}
    return project, posted(address, "/generation/plan", wish)["id"]


@pytest.fixture
def at(tmp_path: Path, environment: dict[str, str]) -> Iterator[str]:
    with started([*AVC, "serve"], tmp_path, environment | {"LOCAL_USER": "true"}, seconds=90) as (address,):
        environment["AVC_URL"] = address
        yield address


def test_a_job_of_a_running_service_is_listed_followed_and_explained(at: str, avc: Avc) -> None:
    project, job = planned(at)
    watched = avc("jobs", "watch", job)
    assert watched.returncode == 0, watched.stderr
    assert f"Job {job} succeeded." in watched.stderr
    (line,) = [line for line in avc("jobs", "ls").stdout.splitlines() if line.startswith(job)]
    assert line.split("\t")[1:4] == ["plan.create", "succeeded", "100"]
    assert json.loads(avc("jobs", "ls", "--json", "--phase", "failed").stdout)["jobs"] == []
    assert json.loads(avc("jobs", "show", job).stdout)["complete"] is True
    assert "job.succeeded" in avc("jobs", "logs", job).stdout
    heads, named = avc("projects", "ls").stdout.splitlines()
    assert heads.split("\t") == ["id", "name", "status", "segments", "created"]
    assert avc("projects", "list").stdout.splitlines() == [heads, named]
    assert named.split("\t")[:2] == [project, "The fox"]
    assert avc("projects", "rm", project).returncode == 2
    assert avc("projects", "rm", project, "--yes").returncode == 0
    assert avc("projects", "show", project).returncode == 2


def test_a_queued_job_waits_for_its_worker_until_it_is_cancelled_or_worked_on_here(
    tmp_path: Path, environment: dict[str, str], avc: Avc
) -> None:
    idle = environment | {"LOCAL_USER": "true", "EMBEDDED_WORKER": "false"}
    with started([*AVC, "serve"], tmp_path, idle, seconds=90) as (address,):
        _, stopped = planned(address)
        _, kept = planned(address)
        assert avc("jobs", "cancel", stopped, AVC_URL=address).returncode == 2
        assert avc("jobs", "cancel", stopped, "--yes", AVC_URL=address).returncode == 0
        gone = avc("jobs", "watch", stopped, AVC_URL=address)
        assert (gone.returncode, "cancelled" in gone.stderr) == (1, True), gone.stderr
    here = avc("jobs", "watch", kept, "--json", PORT="9")
    assert here.returncode == 0, here.stderr
    assert json.loads(here.stdout.splitlines()[-1])["job"]["phase"] == "succeeded"


def test_without_a_service_the_command_is_one(avc: Avc) -> None:
    assert json.loads(avc("projects", "ls", "--json", PORT="9").stdout)["projects"] == []
    missing = avc("jobs", "watch", "01a1fdfb-796c-74bd-b549-0c445c7ee9d0", PORT="9")
    assert missing.returncode == 2
    assert missing.stderr.startswith("There is no such job.")
    assert "Traceback" not in missing.stderr


def test_production_has_no_local_user_to_act_as(avc: Avc) -> None:
    ended = avc(
        "projects", "ls", PORT="9", APP_ENV="production", SECRET_KEY="seven-herons-over-the-weir-at-dawn-0123456789"
    )
    assert ended.returncode == 3
    assert "AVC_API_KEY" in ended.stderr


def test_a_key_made_with_a_password_opens_the_service(tmp_path: Path, environment: dict[str, str], avc: Avc) -> None:
    person = {"email": "ada@example.com", "password": "seven herons over the weir"}
    with started([*AVC, "serve"], tmp_path, environment, seconds=90) as (address,):
        posted(address, "/auth/register", person)
        environment["AVC_URL"] = address
        stranger = avc("jobs", "ls", HOME=str(tmp_path / "elsewhere"))
        assert (stranger.returncode, "AVC_API_KEY" in stranger.stderr) == (3, True)
        made = avc("keys", "make", "farm", "--as", person["email"], words=person["password"])
        assert made.returncode == 0, made.stderr
        key = made.stdout.strip()
        assert avc("jobs", "ls", "--json", AVC_API_KEY=key).returncode == 0
        _, listed = avc("keys", "ls", "--as", person["email"], words=person["password"]).stdout.splitlines()
        assert key not in listed
        removed = avc("keys", "rm", listed.split("\t")[0], "--as", person["email"], words=person["password"])
        assert removed.returncode == 0, removed.stderr
        assert avc("jobs", "ls", AVC_API_KEY=key).returncode == 3


def test_engines_are_listed_with_the_reason_why_one_is_absent(avc: Avc) -> None:
    listed = avc("providers", PORT="9")
    assert "OPENAI_API_KEY is not set." in listed.stdout
    assert "planner*" in next(line for line in listed.stdout.splitlines() if line.startswith("local"))


def test_help_loads_neither_server_nor_client(environment: dict[str, str]) -> None:
    asked = f"import sys, app.cli; app.cli.load_all_commands(); print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
