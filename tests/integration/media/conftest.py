"""Fixtures only: the tools, and a workshop where films are cut."""

from pathlib import Path

import pytest

from app.core.threads import Threads
from app.media.film import FilmCutter
from app.media.tools import Tools, find_tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    return find_tools()


@pytest.fixture
def film(tools: Tools) -> FilmCutter:
    return FilmCutter(tools, Threads(2))


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "workshop"
    folder.mkdir()
    return folder
