"""The first command of the README, in a fresh clone in an empty folder."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from time import monotonic

import pytest

from tests.docs.documents import ROOT, block, clean_environment, started

# Other tests share the processors, so that a start is compared with loading the program, and the quickest count.
MOST_TIMES_AS_LONG_AS_LOADING = 3.0
STARTS = 2
LOAD = ("-c", "import app.main")


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


def load_seconds(clone: Path, environment: dict[str, str]) -> float:
    begun = monotonic()
    subprocess.run([str(clone / ".venv" / "bin" / "python"), *LOAD], cwd=clone, env=environment, check=True, timeout=60)
    return monotonic() - begun


def film(clone: Path, environment: dict[str, str]) -> None:
    """The film of the README is made, followed and put where the last line says."""
    script = ["bash", "-euc", block("test: film")]
    ran = subprocess.run(script, cwd=clone, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "scene 1" in ran.stderr
    made = clone / ran.stdout.splitlines()[-1]
    assert b"ftyp" in made.read_bytes()[:12]
    for suffix in (".mp4", ".srt", ".vtt"):
        made.with_suffix(suffix).unlink()


@pytest.mark.timeout(900)
def test_one_command_serves_the_page_and_the_second_start_is_quick(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True, timeout=60)
    command = block("test: fresh clone").split()
    python = getattr(sys, "_base_executable", sys.executable)
    environment = clean_environment(PORT="0", PYTHON=python)
    with started(command, clone, environment, seconds=800) as (address,):
        assert "AI Video Creator" in landing_page(address)
    starts, loads = [], []
    for _ in range(STARTS):
        starts.append(start_seconds(command, clone, environment))
        loads.append(load_seconds(clone, environment))
    print(f"later start {min(starts):.2f} s, loading {min(loads):.2f} s, load {os.getloadavg()[0]:.1f}")
    assert min(starts) < MOST_TIMES_AS_LONG_AS_LOADING * min(loads)
    film(clone, environment)
    assert not (clone / ".env").exists()
    left = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert [line for line in left.stdout.splitlines() if "started.log" not in line] == []
