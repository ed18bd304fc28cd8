"""From how a film stands to what comes next."""

from dataclasses import replace
from typing import Any

import pytest

from app.jobs.domain import JobFailure
from app.production.domain import (
    Child,
    DrawFrames,
    Goal,
    MakeClip,
    MixSound,
    Narrate,
    NextMoves,
    ProductionSnapshot,
    RemakePart,
    Stage,
    StartCut,
    StartVoiceClone,
    Topic,
    WritePlan,
)
from app.production.jobs import refused_child
from app.production.steps import decide, progress_percent, reasons
from app.projects.domain import CurrentTake, Film, FrameOrigin, SegmentStatus, SegmentView, SpokenNarration, Storyboard
from app.projects.freshness import clip_digest, film_digest, narration_digest
from app.projects.options import ProjectSettings, Visuals
from tests.unit.projects import factories

JOB = "job-1"
MIXED = Child(MixSound, None, is_active=False)
FILM = Goal(plans=True, cuts=True, auto_approve=True)
BROKEN = JobFailure("provider.down", "The engine is down.")


def storyboard(count: int = 3, *, frames: int = 0, **columns: object) -> Storyboard:
    """Segments with words; the first so many frames exist."""
    keys = [factories.frame(position) for position in range(count + 1)]
    keys = [replace(key, asset_id=None, origin=None, digest=None) for key in keys]
    for position in range(frames):
        keys[position] = replace(keys[position], asset_id=f"frame-{position}", origin=FrameOrigin.UPLOADED)
    wanted: dict[str, object] = {
        "status": SegmentStatus.GENERATING,
        "job_id": JOB,
        "clip": None,
        "clip_asset_id": None,
        "narration": None,
        "narration_asset_id": None,
        "narration_text": "Lis biegnie.",
        "video_prompt": "A fox runs.",
    }
    segments = [factories.segment(n, keys[n], keys[n + 1], **wanted | columns) for n in range(count)]
    return factories.board(segments, keys)


def spoken(segment: SegmentView) -> SegmentView:
    digest = narration_digest(segment.settings, segment.voice_id, segment.narration_text)
    narration = SpokenNarration(asset_id="sound", take_id=None, duration_seconds=4.0, digest=digest)
    return replace(segment, narration=narration, narration_asset_id="sound")


def filmed(segment: SegmentView, status: SegmentStatus = SegmentStatus.GENERATED) -> SegmentView:
    clip = CurrentTake(
        asset_id=f"clip-{segment.index}",
        take_id=None,
        duration_seconds=6.0,
        digest=clip_digest(segment),
        last_frame_asset_id=segment.last_frame.asset_id,
    )
    return replace(spoken(segment), clip=clip, clip_asset_id=clip.asset_id, status=status, job_id=None)


def with_segments(board: Storyboard, *segments: SegmentView) -> Storyboard:
    known = {segment.index: segment for segment in segments}
    renewed = tuple(known.get(segment.index, segment) for segment in board.segments)
    return replace(board, segments=renewed, project=replace(board.project, segments=renewed))


def settled(board: Storyboard, status: SegmentStatus = SegmentStatus.GENERATED) -> Storyboard:
    return with_segments(board, *(filmed(segment, status) for segment in board.segments))


def cut(board: Storyboard) -> Storyboard:
    film = Film(asset_id="film", digest=film_digest(board.project), variants={})
    return replace(board, project=replace(board.project, film=film))


def with_settings(board: Storyboard, **changes: Any) -> Storyboard:
    settings: ProjectSettings = replace(board.project.settings, **changes)
    segments = tuple(replace(segment, settings=settings) for segment in board.segments)
    return replace(board, project=replace(board.project, settings=settings, segments=segments), segments=segments)


def next_of(board: Storyboard, goal: Goal = FILM, *children: Child, **facts: Any) -> NextMoves:
    missing = frozenset(frame.position for frame in board.frames if frame.asset_id is None)
    seen: dict[str, Any] = {"frames_due": missing} | facts
    return decide(ProductionSnapshot(board=board, children=(MIXED, *children), job_id=JOB, **seen), goal)


def test_unwritten_segments_are_planned_once() -> None:
    board = storyboard(status=SegmentStatus.PENDING, job_id=None)
    assert next_of(board).moves == (WritePlan(),)
    assert next_of(board, FILM, Child(WritePlan, None, is_active=True)).moves == ()


def test_a_sample_without_a_voice_is_cloned_first() -> None:
    board = storyboard(status=SegmentStatus.PENDING, job_id=None)
    project = replace(board.project, audio_sample_asset_id="sample", voice_id=None)
    board = replace(board, project=project)
    assert next_of(board).moves == (StartVoiceClone(),)
    assert next_of(board, FILM, Child(StartVoiceClone, None, is_active=True)).moves == ()
    assert next_of(replace(board, project=replace(project, voice_id="voice"))).moves == (WritePlan(),)


