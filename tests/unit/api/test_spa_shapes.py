"""Client A's page knows few statuses: every native one is shown as one that has its buttons."""

from dataclasses import replace

import pytest

from app.api.dialects.spa.schemas import FilmShown, SegmentShown
from app.projects.domain import Failure, ProjectStatus, ProjectView, SegmentStatus, SegmentSummary
from tests.unit.projects.factories import board, finished, frame, segment

KNOWN = {"created", "media_uploaded", "planning", "plan_ready", "generating", "completed", "failed"}
FAILURE = Failure("plan.unusable", "The plan could not be used.")


def film(status: ProjectStatus, *segments: SegmentStatus, **columns: object) -> ProjectView:
    """A project without a film, whose segments stand so."""
    whole = finished(max(len(segments), 1)).project
    stood = tuple(
        replace(summary, status=now, clip_asset_id=None)
        for summary, now in zip(whole.segments, segments or (SegmentStatus.PENDING,), strict=False)
    )
    return replace(whole, status=status, film=None, segments=stood, **columns)


@pytest.mark.parametrize(
    ("project", "shown"),
    [
        (film(ProjectStatus.PLAN_GENERATING), "planning"),
        (film(ProjectStatus.FAILED, first_frame_asset_id=None, audio_sample_asset_id=None), "created"),
        (film(ProjectStatus.FAILED, first_frame_asset_id="picture"), "media_uploaded"),
        (film(ProjectStatus.FAILED, SegmentStatus.PROMPT_READY), "plan_ready"),
        (film(ProjectStatus.FAILED, SegmentStatus.GENERATED), "failed"),
        (film(ProjectStatus.VOICE_CLONING, first_frame_asset_id="picture"), "media_uploaded"),
        (film(ProjectStatus.FINALIZING, SegmentStatus.GENERATED), "generating"),
    ],
)
def test_a_project_is_shown_where_the_page_has_its_buttons(project: ProjectView, shown: str) -> None:
    assert FilmShown.of(project, {}).status == shown


@pytest.mark.parametrize("status", list(ProjectStatus))
def test_the_page_knows_the_name_of_every_project_status(status: ProjectStatus) -> None:
    assert FilmShown.of(film(status), {}).status in KNOWN


def test_a_failed_segment_is_offered_again_beside_its_error() -> None:
    failed = segment(0, frame(0), frame(1), status=SegmentStatus.FAILED, failure=FAILURE, needs_attention=True)
    shown = SegmentShown.of(failed, {}, frozenset())
    assert (shown.status, shown.approved, shown.error_message) == (SegmentStatus.APPROVED, True, FAILURE.message)


def test_a_clip_without_its_narration_is_unfinished_only_while_somebody_speaks() -> None:
    silent = segment(0, frame(0), frame(1), status=SegmentStatus.GENERATED, clip_asset_id="clip")
    assert SegmentShown.of(silent, {"clip": "link"}, frozenset({silent.id})).status is SegmentStatus.GENERATING
    given_up = SegmentShown.of(silent, {"clip": "link"}, frozenset())
    assert (given_up.status, given_up.video_url, given_up.audio_url) == (SegmentStatus.GENERATED, "link", None)


def test_a_segment_without_words_waits_for_no_narration() -> None:
    wordless = segment(0, frame(0), frame(1), status=SegmentStatus.GENERATED, clip_asset_id="clip", narration_text="")
    assert SegmentShown.of(wordless, {}, frozenset({wordless.id})).status is SegmentStatus.GENERATED


def test_a_film_lists_its_segments_as_their_cards_show_them() -> None:
    silent = segment(0, frame(0), frame(1), status=SegmentStatus.GENERATED, clip_asset_id="clip")
    brief: SegmentSummary = board([silent], [frame(0), frame(1)]).project.segments[0]
    project = replace(film(ProjectStatus.GENERATING), segments=(brief,))
    assert [s.status for s in FilmShown.of(project, {}, frozenset({silent.id})).segments] == [SegmentStatus.GENERATING]
