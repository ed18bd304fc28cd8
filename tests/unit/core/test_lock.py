"""The locks agree with the declared dependencies and with each other, and name no place they were made at."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ["requirements.lock", "tests/requirements.lock"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINNED = re.compile(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, set[Version]]:
    found: dict[str, set[Version]] = {}
    for name, number in PINNED.findall((ROOT / lock).read_text()):
        found.setdefault(name, set()).add(Version(number))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_hashed(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 40
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_neither_an_index_nor_a_machine(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    assert [
        line for line in lines if not re.match(r"[a-z0-9][\w.-]*==|    --hash=sha256:[0-9a-f]{64}( \\)?$", line)
    ] == []


def test_the_lock_satisfies_what_is_declared() -> None:
    present = pins("requirements.lock")
    wanted = map(Requirement, PROJECT["dependencies"])
    unmet = [str(one) for one in wanted if not any(number in one.specifier for number in present.get(one.name, ()))]
    assert unmet == [], "run `make lock`"


def test_the_test_lock_holds_the_same_versions_and_the_tools() -> None:
    service, tests = pins("requirements.lock"), pins("tests/requirements.lock")
    assert {name: numbers for name, numbers in service.items() if tests.get(name) != numbers} == {}
    tools = {Requirement(line).name for line in PROJECT["optional-dependencies"]["dev"]}
    assert tools - set(tests) == set()
