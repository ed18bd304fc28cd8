"""A film that an agent orders without a length is as long as its story, as far as the service makes such films."""

from app.mcp.shapes import FilmOrder

SHORT, TALE = "A cat sleeps on a red sofa.", "The fox carries a lantern through the fog and finds the way home. " * 6


def test_a_film_without_a_length_is_as_long_as_its_story() -> None:
    assert FilmOrder(story=SHORT).project(600).target_duration_sec == 6
    needed = FilmOrder(story=TALE).project(600).target_duration_sec
    assert 24 <= needed <= 60
    assert FilmOrder(story=TALE).project(18).target_duration_sec == 18


def test_a_stated_length_stands() -> None:
    assert FilmOrder(story=SHORT, target_duration_seconds=42).project(60).target_duration_sec == 42
