"""A lock is complete: installed without resolving, it meets every requirement of everything in it, extras included."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.source import ROOT

LOCKS = {"requirements.lock": ["build"], "tests/requirements.lock": ["build", "dev", "google", "voices"]}
PROJECT = "ai-video-creator"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_every_locked_distribution_is_met_by_the_lock(lock: str) -> None:
    assert list(unmet(pinned(lock), LOCKS[lock])) == []


@pytest.mark.parametrize("extra", ["google", "metrics", "redis", "voices"])
def test_every_extra_has_a_lock_of_what_it_needs_besides(extra: str) -> None:
    base, own = pinned("requirements.lock"), pinned(f"locks/{extra}.lock")
    assert own
    assert not set(base) & set(own)
    wanted = {canonicalize_name(found.name): found for found in required(PROJECT, frozenset({extra}))}
    pins = base | own
    assert [str(found) for name, found in wanted.items() if not found.specifier.contains(pins[name])] == []
    # What is not installed here is imported where the image's steps are carried out.
    if all(_is_installed(name) for name in own):
        assert list(unmet(pins, ["build", extra])) == []


@pytest.mark.parametrize("missing", ["anyio", "greenlet", "cryptography", "httptools"])
def test_a_missing_distribution_is_found(missing: str) -> None:
    """`sqlalchemy[asyncio]`, `python-jose[cryptography]` and `uvicorn[standard]` need theirs through an extra."""
    pins = pinned("requirements.lock")
    assert pins.pop(missing)
    assert any(missing in line for line in unmet(pins, LOCKS["requirements.lock"]))


@pytest.mark.parametrize(
    ("file", "install"), [("Makefile", r"^INSTALL := .*"), ("Dockerfile", r"install .*--require-hashes.*")]
)
def test_locks_are_installed_without_resolving(file: str, install: str) -> None:
    text = (ROOT / file).read_text().replace("\\\n", " ")
    installs = re.findall(install, text, re.MULTILINE)
    assert installs
    assert all("--no-deps" in line for line in installs)


def pinned(lock: str) -> dict[str, Version]:
    """Name to version of what a lock installs on this machine."""
    lines = re.findall(r"^\S+==.*$", (ROOT / lock).read_text(), re.MULTILINE)
    pins = [Requirement(line.removesuffix("\\").strip()) for line in lines]
    return {
        canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("=="))
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def unmet(pins: Mapping[str, Version], extras: list[str]) -> Iterator[str]:
    """What the project and the pinned distributions require and these pins do not give."""
    open_steps = [(PROJECT, frozenset(extras)), *((name, frozenset[str]()) for name in pins)]
    seen, overridden = set(open_steps), overrides()
    while open_steps:
        name, wanted_extras = open_steps.pop()
        for requirement in required(name, wanted_extras):
            needed = canonicalize_name(requirement.name)
            version = pins.get(needed)
            fits = needed in overridden or requirement.specifier.contains(version or "", prereleases=True)
            if version is None or not fits:
                yield f"{name}{sorted(wanted_extras)} needs {requirement}, locked is {version}"
            elif (step := (needed, frozenset(requirement.extras))) not in seen:
                seen.add(step)
                open_steps.append(step)


def overrides() -> set[str]:
    """What the project has set against the wish of another library, with its reason beside it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {canonicalize_name(Requirement(line).name) for line in project["tool"]["uv"]["override-dependencies"]}


def required(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """What a distribution with these extras requires on this machine."""
    for line in distribution(name).requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield requirement
