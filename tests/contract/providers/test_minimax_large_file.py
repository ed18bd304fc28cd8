"""A file of 200 MB from a stand-in in a process of its own: little memory, ten cuts, the right hash."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from pydantic import SecretStr

from app.core.clock import SystemClock
from app.providers.minimax.account import MiniMaxAccount
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.video import Running, Succeeded
from tests.contract.providers.samples import KEY, request
from tests.standins.minimax.files import PATTERN_BYTES, pattern
from tests.standins.minimax.world import GOOD_KEY

FILE_BYTES = 200 * 1024 * 1024
CUTS = 10
MOST_GROWTH_BYTES = 16 * 1024 * 1024


class FileSink:
    """Writes to a file and watches this process's memory."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._process = psutil.Process()
        self.before = self.most = self._process.memory_info().rss
        self.restarts = 0
        self._chunks = 0

    async def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._chunks += 1
        if self._chunks % 50 == 0:
            self.most = max(self.most, self._process.memory_info().rss)

    async def restart(self) -> None:
        self.restarts += 1
        self._file.seek(0)
        self._file.truncate()

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def address() -> Iterator[str]:
    """The stand-in as people start it by hand."""
    command = [sys.executable, "-m", "tests.standins", "--minimax-port", "0", "--task-seconds", "0"]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as standin:
        assert standin.stdout is not None
        found = re.search(r"MINIMAX_API_BASE=(\S+)", standin.stdout.readline())
        assert found is not None
        try:
            yield found[1]
        finally:
            standin.terminate()


def expected_hash() -> str:
    digest, left = hashlib.sha256(), FILE_BYTES
    while left > 0:
        digest.update(pattern()[:left])
        left -= PATTERN_BYTES
    return digest.hexdigest()


async def test_a_large_file_arrives_through_ten_cuts_in_little_memory(address: str, tmp_path: Path) -> None:
    cut = {"kind": "cut", "path": "/_files/clip", "times": CUTS, "size_bytes": FILE_BYTES // (CUTS + 2)}
    async with httpx.AsyncClient(base_url=address, trust_env=False) as control:
        await control.post("/_control/outcomes", json=[{"size_bytes": FILE_BYTES}])
        await control.post("/_control/faults", json=[cut])
    kit = MiniMaxBundle.over(MiniMaxAccount(SecretStr(GOOD_KEY), base_url=address, poll_seconds=0.01), SystemClock())
    task = await kit.video.submit(request(), key=KEY)
    while isinstance(done := await kit.video.poll(task), Running):
        await SystemClock().sleep(done.look_again_seconds)
    assert isinstance(done, Succeeded)
    sink = FileSink(tmp_path / "clip.mp4")
    got = await kit.video.fetch(done, sink)
    sink.close()
    await kit.close()
    print(f"memory grew by {(sink.most - sink.before) / 1024 / 1024:.1f} MB")
    assert got.size_bytes == (tmp_path / "clip.mp4").stat().st_size == FILE_BYTES
    assert got.sha256 == expected_hash()
    assert sink.most - sink.before < MOST_GROWTH_BYTES
    assert sink.restarts == 0
    async with httpx.AsyncClient(base_url=address, trust_env=False) as control:
        truth = (await control.get("/_control/truth")).json()
    assert sum(path.startswith("/_files/clip/") for _, path in truth["calls"]) == CUTS + 1
