"""Prefer: what is understood is applied, what is not is ignored."""

import pytest

from app.jobs.domain import read_preference


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 7),
        ("", 7),
        ("respond-async", 0),
        ("wait", 60),
        ("wait=5", 5),
        ('wait="5"', 5),
        ("wait = 5 ; foo", 5),
        ("wait=999999", 60),
        ("wait=-1", 7),
        ("wait=abc", 7),
        ("return=minimal, wait=3", 3),
        ("respond-async, wait=3", 0),
        ("x" * 10_000, 7),
    ],
)
def test_the_preference_decides_how_long_to_wait(header: str | None, seconds: int) -> None:
    assert read_preference(header).seconds(7) == seconds
