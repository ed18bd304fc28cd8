"""`avc users`: an operator lists accounts, gives and takes the administrator's role, disables and enables."""

from pathlib import Path

import pytest

from tests.docs.documents import clean_environment, started
from tests.docs.test_blocks import post
from tests.integration.cli.test_commands import AVC, Avc, avc, environment

__all__ = ["avc", "environment"]
ADA = {"email": "ada@example.com", "password": "seven herons over the weir"}


@pytest.fixture
def ada(tmp_path: Path, environment: dict[str, str]) -> str:
    """An account that registered over HTTP before the service was stopped."""
    with started([*AVC, "serve"], tmp_path, clean_environment(**environment), seconds=60) as (address,):
        assert post(f"{address}/api/v1/auth/register", **ADA) == 201
    return ADA["email"]


def test_roles_and_access_are_given_and_taken(ada: str, avc: Avc) -> None:
    newest, *_ = avc("users", "list").stdout.splitlines()
    assert newest.split()[1:] == [ada, "user", "active"]
    assert avc("users", "promote", ada).stdout.split()[2:] == ["admin", "active"]
    assert avc("users", "demote", ada).stdout.split()[2:] == ["user", "active"]
    assert avc("users", "disable", ada).stdout.split()[2:] == ["user", "disabled"]
    assert avc("users", "list").stdout.splitlines()[0].split()[3] == "disabled"
    assert avc("users", "enable", ada).stdout.split()[2:] == ["user", "active"]


def test_an_unknown_name_is_refused_in_words(ada: str, avc: Avc) -> None:
    ended = avc("users", "promote", "nobody@example.com")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip()
