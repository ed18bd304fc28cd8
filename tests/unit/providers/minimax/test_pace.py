"""How often a clip is looked at, by its age, its usual time and the pace that was asked for."""

import pytest

from app.providers.minimax.video import pause_seconds


def looks(until_seconds: float, usual_seconds: float, poll_seconds: float) -> list[float]:
    """The ages at which a clip is looked at."""
    ages = [0.0]
    while ages[-1] < until_seconds:
        ages.append(ages[-1] + pause_seconds(ages[-1], usual_seconds, poll_seconds))
    return ages


@pytest.mark.parametrize("ready_at_seconds", [12, 20, 60, 80, 150])
def test_a_clip_that_is_ready_is_seen_within_the_pace_that_was_asked_for(ready_at_seconds: float) -> None:
    assert looks(ready_at_seconds, 80, 1.0)[-1] - ready_at_seconds <= 1.0


def test_at_the_pace_of_the_guide_a_clip_is_hardly_looked_at_before_it_can_be_ready() -> None:
    assert len([age for age in looks(160, 80, 10.0) if 0 < age < 48]) <= 3


def test_a_clip_that_is_long_overdue_is_looked_at_ever_less() -> None:
    assert pause_seconds(100, 80, 10.0) == 10.0
    assert pause_seconds(250, 80, 10.0) == 25.0
    assert pause_seconds(3000, 80, 10.0) == 30.0