def test_the_owner_is_asked_before_anything_is_made_unless_approval_is_given() -> None:
    board = storyboard(status=SegmentStatus.PROMPT_READY, job_id=None)
    ids = tuple(segment.id for segment in board.segments)
    asked = next_of(board, replace(FILM, auto_approve=False))
    assert (asked.asked and asked.asked.topic, asked.moves, asked.hold) == (Topic.PLAN, (), ())
    assert next_of(board).approve == {Topic.PLAN: ids}
    assert next_of(board, replace(FILM, auto_approve=False), answered=frozenset({Topic.PLAN})).approve == {
        Topic.PLAN: ids
    }


def test_approved_segments_are_held_then_spoken_and_drawn_at_once() -> None:
    board = storyboard(status=SegmentStatus.APPROVED, job_id=None)
    decision = next_of(board)
    assert decision.hold == tuple(segment.id for segment in board.segments)
    assert decision.moves == (DrawFrames((0, 1, 2, 3)), *(Narrate(segment.id) for segment in board.segments))


def test_a_clip_begins_as_soon_as_its_two_frames_and_its_narration_are_there() -> None:
    board = storyboard(frames=2)
    first = board.segments[0]
    drawing = Child(DrawFrames, None, is_active=True, positions=(2, 3))
    board = with_segments(board, *(spoken(segment) for segment in board.segments))
    assert next_of(board, FILM, drawing, frames_are_drawn=True).moves == (MakeClip(first.id),)
    making = Child(MakeClip, first.id, is_active=True)
    assert next_of(board, FILM, drawing, making, frames_are_drawn=True).moves == ()


def test_a_clip_waits_for_its_narration_because_that_may_make_it_longer() -> None:
    board = storyboard(1, frames=2)
    assert next_of(board).moves == (Narrate(board.segments[0].id),)


def test_the_sound_is_made_while_the_clips_are_and_its_failure_is_no_loss() -> None:
    board = storyboard(1, frames=2, narration_text="")
    making = Child(MakeClip, board.segments[0].id, is_active=True)
    bare = ProductionSnapshot(board=board, children=(making,), job_id=JOB)
    assert decide(bare, FILM).moves == (MixSound(),)
    failed = Child(MixSound, None, is_active=False, failure=BROKEN)
    assert decide(replace(bare, children=(making, failed)), FILM) == NextMoves(stage=Stage.MAKING_CLIPS)
    assert decide(bare, Goal(segment_ids=frozenset({board.segments[0].id}))).moves == ()


def test_a_segment_without_words_is_not_narrated() -> None:
    board = storyboard(1, frames=2, narration_text=" ")
    assert next_of(board).moves == (MakeClip(board.segments[0].id),)


def test_a_segment_that_another_job_makes_is_waited_for() -> None:
    board = storyboard(1, frames=2, narration_text="", job_id="another")
    assert next_of(board) == NextMoves(stage=Stage.MAKING_CLIPS)


def test_frames_that_another_job_draws_are_waited_for() -> None:
    board = storyboard(1, narration_text="")
    assert next_of(board, frames_are_drawn=True).moves == ()


@pytest.mark.parametrize("by_engine", [True, False])
def test_in_a_chain_only_the_first_frame_is_drawn_and_clips_follow_each_other(by_engine: bool) -> None:
    board = storyboard(3, narration_text="")
    if not by_engine:
        board = with_settings(board, visuals=Visuals.CHAINED)
    takes_last = not by_engine
    assert next_of(board, takes_last=takes_last).moves == (DrawFrames((0,)),)
    board = storyboard(3, frames=1, narration_text="")
    if not by_engine:
        board = with_settings(board, visuals=Visuals.CHAINED)
    assert next_of(board, takes_last=takes_last).moves == (MakeClip(board.segments[0].id),)


def test_the_clips_are_reviewed_then_cut() -> None:
    board = settled(storyboard(2, frames=3))
    ids = tuple(segment.id for segment in board.segments)
    careful = replace(FILM, auto_approve=False)
    asked = next_of(board, careful)
    assert asked.asked is not None
    assert (asked.asked.topic, asked.asked.segment_ids) == (Topic.CLIPS, ids)
    assert next_of(settled(storyboard(2, frames=3), SegmentStatus.SEGMENT_APPROVED), careful).moves == (StartCut(),)
    assert next_of(board).moves == (StartCut(),)
    assert next_of(board, FILM, Child(StartCut, None, is_active=True)).moves == ()


def test_a_fresh_film_is_the_end() -> None:
    board = cut(settled(storyboard(2, frames=3)))
    assert next_of(board) == NextMoves(stage=Stage.DONE, is_over=True)
    assert progress_percent(ProductionSnapshot(board=board, job_id=JOB), FILM) == 99


def test_a_new_narration_of_a_finished_film_is_one_speech_no_clip_and_a_cut() -> None:
    board = cut(settled(storyboard(10, frames=11), SegmentStatus.SEGMENT_APPROVED))
    edited = replace(board.segments[4], narration_text="Inne słowa.")
    board = with_segments(board, edited)
    decision = next_of(board)
    assert (decision.moves, decision.hold) == ((Narrate(edited.id),), ())
    renewed = replace(spoken(edited), narration_asset_id="sound-2")
    assert next_of(with_segments(board, renewed)).moves == (StartCut(),)


