"""A film that the real service cannot make now is refused before anything is made."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.cli.test_commands import AVC, Avc, avc, environment
from tests.integration.cli.test_local_credential import port_of, running

__all__ = ["avc", "environment"]

STORY = "A fox runs to the house."
MINUTE_SECONDS = 60


def projects(avc: Avc, **more: str) -> list[object]:
    listed = avc("projects", "ls", "--json", **more)
    assert listed.returncode == 0, listed.stderr
    found: list[object] = json.loads(listed.stdout)["projects"]
    return found


def test_beside_a_service_and_without_one_it_is_told_and_no_project_is_left(
    tmp_path: Path, environment: dict[str, str], avc: Avc
) -> None:
    full = {"STORAGE_RESERVE_MB": "900000000"}
    absent = {"PROVIDER_VIDEO": "minimax", "PROVIDER_SPEECH": "openai"}
    with running(tmp_path, environment, **full, **absent) as address:
        ended = avc("make", STORY, PORT=port_of(address))
        assert (ended.returncode, "less than STORAGE_RESERVE_MB" in ended.stderr) == (4, True), ended.stderr
        assert projects(avc, PORT=port_of(address)) == []
    here = {"PORT": "9"}
    ended = avc("make", STORY, **here, **absent)
    assert ended.returncode == 3, ended.stderr
    assert "video (MiniMax: MINIMAX_API_KEY is not set)" in ended.stderr
    assert "PROVIDER_VIDEO=local PROVIDER_SPEECH=local" in ended.stderr
    for said in (("--music", "loud"), ("--voice", "bob"), ("--length", "61"), ("--language", "xx")):
        assert avc("make", STORY, *said, **here).returncode == 2
    assert projects(avc, **here) == []


@pytest.mark.timeout(240)
def test_a_service_that_holds_the_database_and_does_not_answer_is_told_as_such(
    tmp_path: Path, environment: dict[str, str], avc: Avc
) -> None:
    """A service that was stopped for a while stands for one that begins, ends or is busy."""
    child = subprocess.Popen([*AVC, "serve"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        with child.stdout as said:
            address = next(line.split()[5] for line in said if "answers at" in line)
            os.kill(child.pid, signal.SIGSTOP)
            try:
                ended = avc("make", STORY, PORT=port_of(address))
            finally:
                os.kill(child.pid, signal.SIGCONT)
        assert (ended.returncode, "uses the database of this installation" in ended.stderr) == (4, True), ended.stderr
    finally:
        child.terminate()
        child.wait(timeout=MINUTE_SECONDS)
