"""The first command of the README, in a fresh clone in an empty folder."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from time import monotonic

import pytest

from tests.docs.documents import ROOT, block, clean_environment, started

LATER_START_SECONDS = 3 * (2 if os.environ.get("CI") else 1)

# Other tests share the processors, so that only the quickest of some starts says how long one takes.
STARTS = 3


def landing_page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        assert answer.headers.get_content_type() == "text/html"
        return answer.read().decode()


def start_seconds(command: list[str], clone: Path, environment: dict[str, str]) -> float:
    begun = monotonic()
    with started(command, clone, environment, seconds=60) as (address,):
        elapsed_seconds = monotonic() - begun
        assert "AI Video Creator" in landing_page(address)
    return elapsed_seconds


def film(clone: Path, environment: dict[str, str]) -> None:
    """The film of the README is made, followed and put where the last line says."""
    script = ["bash", "-euc", block("test: film")]
    ran = subprocess.run(script, cwd=clone, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Segment  1" in ran.stderr
    made = clone / ran.stdout.splitlines()[-1]
    assert b"ftyp" in made.read_bytes()[:12]
    made.unlink()


@pytest.mark.timeout(900)
def test_one_command_serves_the_page_and_the_second_start_is_quick(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True, timeout=60)
    command = block("test: fresh clone").split()
    environment = clean_environment(PORT="0", PYTHON=getattr(sys, "_base_executable", sys.executable))
    with started(command, clone, environment, seconds=800) as (address,):
        assert "AI Video Creator" in landing_page(address)
    quickest = min(start_seconds(command, clone, environment) for _ in range(STARTS))
    print(f"later start {quickest:.2f} s, load {os.getloadavg()[0]:.1f}")
    assert quickest < LATER_START_SECONDS
    film(clone, environment)
    assert not (clone / ".env").exists()
    left = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert [line for line in left.stdout.splitlines() if "started.log" not in line] == []
