"""Libraries are declared, locked and installed at or above the versions that closed known holes."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[3]
FLOORS = {
    "python-multipart": "0.0.32",
    "starlette": "1.6.0",
    "h11": "0.16.0",
    "pillow": "12.3.0",
    "python-jose": "3.5.0",
}
# PyJWT comes with other libraries, so it has a floor only where a lock names it.
TRANSITIVE_FLOORS = {"pyjwt": "2.15.1"}


def locked(lock: str) -> dict[str, Version]:
    found = re.findall(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {name: Version(number) for name, number in found}


def declared(package: str) -> Requirement:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (found,) = [wanted for wanted in map(Requirement, project["dependencies"]) if wanted.name == package]
    return found


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_installed_versions_are_above_the_floor(package: str, floor: str) -> None:
    assert Version(version(package)) >= Version(floor)


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_declared_versions_cannot_fall_below_the_floor(package: str, floor: str) -> None:
    lowest = [Version(limit.version) for limit in declared(package).specifier if limit.operator in {">=", "=="}]
    assert max(lowest) >= Version(floor)


@pytest.mark.parametrize("lock", ["requirements.lock", "tests/requirements.lock"])
def test_locked_versions_are_above_the_floor(lock: str) -> None:
    present = locked(lock)
    wanted = FLOORS | {name: floor for name, floor in TRANSITIVE_FLOORS.items() if name in present}
    assert [name for name, floor in wanted.items() if present[name] < Version(floor)] == []


def test_python_jose_is_exactly_the_examined_version() -> None:
    assert str(declared("python-jose").specifier) == "==3.5.0"
    assert version("python-jose") == "3.5.0"
