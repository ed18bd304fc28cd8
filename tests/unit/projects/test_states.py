"""Which moves are legal, over all pairs of states."""

import itertools

import pytest

from app.projects.states import (
    BUSY,
    PROJECT_MOVES,
    RESTING,
    SEGMENT_MOVES,
    ProjectStatus,
    SegmentStatus,
    project_sources,
    project_targets,
    segment_sources,
    segment_targets,
)


def test_the_statuses_are_those_of_the_contract() -> None:
    assert [status.value for status in ProjectStatus] == [
        "created",
        "media_uploaded",
        "voice_cloning",
        "plan_generating",
        "plan_ready",
        "generating",
        "finalizing",
        "completed",
        "failed",
    ]
    assert [status.value for status in SegmentStatus] == [
        "pending",
        "prompt_ready",
        "approved",
        "generating",
        "generated",
        "segment_approved",
        "failed",
    ]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(ProjectStatus, repeat=2)))
def test_a_project_move_is_legal_from_its_sources_only(old: ProjectStatus, new: ProjectStatus) -> None:
    assert (old in project_sources(new)) == (new in PROJECT_MOVES[old]) == (new in project_targets(old))


@pytest.mark.parametrize(("old", "new"), list(itertools.product(SegmentStatus, repeat=2)))
def test_a_segment_move_is_legal_from_its_sources_only(old: SegmentStatus, new: SegmentStatus) -> None:
    assert (old in segment_sources(new)) == (new in SEGMENT_MOVES[old]) == (new in segment_targets(old))


def test_every_state_is_reached_and_left() -> None:
    assert {new for news in PROJECT_MOVES.values() for new in news} == set(ProjectStatus)
    assert {new for news in SEGMENT_MOVES.values() for new in news} == set(SegmentStatus)
    assert set(PROJECT_MOVES) == set(ProjectStatus)
    assert set(SEGMENT_MOVES) == set(SegmentStatus)
    assert all(PROJECT_MOVES.values())
    assert all(SEGMENT_MOVES.values())


@pytest.mark.parametrize("busy", [ProjectStatus.VOICE_CLONING, ProjectStatus.PLAN_GENERATING])
def test_interrupted_work_returns_to_wherever_the_project_stood(busy: ProjectStatus) -> None:
    assert set(project_targets(busy)) >= RESTING
    assert ProjectStatus.FAILED in project_targets(busy)


def test_a_failed_project_may_take_its_work_up_again() -> None:
    assert set(project_targets(ProjectStatus.FAILED)) >= BUSY | {ProjectStatus.GENERATING}


def test_money_is_spent_on_approved_segments_only() -> None:
    never_approved = {SegmentStatus.PENDING, SegmentStatus.PROMPT_READY}
    assert segment_sources(SegmentStatus.GENERATING).isdisjoint(never_approved)
    assert segment_sources(SegmentStatus.SEGMENT_APPROVED) == {SegmentStatus.GENERATED}
