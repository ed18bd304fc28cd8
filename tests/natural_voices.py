"""Natural voices for tests: fetched once into the environment; where that is impossible, tests are skipped in words."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.terminal import ExitCode
from tests.docs.documents import ROOT, clean_environment

VOICES = ROOT / ".venv" / "voices"
PIPER, KOKORO = "en-joe", "en-heart"
FETCH_SECONDS = 600


@pytest.fixture(scope="session")
def natural_voices() -> Path:
    """The folder in which a Piper voice and a Kokoro voice are installed, both English."""
    VOICES.mkdir(parents=True, exist_ok=True)
    with (VOICES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for voice in (PIPER, KOKORO):
            _install(voice)
    return VOICES


def _install(voice: str) -> None:
    if (VOICES / f"{voice}.json").exists():
        return
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "voices", "install", voice],
        cwd=ROOT,
        env=clean_environment(VOICES_PATH=str(VOICES), PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=FETCH_SECONDS,
        check=False,
    )
    if done.returncode == ExitCode.UNAVAILABLE:
        pytest.skip(f"the voice {voice} cannot be had here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
