"""The vendor's own client package, unmodified, is content with the stand-in."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.providers.samples import frame
from tests.standins.minimax.media import tone
from tests.standins.minimax.world import GOOD_KEY, World

PROGRAM = Path(__file__).with_name("official_client.py")
SAID = {
    "voices": "Wise_Woman",
    "speech": "Success. File saved as",
    "picture": "Success. Images saved as",
    "clone": "Voice cloned successfully",
    "again": "2039",
    "design": "Success",
    "clip": "Success. Video saved as",
    "moving": "Success. Video saved as",
    "refused": "2013",
}


def test_the_official_client_works_against_the_stand_in(world: World, tmp_path: Path) -> None:
    pytest.importorskip("minimax_mcp", reason="the vendor's client package is not installed")
    world.rules.task_seconds = 0
    (tmp_path / "sample.mp3").write_bytes(tone(12.0, "mp3"))
    (tmp_path / "frame.jpg").write_bytes(frame().content)
    environment = {
        "MINIMAX_API_KEY": GOOD_KEY,
        "MINIMAX_API_HOST": world.base_url,
        "MINIMAX_MCP_BASE_PATH": str(tmp_path),
        "MINIMAX_API_RESOURCE_MODE": "local",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, str(PROGRAM), str(tmp_path)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    answers = json.loads(ran.stdout.splitlines()[-1])
    assert {name: said in answers[name] for name, said in SAID.items()} == dict.fromkeys(SAID, True), answers
    assert len([path for path in tmp_path.iterdir() if path.suffix == ".mp4"]) == 2
