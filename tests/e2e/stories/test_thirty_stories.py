"""Thirty stories become films offline; prints the table. Sheets of their pictures go to build/stories."""

from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.stories.table import made, wrongs
from tests.e2e.stories.telling import stories

HALF_AN_HOUR_SECONDS = 1800


@pytest.mark.timeout(HALF_AN_HOUR_SECONDS)
async def test_thirty_stories_become_films_that_tell_and_show_them(tmp_path: Path) -> None:
    told = stories()
    assert len(told) == 30
    assert min(Counter(story.language for story in told).values()) >= 3
    assert wrongs(await made(told, tmp_path)) == []
