"""`make film` beside a running `make run`, with and without accounts in the database."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, started
from tests.integration.cli.test_commands import Avc, avc, environment
from tests.integration.cli.test_local_credential import PERSON, port_of
from tests.integration.cli.test_service import posted

__all__ = ["avc", "environment"]

# This environment stands for the one that the first `make run` makes.
MAKE = ["make", "-f", str(ROOT / "Makefile"), f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.installed"]


def film(folder: Path, environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """What `make film` says, followed to its end."""
    return subprocess.run(
        [*MAKE, "film", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.timeout(600)
def test_make_film_passes_beside_make_run(tmp_path: Path, environment: dict[str, str], avc: Avc) -> None:
    with started([*MAKE, "run"], tmp_path, environment, seconds=120) as (address,):
        beside = environment | {"PORT": port_of(address), "LANGUAGE": "en_US:en"}
        first = film(tmp_path, beside, "STORY=A fox crosses the river. It's late.", "LENGTH=6")
        assert (first.returncode, first.stdout) == (0, f"{tmp_path}/film.mp4\n"), first.stdout + first.stderr
        assert f"at http://127.0.0.1:{port_of(address)}." in first.stderr
        posted(address, "/auth/register", PERSON)
        words = ("STORY=Ein Fuchs läuft nach Hause.", "LENGTH=6", "OUT=fuchs film.mp4", "LANGUAGE=de", "MUSIC=none")
        second = film(tmp_path, beside, *words)
        assert (second.returncode, second.stdout) == (0, "fuchs film.mp4\n"), second.stdout + second.stderr
        listed = avc("projects", "ls", PORT=port_of(address)).stdout.splitlines()
        assert len(listed) == 3
    for name in ("film.mp4", "fuchs film.mp4"):
        assert b"ftyp" in (tmp_path / name).read_bytes()[:12]