def test_another_key_frame_makes_two_clips_and_no_frame() -> None:
    board = settled(storyboard(10, frames=11))
    board = cut(board)
    new = replace(board.frames[5], asset_id="other", origin=FrameOrigin.UPLOADED)
    left = replace(board.segments[4], last_frame=new)
    right = replace(board.segments[5], first_frame=new)
    frames = tuple(new if frame.position == 5 else frame for frame in board.frames)
    board = replace(with_segments(board, left, right), frames=frames)
    assert next_of(board).hold == (left.id, right.id)
    held = [replace(segment, status=SegmentStatus.GENERATING, job_id=JOB) for segment in (left, right)]
    assert next_of(with_segments(board, *held)).moves == (MakeClip(left.id), MakeClip(right.id))


def test_a_frame_that_is_due_holds_up_only_the_clips_beside_it() -> None:
    board = storyboard(3, frames=4, narration_text="")
    assert next_of(board, frames_due=frozenset({1})).moves == (DrawFrames((1,)), MakeClip(board.segments[2].id))


def test_a_failed_part_starts_nothing_new_and_ends_the_whole_when_the_others_have_ended() -> None:
    board = storyboard(2, frames=3)
    failed = Child(Narrate, board.segments[0].id, is_active=False, failure=BROKEN)
    running = Child(Narrate, board.segments[1].id, is_active=True)
    assert next_of(board, FILM, failed, running) == NextMoves(stage=Stage.MAKING_CLIPS, failure=BROKEN)
    assert next_of(board, FILM, failed).is_over
    refused = refused_child(DrawFrames((1,)), BROKEN)
    assert next_of(board, FILM, refused) == NextMoves(stage=Stage.MAKING_CLIPS, failure=BROKEN, is_over=True)


def test_a_narration_that_fails_while_its_clip_can_be_bought_lets_it_be_made_and_ends_with_the_reason() -> None:
    board = storyboard(1, frames=2)
    segment = board.segments[0]
    goal = Goal(segment_ids=frozenset({segment.id}))
    for failed in (
        Child(Narrate, segment.id, is_active=False, failure=BROKEN),
        refused_child(Narrate(segment.id), BROKEN),
    ):
        assert next_of(board, goal, failed).moves == (MakeClip(segment.id),)
        made = with_segments(board, replace(filmed(segment), narration=None))
        ended = next_of(made, goal, failed)
        assert (ended.is_over, ended.failure, ended.moves) == (True, BROKEN, ())
    assert next_of(board, replace(goal, cuts=True), failed).is_over, "a film is not cut without its words"


def test_a_reason_is_that_of_the_part_or_of_the_key_frames_beside_it() -> None:
    board = storyboard(3, frames=4)
    other = JobFailure("frame.refused", "Not drawn.")
    frames = Child(DrawFrames, None, is_active=False, failure=other, positions=(1,))
    own = Child(Narrate, board.segments[0].id, is_active=False, failure=BROKEN)
    mixed = Child(MixSound, None, is_active=False, failure=BROKEN)
    found = reasons(board, [own, frames, mixed, Child(MakeClip, board.segments[2].id, is_active=False)])
    assert found == {board.segments[0].id: BROKEN, board.segments[1].id: other}


def test_only_the_segments_in_scope_are_made_and_the_film_is_not_cut() -> None:
    board = storyboard(3, frames=4, narration_text="")
    wanted = board.segments[1]
    goal = Goal(segment_ids=frozenset({wanted.id}))
    assert next_of(board, goal).moves == (MakeClip(wanted.id),)
    assert next_of(with_segments(board, filmed(wanted)), goal).is_over


def test_what_is_renewed_is_made_once_more_although_it_stands() -> None:
    board = settled(storyboard(1, frames=2))
    segment = board.segments[0]
    only = frozenset({segment.id})
    again = Goal(segment_ids=only, renew=frozenset({RemakePart.AUDIO}), only=frozenset({RemakePart.AUDIO}))
    assert next_of(board, again).moves == (Narrate(segment.id),)
    assert next_of(board, again, Child(Narrate, segment.id, is_active=False)).is_over
    frame = Goal(segment_ids=only, renew=frozenset({RemakePart.FRAME}), only=frozenset({RemakePart.FRAME}))
    assert next_of(board, frame).moves == (DrawFrames((1,), forced=True),)
    assert next_of(board, frame, Child(DrawFrames, None, is_active=False, positions=(1,))).is_over
    clip = Goal(segment_ids=only, renew=frozenset({RemakePart.VIDEO}))
    assert next_of(board, clip).hold == (segment.id,)


def test_a_renewed_clip_that_is_accepted_while_its_job_still_ends_is_not_made_again() -> None:
    board = settled(storyboard(1, frames=2))
    segment = board.segments[0]
    clip = Goal(segment_ids=frozenset({segment.id}), renew=frozenset({RemakePart.VIDEO}))
    ending = next_of(board, clip, Child(MakeClip, segment.id, is_active=True))
    assert (ending.hold, ending.moves, ending.is_over) == ((), (), False)
    assert next_of(board, clip, Child(MakeClip, segment.id, is_active=False)).is_over
