"""Entity tags and preconditions."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import Outdated
from app.projects.domain import entity_tag, expected_version, is_known

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_tag_names_the_version_a_change_is_meant_for() -> None:
    assert expected_version(entity_tag(7, NOON, 3600)) == 7
    assert expected_version('"v7"') == 7
    assert expected_version('W/"v7"') == 7


@pytest.mark.parametrize("anything", [None, "*", " * "])
def test_no_tag_means_any_version(anything: str | None) -> None:
    assert expected_version(anything) is None


@pytest.mark.parametrize("foreign", ["", '"abc"', "v7", '"v-1"', '"v99999999999999999999"', '"7"'])
def test_a_tag_that_is_not_ours_was_never_current(foreign: str) -> None:
    with pytest.raises(Outdated):
        expected_version(foreign)


def test_a_reply_is_known_only_with_links_that_still_live() -> None:
    tag = entity_tag(3, NOON, 3600)
    assert is_known(f'"other", {tag}', tag)
    assert is_known(f"W/{tag}", tag)
    assert not is_known(None, tag)
    assert not is_known(tag, entity_tag(4, NOON, 3600))
    assert not is_known(tag, entity_tag(3, NOON + timedelta(hours=1), 3600))
