"""Which moves are legal, written out over all pairs of states."""

import pytest

from app.projects.domain import (
    BUSY,
    RESTING,
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


# What each may become, in the order of the way; written out, so that no rule is compared with itself.
MOVES_OF_PROJECTS = {
    "created": "media_uploaded voice_cloning plan_generating plan_ready generating",
    "media_uploaded": "created voice_cloning plan_generating plan_ready generating",
    "voice_cloning": "created media_uploaded plan_generating plan_ready generating completed failed",
    "plan_generating": "created media_uploaded plan_ready generating completed failed",
    "plan_ready": "voice_cloning plan_generating generating finalizing completed",
    "generating": "voice_cloning plan_generating plan_ready generating finalizing completed failed",
    "finalizing": "plan_ready generating completed failed",
    "completed": "voice_cloning plan_generating plan_ready generating finalizing",
    "failed": "created media_uploaded voice_cloning plan_generating plan_ready generating finalizing completed",
}
MOVES_OF_SEGMENTS = {
    "pending": "prompt_ready",
    "prompt_ready": "pending approved",
    "approved": "pending prompt_ready generating generated",
    "generating": "approved generated failed",
    "generated": "pending prompt_ready approved generating segment_approved",
    "segment_approved": "pending prompt_ready approved generating generated",
    "failed": "pending prompt_ready approved generating generated",
}


def test_a_project_moves_as_the_table_says() -> None:
    legal = {old: news.split() for old, news in MOVES_OF_PROJECTS.items()}
    assert {old.value: [new.value for new in project_targets(old)] for old in ProjectStatus} == legal
    for new in ProjectStatus:
        assert {old.value for old in project_sources(new)} == {old for old, news in legal.items() if new in news}, new


def test_a_segment_moves_as_the_table_says() -> None:
    legal = {old: news.split() for old, news in MOVES_OF_SEGMENTS.items()}
    assert {old.value: [new.value for new in segment_targets(old)] for old in SegmentStatus} == legal
    for new in SegmentStatus:
        assert {old.value for old in segment_sources(new)} == {old for old, news in legal.items() if new in news}, new


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
