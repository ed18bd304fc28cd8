"""The page that begins the native API document: its five calls make a film."""

import re
import sys
from pathlib import Path

from app.api.documents import NATIVE
from tests.docs.documents import BLOCK, ROOT, clean_environment, started
from tests.docs.test_blocks import bash

SERVE = [sys.executable, "-m", "app.cli", "serve"]


def test_the_five_calls_of_the_start_page_make_a_film(tmp_path: Path) -> None:
    (script,) = [found["text"] for found in BLOCK.finditer(NATIVE.description)]
    assert re.findall(r"^# (\d)\.", script, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert len(re.findall(r"\bcurl ", script)) == 5
    environment = clean_environment(PORT="0", PYTHONPATH=str(ROOT), STORAGE_PATH=str(tmp_path / "storage"))
    with started(SERVE, tmp_path, environment, seconds=60) as (address,):
        bash(script.replace("http://localhost:8000", address), tmp_path)
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"
