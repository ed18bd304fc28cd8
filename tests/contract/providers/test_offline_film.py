"""Twelve seconds of film offline: no look outside, under 25 CPU seconds, and the same bytes again."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

# Twelve seconds of film, three of a processor for each.
MOST_CPU_SECONDS = 36.0
RUN_SECONDS = 120.0
EXPECTED = {"plan.json", "narration0.wav", "narration1.wav", "clip0.mp4", "clip1.mp4"}

pytestmark = pytest.mark.timeout(240)


async def made_in(folder: Path) -> dict[str, Any]:
    command = (sys.executable, "-m", "tests.contract.providers.offline_film", str(folder))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(process.communicate(), RUN_SECONDS)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    made = tmp_path / "first", tmp_path / "second"
    for folder in made:
        folder.mkdir()
    return made


async def test_a_short_film_is_made_offline_cheaply_and_again_the_same(folders: tuple[Path, Path]) -> None:
    first, second = await made_in(folders[0]), await made_in(folders[1])
    print(f"{first['cpu_seconds']} and {second['cpu_seconds']} CPU seconds")
    assert first["files"] == second["files"]
    assert set(first["files"]) >= EXPECTED
    assert len([name for name in first["files"] if name.startswith("frame")]) == 3
    assert max(first["cpu_seconds"], second["cpu_seconds"]) < MOST_CPU_SECONDS
