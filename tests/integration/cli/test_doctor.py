"""`avc doctor` is right while the service runs, makes nothing, and sees what people get wrong."""

import socket
from pathlib import Path

import pytest

from tests.docs.documents import started
from tests.integration.cli.test_commands import AVC, Avc, avc, environment

__all__ = ["avc", "environment"]
WIDE = {"COLUMNS": "400"}
SECRET = "vQ7rPz2kLm9xWc4tYb8nHd3fJg6sAe1u"


def finding(said: str, what: str) -> str:
    (line,) = [line for line in said.splitlines() if line.split()[1:2] == [what]]
    return line


def test_it_makes_nothing_in_an_empty_folder(avc: Avc, tmp_path: Path) -> None:
    ended = avc("doctor", **WIDE)
    assert ended.returncode == 0, ended.stdout
    assert list(tmp_path.iterdir()) == []
    assert "not there yet" in finding(ended.stdout, "database")
    assert "made at the first start" in finding(ended.stdout, "storage")


def test_a_service_that_runs_is_no_fault(tmp_path: Path, environment: dict[str, str], avc: Avc) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with started([*AVC, "serve"], tmp_path, environment | {"PORT": port}, seconds=60) as (address,):
        before = {path for path in tmp_path.rglob("*") if ".engines" not in path.parts}
        ended = avc("doctor", PORT=port, **WIDE)
        after = {path for path in tmp_path.rglob("*") if ".engines" not in path.parts}
    assert ended.returncode == 0, ended.stdout
    assert port in address
    assert "answers at" in finding(ended.stdout, "service")
    assert "SQLite at" in finding(ended.stdout, "database")
    assert {path.name for path in after - before} <= {"video_creator.db-shm", "video_creator.db-wal"}


def test_another_program_at_the_port_is_named(avc: Avc) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        ended = avc("doctor", PORT=str(owner.getsockname()[1]), **WIDE)
    assert ended.returncode == 1
    assert "another program" in finding(ended.stdout, "service")


def test_misspelt_and_unknown_settings_are_named(avc: Avc, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KYE=x\n# NOTHING=1\nexport COLOUR_OF_SHED=red\nAPP_NAME=Films\n")
    ended = avc("doctor", MINIMAX_API_KEI="sk-abc", **WIDE)
    said = finding(ended.stdout, "names")
    assert ended.returncode == 0, ended.stdout
    assert "SECRET_KYE in .env sets nothing: did you mean SECRET_KEY?" in said
    assert "COLOUR_OF_SHED in .env sets nothing" in said
    assert "MINIMAX_API_KEI in the environment sets nothing: did you mean MINIMAX_API_KEY?" in said
    assert "APP_NAME" not in said
    assert "sk-abc" not in ended.stdout


def test_production_without_mail_or_secret_is_told(avc: Avc) -> None:
    ended = avc("doctor", APP_ENV="production", **WIDE)
    assert ended.returncode == 1
    assert "SECRET_KEY: missing" in finding(ended.stdout, "settings")
    assert finding(ended.stdout, "mail").split()[0] == "look"
    weak = avc("doctor", APP_ENV="production", SECRET_KEY="changeme-changeme-changeme-changeme", **WIDE)
    assert "SECRET_KEY: too short or well known" in finding(weak.stdout, "settings")
    good = avc("doctor", APP_ENV="production", SECRET_KEY=SECRET, **WIDE)
    assert finding(good.stdout, "settings").split()[0] == "ok"


@pytest.mark.parametrize(("reserve_mb", "word"), [("0", "ok"), ("999999999", "mend")])
def test_a_full_disk_is_told(avc: Avc, reserve_mb: str, word: str) -> None:
    ended = avc("doctor", STORAGE_RESERVE_MB=reserve_mb, **WIDE)
    assert finding(ended.stdout, "disk").split()[0] == word
    assert ended.returncode == (word == "mend")
