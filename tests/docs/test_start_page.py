"""The page that begins the native API document and the landing page: the calls of each make a film."""

import html
import re
import sys
from pathlib import Path

from app.api.documents import NATIVE
from tests.docs.documents import BLOCK, ROOT, clean_environment, started
from tests.docs.test_blocks import bash

CODE = re.compile(r"<pre[^>]*><code>(.*?)</code>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
SERVE = [sys.executable, "-m", "app.cli", "serve"]


def test_the_five_calls_of_the_start_page_make_a_film(tmp_path: Path) -> None:
    (script,) = [found["text"] for found in BLOCK.finditer(NATIVE.description)]
    assert re.findall(r"^# (\d)\.", script, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert len(re.findall(r"\bcurl ", script)) == 5
    environment = clean_environment(PORT="0", PYTHONPATH=str(ROOT), STORAGE_PATH=str(tmp_path / "storage"))
    with started(SERVE, tmp_path, environment, seconds=60) as (address,):
        bash(script.replace("http://localhost:8000", address), tmp_path)
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_steps_of_the_landing_page_end_with_the_film(tmp_path: Path) -> None:
    page = (ROOT / "app" / "web" / "index.html").read_text()
    steps = [html.unescape(TAG.sub("", code)) for code in CODE.findall(page)]
    assert len(steps) == 5
    environment = clean_environment(PORT="0", PYTHONPATH=str(ROOT), STORAGE_PATH=str(tmp_path / "storage"))
    with started(SERVE, tmp_path, environment, seconds=60) as (address,):
        bash("\n".join(steps).replace("http://localhost:8000", address), tmp_path)
    assert (tmp_path / "lighthouse.mp4").read_bytes()[4:8] == b"ftyp"
