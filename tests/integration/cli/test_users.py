"""`avc users`: an operator makes and changes accounts, beside a running service or without one."""

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.docs.documents import clean_environment, started
from tests.integration.cli.test_commands import AVC, Avc, avc, environment

__all__ = ["avc", "environment"]
ADA = "ada@example.com"
PASSWORD = "seven herons over the weir"
NEW_PASSWORD = "eight herons under the weir"


@pytest.fixture
def service(tmp_path: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a service that runs while the commands do."""
    with started([*AVC, "serve"], tmp_path, clean_environment(**environment), seconds=60) as (address,):
        yield address


@pytest.fixture
def ada(service: str, avc: Avc) -> str:
    made = avc("users", "create", ADA, "--username", "ada", words=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    return ADA


def entries(folder: Path) -> list[tuple[str, str, str]]:
    """The audit log: who, what and why, oldest first."""
    with closing(sqlite3.connect(folder / "video_creator.db")) as database:
        return database.execute("SELECT actor, action, reason FROM audit_entries ORDER BY id").fetchall()


def sign_in(service: str, password: str = PASSWORD) -> dict[str, Any]:
    body = json.dumps({"email": ADA, "password": password}).encode()
    asked = urllib.request.Request(
        f"{service}/api/v1/auth/login", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def status(service: str, path: str, token: str) -> int:
    asked = urllib.request.Request(f"{service}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_an_account_is_made_beside_the_service_and_signs_in_there(service: str, ada: str, tmp_path: Path) -> None:
    assert sign_in(service)["user"]["username"] == "ada"
    assert entries(tmp_path) == [("operator", "user.create", "")]


def test_a_new_password_ends_the_sessions_that_run(service: str, ada: str, avc: Avc, tmp_path: Path) -> None:
    token = sign_in(service)["access_token"]
    assert status(service, "/api/v1/auth/me", token) == 200
    ended = avc("users", "passwd", ada, "--reason", "lost", words=f"{NEW_PASSWORD}\n")
    assert ended.returncode == 0, ended.stderr
    assert NEW_PASSWORD not in ended.stdout + ended.stderr
    assert status(service, "/api/v1/auth/me", token) == 401
    with pytest.raises(urllib.error.HTTPError):
        sign_in(service)
    assert sign_in(service, NEW_PASSWORD)["user"]["email"] == ada
    assert entries(tmp_path)[-1] == ("operator", "user.password", "lost")


def test_roles_access_and_quotas_are_given_and_taken_beside_the_service(
    service: str, ada: str, avc: Avc, tmp_path: Path
) -> None:
    heads, listed = avc("users", "ls").stdout.splitlines()
    assert heads.split("\t") == ["id", "name", "role", "state", "stored"]
    assert listed.split("\t")[1:4] == [ada, "user", "active"]
    assert avc("users", "list", "--search", "nobody").stdout.splitlines() == [heads]
    assert avc("users", "promote", ada).stdout.split()[2:4] == ["admin", "active"]
    assert "only active administrator" in avc("users", "demote", ada).stderr
    assert avc("users", "create", "eve@example.com", "--admin", words=f"{PASSWORD}\n").returncode == 0
    assert avc("users", "demote", ada).stdout.split()[2:4] == ["user", "active"]
    token = sign_in(service)["access_token"]
    assert avc("users", "disable", ada, "--reason", "spam").stdout.split()[2:4] == ["user", "disabled"]
    assert status(service, "/api/v1/auth/me", token) == 401
    assert avc("users", "enable", ada).stdout.split()[2:4] == ["user", "active"]
    assert avc("users", "quota", ada, "--mb", "7").stdout.split()[-4:] == ["0", "of", "7", "MB"]
    assert json.loads(avc("users", "list", "--search", ada, "--json").stdout)["quota_bytes"] == 7 * 1024 * 1024
    assert avc("users", "quota", ada).stdout.split()[-2:] == ["10240", "MB"]
    assert ("operator", "user.disable", "spam") in entries(tmp_path)


def test_a_deleted_account_is_gone_for_the_service(service: str, ada: str, avc: Avc, tmp_path: Path) -> None:
    token = sign_in(service)["access_token"]
    assert "say --yes" in avc("users", "delete", ada).stderr
    ended = avc("users", "delete", ada, "--yes", "--reason", "asked for it")
    assert ended.returncode == 0, ended.stderr
    assert status(service, "/api/v1/auth/me", token) == 401
    assert len(avc("users", "ls").stdout.splitlines()) == 1
    assert entries(tmp_path)[-1] == ("operator", "user.delete", "asked for it")


def test_refusals_are_words(ada: str, avc: Avc) -> None:
    unknown = avc("users", "promote", "nobody@example.com")
    short = avc("users", "create", "eve@example.com", words="short\n")
    common = avc("users", "create", "eve@example.com", words="password1\n")
    taken = avc("users", "create", ada, words=f"{PASSWORD}\n")
    for ended in (unknown, short, common, taken):
        assert ended.returncode == 2
        assert ended.stderr.strip()
        assert "Traceback" not in ended.stderr


def test_without_a_database_nothing_is_made(avc: Avc, tmp_path: Path) -> None:
    ended = avc("users", "list")
    assert ended.returncode == 2
    assert "avc db upgrade" in ended.stderr
    assert not (tmp_path / "video_creator.db").exists()
