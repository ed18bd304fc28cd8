"""From a script to scenes and music; the exact steps of a scripted film."""

from itertools import pairwise

import pytest

from app.jobs.domain import FINAL, JobStatus, targets
from app.media.timeline import Mood
from app.production.domain import furthest_percent, reached_percent, step_targets
from app.production.errors import ScriptEmpty, ScriptTooLong
from app.production.scripts import mood_of, scene_seconds, scenes_of

S = JobStatus


def test_each_line_is_a_scene_and_empty_lines_are_none() -> None:
    assert scenes_of("A fox wakes.\r\n\n   It runs.  \n", 60) == ("A fox wakes.", "It runs.")


@pytest.mark.parametrize(
    ("script", "refusal"), [(" \n\n", ScriptEmpty), ("a\n" * 11, ScriptTooLong), ("a" * 2001, ScriptTooLong)]
)
def test_a_script_without_lines_or_with_too_many_is_refused(script: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        scenes_of(script, 60)


@pytest.mark.parametrize(
    ("wanted", "count", "seconds"), [(9, 2, 10), (9, 6, 10), (9, 7, 6), (5, 2, 6), (8, 2, 6), (30, 1, 10)]
)
def test_a_scene_is_as_long_as_wished_where_there_is_room(wanted: float, count: int, seconds: int) -> None:
    assert scene_seconds(wanted, count, 60) == seconds


@pytest.mark.parametrize(
    ("prompt", "mood"),
    [
        ("", None),
        (" ... ", None),
        ("calm piano", Mood.SOFT),
        ("Epic orchestral trailer", Mood.CINEMATIC),
        ("happy ukulele", Mood.UPBEAT),
        ("corporate background", Mood.CORPORATE),
        ("ambient space", Mood.AMBIENT),
    ],
)
def test_words_for_music_become_a_built_in_mood(prompt: str, mood: Mood | None) -> None:
    assert mood_of(prompt) == mood


def test_the_steps_are_exactly_those_of_the_contract() -> None:
    way = [S.PENDING, S.VALIDATING, S.QUEUED, S.PROCESSING, S.GENERATING_IMAGES, S.GENERATING_VIDEO]
    for here, there in pairwise(way):
        assert step_targets(here) == (there, S.FAILED, S.CANCELLED)
    assert step_targets(S.GENERATING_VIDEO) == (S.GENERATING_AUDIO, S.COMPOSING, S.FAILED, S.CANCELLED)
    assert step_targets(S.GENERATING_AUDIO) == (S.COMPOSING, S.FAILED, S.CANCELLED)
    assert step_targets(S.COMPOSING) == (S.COMPLETED, S.FAILED, S.CANCELLED)
    assert {step_targets(final) for final in FINAL} == {()}


def test_every_step_is_a_legal_move_of_a_job_and_never_takes_progress_back() -> None:
    for status in JobStatus:
        assert set(step_targets(status)) <= set(targets(status))
        forward = [there for there in step_targets(status) if there not in {S.FAILED, S.CANCELLED}]
        assert all(reached_percent(there) >= reached_percent(status) for there in forward)


def test_progress_follows_the_step() -> None:
    steps = [S.QUEUED, S.GENERATING_IMAGES, S.GENERATING_VIDEO, S.GENERATING_AUDIO, S.COMPOSING, S.COMPLETED]
    assert [reached_percent(step) for step in steps] == [0, 10, 40, 70, 85, 100]
    assert furthest_percent([S.GENERATING_VIDEO, S.GENERATING_IMAGES]) == 40
    assert furthest_percent([]) == 0
