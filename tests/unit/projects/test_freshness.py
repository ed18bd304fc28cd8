"""What goes stale when something changes, and what does not."""

from dataclasses import replace

import pytest

from app.projects.domain import Film, FrameOrigin, Storyboard
from app.projects.freshness import Part, extraction_digest, film_digest, film_is_stale, stale_frames, stale_parts
from app.projects.options import (
    Captions,
    ClipSound,
    FilmMusic,
    NarrationOptions,
    Resolution,
    TransitionKind,
    Transitions,
)
from app.providers.values import CameraCommand
from tests.unit.projects.factories import SETTINGS, finished, with_frame


def stale_clips(board: Storyboard) -> list[int]:
    return [each.index for each in board.segments if Part.CLIP in stale_parts(each)]


def test_a_finished_film_has_nothing_stale() -> None:
    board = finished(10)
    assert [stale_parts(each) for each in board.segments] == [frozenset()] * 10
    assert stale_frames(board) == ()


@pytest.mark.parametrize(("position", "clips"), [(0, [0]), (1, [0, 1]), (2, [1, 2]), (3, [2])])
def test_a_new_frame_makes_exactly_the_clips_beside_it_stale(position: int, clips: list[int]) -> None:
    board = with_frame(finished(3), position, asset_id="other", origin=FrameOrigin.UPLOADED, digest=None)
    assert stale_clips(board) == clips


def test_a_new_frame_makes_the_generated_frame_after_it_stale() -> None:
    board = with_frame(finished(3), 1, asset_id="other", origin=FrameOrigin.UPLOADED, digest=None)
    assert stale_frames(board) == (2,)


def test_an_uploaded_frame_is_never_stale() -> None:
    board = with_frame(finished(3), 2, origin=FrameOrigin.UPLOADED, digest=None)
    board = with_frame(board, 1, asset_id="other", origin=FrameOrigin.UPLOADED, digest=None)
    assert stale_frames(board) == ()


def test_the_clips_own_last_picture_keeps_the_clip_fresh() -> None:
    board = with_frame(
        finished(3), 2, asset_id="still", origin=FrameOrigin.EXTRACTED, digest=extraction_digest("clip-1")
    )
    assert stale_clips(board) == [2]
    assert stale_frames(board) == (3,)


def test_a_picture_taken_from_an_earlier_clip_is_stale() -> None:
    board = with_frame(
        finished(3), 2, asset_id="still", origin=FrameOrigin.EXTRACTED, digest=extraction_digest("older clip")
    )
    assert 2 in stale_frames(board)


def test_an_emptied_frame_makes_its_clip_stale() -> None:
    assert stale_clips(with_frame(finished(3), 1, asset_id=None, origin=None, digest=None)) == [0, 1]


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"video_prompt": "other"}, {Part.CLIP}),
        ({"camera_commands": (CameraCommand.SHAKE,)}, {Part.CLIP}),
        ({"duration_sec": 10}, {Part.CLIP}),
        ({"narration_text": "other"}, {Part.NARRATION}),
        ({"voice_id": "other"}, {Part.NARRATION}),
        ({"end_frame_prompt": "other"}, {Part.LAST_FRAME}),
        ({"reject_reason": "other"}, set()),
    ],
)
def test_an_edit_makes_stale_what_was_made_from_it_only(change: dict[str, object], parts: set[Part]) -> None:
    assert stale_parts(replace(finished().segments[1], **change)) == parts


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"resolution": Resolution.P1080}, {Part.CLIP}),
        ({"narration": NarrationOptions(speed=1.5)}, {Part.NARRATION}),
        ({"style": "anime"}, {Part.LAST_FRAME}),
        ({"name": "other", "music": FilmMusic(mood="calm")}, set()),
    ],
)
def test_a_setting_makes_stale_what_was_made_from_it_only(change: dict[str, object], parts: set[Part]) -> None:
    changed = replace(finished().segments[1], settings=replace(SETTINGS, **change))
    assert stale_parts(changed) == parts


def test_what_is_not_made_yet_is_not_stale() -> None:
    bare = replace(finished().segments[1], clip=None, narration=None, clip_asset_id=None, narration_asset_id=None)
    assert stale_parts(bare) == frozenset()


def test_a_film_is_stale_after_another_transition_or_clip_sound_and_only_then() -> None:
    project = finished().project
    made = replace(project, film=Film(asset_id="film", digest=film_digest(project), variants={}))
    dissolve = Transitions(kind=TransitionKind.DISSOLVE)
    for differing in ({"transitions": dissolve}, {"clip_sound": ClipSound(keep=True)}):
        assert film_is_stale(replace(made, settings=replace(SETTINGS, **differing)))
    for same in ({"transitions": Transitions(duration_ms=900)}, {"clip_sound": ClipSound(volume=0.9)}):
        assert not film_is_stale(replace(made, settings=replace(SETTINGS, **same)))
    dissolved = replace(project, settings=replace(SETTINGS, transitions=dissolve))
    slower = replace(SETTINGS, transitions=replace(dissolve, duration_ms=900))
    made = replace(dissolved, film=Film(asset_id="film", digest=film_digest(dissolved), variants={}))
    assert film_is_stale(replace(made, settings=slower))


def test_a_film_is_stale_after_another_take_order_music_or_captions() -> None:
    project = finished().project
    made = replace(project, film=Film(asset_id="film", digest=film_digest(project), variants={}))
    assert not film_is_stale(made)
    assert not film_is_stale(replace(made, settings=replace(SETTINGS, name="other")))
    assert film_is_stale(replace(made, segments=made.segments[::-1]))
    assert film_is_stale(replace(made, settings=replace(SETTINGS, music=FilmMusic(mood="calm"))))
    assert film_is_stale(replace(made, settings=replace(SETTINGS, captions=Captions(burn=True))))
    assert film_is_stale(replace(made, segments=(replace(made.segments[0], clip_asset_id="x"), *made.segments[1:])))
