"""How many segments a film has, and where a project rests."""

from dataclasses import replace

import pytest

from app.projects.domain import (
    Film,
    ProjectStatus,
    ProjectView,
    SegmentStatus,
    SegmentTexts,
    changed_fields,
    status_after_edit,
)
from app.projects.errors import OptionsClash, SegmentsExhausted, TargetTooLong
from app.projects.freshness import film_digest
from app.projects.layout import check_lengths, check_room, check_target, resting_status, segment_count
from app.projects.options import Resolution
from tests.unit.projects.factories import SETTINGS, finished


@pytest.mark.parametrize(
    ("target", "length", "count"), [(6, 6, 1), (7, 6, 2), (60, 6, 10), (60, 10, 6), (30, 10, 3), (6, 10, 1)]
)
def test_segments_fill_the_wanted_length(target: int, length: int, count: int) -> None:
    assert segment_count(target, length) == count


def test_1080p_is_for_six_seconds_only() -> None:
    large = replace(SETTINGS, resolution=Resolution.P1080)
    check_lengths(large, [6, 6])
    check_lengths(SETTINGS, [6, 10])
    with pytest.raises(OptionsClash):
        check_lengths(large, [6, 10])


def test_a_film_is_no_longer_than_the_service_makes() -> None:
    check_target(60, 60)
    with pytest.raises(TargetTooLong, match="60 seconds"):
        check_target(61, 60)


def test_a_segment_more_needs_room() -> None:
    check_room([6] * 9, 6, 60)
    with pytest.raises(SegmentsExhausted):
        check_room([6] * 10, 6, 60)


def of(*statuses: SegmentStatus, **columns: object) -> ProjectView:
    segments = [replace(finished().project.segments[0], status=status) for status in statuses]
    return replace(finished().project, segments=tuple(segments), first_frame_asset_id=None, **columns)


S = SegmentStatus


@pytest.mark.parametrize(
    ("project", "rest"),
    [
        (of(S.PENDING, S.PENDING), ProjectStatus.CREATED),
        (of(S.PENDING, audio_sample_asset_id="sample"), ProjectStatus.MEDIA_UPLOADED),
        (of(S.PROMPT_READY, S.PENDING), ProjectStatus.CREATED),
        (of(S.PROMPT_READY, S.APPROVED), ProjectStatus.PLAN_READY),
        (of(S.APPROVED, S.GENERATED), ProjectStatus.GENERATING),
        (of(S.GENERATING, S.PENDING), ProjectStatus.GENERATING),
    ],
)
def test_a_project_rests_where_its_contents_say(project: ProjectView, rest: ProjectStatus) -> None:
    assert resting_status(project) is rest


def test_a_project_with_its_present_film_is_completed() -> None:
    project = of(S.SEGMENT_APPROVED)
    made = replace(project, film=Film(asset_id="film", digest=film_digest(project), variants={}))
    assert resting_status(made) is ProjectStatus.COMPLETED
    assert resting_status(replace(made, film=replace(made.film, digest="old"))) is ProjectStatus.GENERATING


@pytest.mark.parametrize(
    ("status", "changed", "after"),
    [
        (S.PENDING, {"video_prompt"}, S.PROMPT_READY),
        (S.PROMPT_READY, {"narration_text"}, S.PROMPT_READY),
        (S.APPROVED, {"narration_text"}, S.PROMPT_READY),
        (S.APPROVED, set(), S.APPROVED),
        (S.FAILED, {"video_prompt"}, S.PROMPT_READY),
        (S.GENERATED, {"narration_text"}, S.GENERATED),
        (S.SEGMENT_APPROVED, {"narration_text", "end_frame_prompt"}, S.SEGMENT_APPROVED),
        (S.SEGMENT_APPROVED, {"video_prompt"}, S.PROMPT_READY),
        (S.GENERATED, {"camera_commands"}, S.PROMPT_READY),
    ],
)
def test_an_edit_revokes_only_what_depends_on_it(
    status: SegmentStatus, changed: set[str], after: SegmentStatus
) -> None:
    assert status_after_edit(status, frozenset(changed), has_prompt=True) is after


@pytest.mark.parametrize("status", [S.PENDING, S.PROMPT_READY, S.APPROVED, S.GENERATED, S.FAILED])
def test_a_segment_without_prompt_is_pending(status: SegmentStatus) -> None:
    assert status_after_edit(status, frozenset({"video_prompt"}), has_prompt=False) is S.PENDING


def test_writing_the_same_words_changes_nothing() -> None:
    words = SegmentTexts.of(finished().segments[0])
    assert changed_fields(words, words) == frozenset()
    assert changed_fields(words, replace(words, narration_text="new")) == {"narration_text"}
