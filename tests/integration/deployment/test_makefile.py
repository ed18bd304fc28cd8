"""The Makefile: it refuses an old interpreter in words and takes the settings it is given."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, clean_environment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words], cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False
    )


def pretend(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_an_old_interpreter_is_refused_with_the_cure(folder: Path) -> None:
    old = pretend(folder / "old-python", "exit 1")
    ended = make(folder, "run", f"PYTHON={old}")
    assert ended.returncode != 0
    assert "Python 3.11 or newer is needed" in ended.stderr
    assert not (folder / ".venv").exists()


def test_an_installed_environment_is_not_installed_again(folder: Path) -> None:
    pretend(folder / ".venv" / "bin" / "python", "echo installed >> installed.log")
    pretend(folder / ".venv" / "bin" / "avc", 'echo "$@ on $HOST:$PORT"')
    said = [make(folder, "run", "HOST=127.0.0.2", "PORT=9000").stdout for _ in range(2)]
    assert [line.strip() for line in said] == ["serve on 127.0.0.2:9000"] * 2
    assert (folder / "installed.log").read_text().count("installed") == 2
    os.utime(folder / "requirements.lock")
    make(folder, "run")
    assert (folder / "installed.log").read_text().count("installed") == 4
