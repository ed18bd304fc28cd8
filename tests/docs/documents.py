"""The documents, their blocks of code and the service they talk to."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CREATE = ROOT / "docs" / "create.md"
INTEGRATE = ROOT / "docs" / "integrate.md"
OPERATE = ROOT / "docs" / "operate.md"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (?P<mark>[^\[\n]+?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)```", re.DOTALL)
ANSWERS_AT = re.compile(r"answers at (http://\S+)")


@dataclass(frozen=True)
class Block:
    """One fenced block and the mark that says which test runs it."""

    mark: str | None
    language: str
    text: str


def blocks(document: Path) -> list[Block]:
    return [Block(found["mark"], found["language"], found["text"]) for found in BLOCK.finditer(document.read_text())]


def block(mark: str, document: Path = README) -> str:
    """The one block of a document with this mark."""
    (found,) = [block.text for block in blocks(document) if block.mark == mark]
    return found


def clean_environment(**more: str) -> dict[str, str]:
    """The environment of a stranger: no setting of ours, only what the machine needs to find tools and packages."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "LANG", "LC_"))}
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "PYTHONUNBUFFERED": "1", **kept, **more}


@contextmanager
def started(
    command: list[str], folder: Path, environment: Mapping[str, str], *, seconds: float, addresses: int = 1
) -> Iterator[list[str]]:
    """A program in its own process group that has told where it answers; its whole group is ended afterwards."""
    log = folder / "started.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield _addresses(child, log, seconds, addresses)
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(timeout=40)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            raise


def _addresses(child: subprocess.Popen[bytes], log: Path, seconds: float, wanted: int) -> list[str]:
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        found = ANSWERS_AT.findall(log.read_text())
        if len(found) >= wanted:
            return found
        try:
            child.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"it ended with {child.returncode}:\n{log.read_text()[-4000:]}")
    raise AssertionError(f"no address after {seconds} s:\n{log.read_text()[-4000:]}")
