"""Cursors: what we gave comes back whole; anything else is one named refusal."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.pagination import Cursor, CursorUnreadable, Window

moments = st.datetimes(timezones=st.just(UTC))
texts = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


@given(st.one_of(moments, texts, st.integers()), texts)
def test_a_cursor_comes_back_as_it_was_given(value: datetime | str | int, row_id: str) -> None:
    cursor = Cursor(value, row_id)
    assert Cursor.decode(cursor.encode()) == cursor


@given(st.text(max_size=200))
@example("")
@example("é")
@example("=" * 50)
def test_foreign_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(CursorUnreadable):
        Cursor.decode(text)


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        None,
        ["t", "yesterday", "id"],
        ["t", 5, "id"],
        ["v", None, "id"],
        ["v", 1.5, "id"],
        ["v", "x", 7],
        ["v", "a\0b", "id"],
        ["v", "a", "i\0d"],
        ["v", "x"],
        ["v", "x", "id", "more"],
        "[" * 500,
    ],
)
def test_forged_contents_are_refused_by_name(said: object) -> None:
    text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    with pytest.raises(CursorUnreadable):
        Cursor.decode(text)


def test_a_cursor_of_another_order_is_refused() -> None:
    window = Window(after=Cursor("name", "id"))
    window.fits(str)
    with pytest.raises(CursorUnreadable):
        window.fits(datetime)
    Window().fits(datetime)
