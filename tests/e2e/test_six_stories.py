"""Six of the thirty stories, made into films as people have it done; `make stories` makes all thirty."""

from pathlib import Path

import pytest

from tests.e2e.stories.measures import share_told
from tests.e2e.stories.table import made, wrongs
from tests.e2e.stories.telling import stories

SLICE = ("red_sofa", "one_word", "joke", "rozmowa", "rezept", "espace")

pytestmark = pytest.mark.timeout(900)


async def test_six_stories_become_films_that_tell_and_show_them(tmp_path: Path) -> None:
    rows = await made(stories(SLICE), tmp_path)
    assert wrongs(rows) == []


def test_words_that_are_lost_changed_or_added_are_counted() -> None:
    assert share_told("A fox, a lantern.", "a fox\na lantern") == 1.0
    assert share_told("A fox, a lantern.", "a lantern a fox") == 0.5
    assert share_told("A fox, a lantern.", "a fox") == 0.5
    assert share_told("A fox.", "a fox and more") == 0.5
