"""What a key frame is asked for, and which frames are to be made."""

from dataclasses import replace

import pytest

from app.frames.domain import (
    FROM_REFERENCE,
    CandidateView,
    FrameScene,
    frames_to_make,
    frames_to_spare,
    input_digest,
    is_extracted,
    open_ends,
    reference_position,
    request_of,
    scene_of,
    seed_of,
)
from app.projects.domain import FrameOrigin, Storyboard
from app.projects.freshness import extraction_digest, frame_digest
from app.projects.options import Visuals
from app.providers.image import ImageCapabilities, ReferenceUse
from app.providers.values import MediaType, Picture, PictureRules
from tests.unit.projects.factories import NOW, SETTINGS, finished, with_frame

RULES = PictureRules(frozenset({MediaType.PNG}), 1000, 63)
CAN = ImageCapabilities("painter-1", 200, {"16:9": (1280, 720)}, ReferenceUse.SCENE, 1, RULES, 1, True, 5.0)
PICTURE = Picture(b"png", MediaType.PNG, 640, 360)
SCENE = FrameScene(prompt="A fox sits.", style="film noir", aspect_ratio="16:9")


def chained(board: Storyboard) -> Storyboard:
    settings = replace(SETTINGS, visuals=Visuals.CHAINED)
    segments = tuple(replace(each, settings=settings) for each in board.segments)
    return replace(board, project=replace(board.project, settings=settings), segments=segments)


def without_clips(board: Storyboard) -> Storyboard:
    return replace(board, segments=tuple(replace(each, clip=None) for each in board.segments))


def candidate(board: Storyboard, position: int, reference_asset_id: str | None) -> CandidateView:
    frame = board.frames[position]
    return CandidateView(
        id=f"candidate-{position}",
        frame_id=frame.id,
        job_id="job",
        origin=FrameOrigin.GENERATED,
        asset_id=frame.asset_id or "",
        digest=frame.digest or "",
        reference_asset_id=reference_asset_id,
        prompt="",
        provider=None,
        model=None,
        cost_micro_usd=0,
        created_at=NOW,
        updated_at=NOW,
    )


def drawn_in_a_chain(board: Storyboard) -> dict[str, CandidateView]:
    made = [candidate(board, each, board.frames[each - 1].asset_id) for each in range(1, len(board.frames))]
    return {each.asset_id: each for each in made}


def test_a_scene_is_drawn_in_its_style() -> None:
    assert request_of(SCENE, CAN, None).prompt == "A fox sits.\nStyle: film noir."


def test_a_scene_without_style_is_told_alone() -> None:
    assert request_of(replace(SCENE, style=""), CAN, None).prompt == "A fox sits."


def test_nothing_is_asked_for_where_nothing_is_told() -> None:
    scene = replace(SCENE, prompt="", continuity="The fox is red.")
    assert request_of(scene, CAN, None).prompt == ""


def test_what_lies_beside_the_scene_is_told_after_it() -> None:
    scene = replace(SCENE, style="", continuity="Red fox.", before="It ran.", after="It sleeps.")
    assert request_of(scene, CAN, PICTURE).prompt.split("\n") == [
        "A fox sits.",
        FROM_REFERENCE,
        "Throughout the film: Red fox.",
        "What led here: It ran.",
        "What begins here: It sleeps.",
    ]


def test_context_gives_way_to_the_limit_and_the_scene_never_does() -> None:
    scene = replace(SCENE, prompt="x" * 150, style="", before="b" * 100, after="short")
    assert request_of(scene, CAN, None).prompt == "x" * 150 + "\nWhat begins here: short"
    assert len(request_of(replace(scene, prompt="x" * 300), CAN, None).prompt) == 300


@pytest.mark.parametrize(
    "can",
    [
        replace(CAN, reference_use=ReferenceUse.NONE),
        replace(CAN, most_references=0),
        replace(CAN, reference_rules=PictureRules(frozenset({MediaType.JPEG}), 1000)),
    ],
)
def test_a_reference_is_given_only_where_the_model_takes_it(can: ImageCapabilities) -> None:
    assert request_of(SCENE, CAN, PICTURE).references == (PICTURE,)
    refused = request_of(SCENE, can, PICTURE)
    assert refused.references == ()
    assert FROM_REFERENCE not in refused.prompt


def test_a_reference_of_any_kind_is_given_where_the_model_has_no_rules() -> None:
    assert request_of(SCENE, replace(CAN, reference_rules=None), PICTURE).references == (PICTURE,)


def test_a_seed_is_given_only_where_the_model_takes_it() -> None:
    assert request_of(SCENE, CAN, None, 7).seed == 7
    assert request_of(SCENE, replace(CAN, takes_seed=False), None, 7).seed is None


def test_a_project_keeps_its_seed_and_a_further_try_has_the_next() -> None:
    assert seed_of("one", 0) == seed_of("one", 0)
    assert seed_of("one", 0) != seed_of("two", 0)
    assert (seed_of("one", 1) - seed_of("one", 0)) % 2**31 == 1
    assert all(0 <= seed_of(str(each), 3) < 2**31 for each in range(100))


def test_the_first_frame_opens_the_first_segment() -> None:
    board = finished(2)
    assert scene_of(board, 0) == FrameScene(prompt="prompt 0", style="", aspect_ratio="16:9")
    assert reference_position(0) is None


def test_a_frame_ends_a_segment_and_begins_the_next() -> None:
    scene = scene_of(finished(2), 1)
    assert (scene.prompt, scene.before, scene.after) == ("end 0", "prompt 0", "prompt 1")
    assert reference_position(1) == 0


def test_nothing_begins_at_the_last_frame() -> None:
    assert scene_of(finished(2), 2).after == ""


def test_a_finished_film_needs_no_frame() -> None:
    assert frames_to_make(finished(3)) == ()


def test_a_missing_frame_and_the_drawn_ones_after_it_are_made() -> None:
    board = with_frame(finished(4), 2, asset_id=None, origin=None, digest=None)
    assert frames_to_make(board) == (2, 3, 4)


def test_an_uploaded_frame_ends_what_follows_a_new_one() -> None:
    board = with_frame(finished(4), 2, asset_id=None, origin=None, digest=None)
    assert frames_to_make(with_frame(board, 3, origin=FrameOrigin.UPLOADED, digest=None)) == (2,)


def test_the_opening_is_made_when_it_is_missing() -> None:
    board = with_frame(finished(2), 0, asset_id=None, origin=None)
    assert frames_to_make(board)[0] == 0


def test_the_opening_is_never_drawn_again_by_itself() -> None:
    board = with_frame(finished(2), 0, origin=FrameOrigin.GENERATED, digest="older")
    assert frames_to_make(board) == ()


def test_clips_keep_the_frames_that_only_follow_a_replaced_one() -> None:
    board = finished(4)
    drawn = drawn_in_a_chain(board)
    replaced = with_frame(board, 1, asset_id="other", origin=FrameOrigin.UPLOADED, digest=None)
    assert frames_to_make(replaced) == (2, 3, 4)
    assert frames_to_make(replaced, frames_to_spare(replaced, drawn)) == ()


def test_frames_without_clips_beside_them_follow() -> None:
    board = finished(3)
    drawn = drawn_in_a_chain(board)
    replaced = without_clips(with_frame(board, 1, asset_id="other", origin=FrameOrigin.UPLOADED, digest=None))
    assert frames_to_make(replaced, frames_to_spare(replaced, drawn)) == (2, 3)


def test_a_frame_with_new_words_is_made_also_beside_a_clip() -> None:
    board = finished(3)
    drawn = drawn_in_a_chain(board)
    segments = tuple(replace(each, end_frame_prompt="new") if each.index == 1 else each for each in board.segments)
    edited = replace(board, segments=segments)
    assert frames_to_make(edited, frames_to_spare(edited, drawn)) == (2,)


def test_a_frame_of_which_nothing_is_known_is_not_spared() -> None:
    board = finished(2)
    assert frames_to_spare(board, {}) == frozenset()
    uploaded = with_frame(board, 1, origin=FrameOrigin.UPLOADED)
    assert 1 not in frames_to_spare(uploaded, drawn_in_a_chain(board))


def test_a_missing_frame_that_nobody_has_told_is_an_open_end() -> None:
    board = with_frame(with_frame(finished(3), 1, asset_id=None), 2, asset_id=None)
    segments = tuple(replace(each, end_frame_prompt="") if each.index != 0 else each for each in board.segments)
    told = replace(board, segments=segments)
    assert open_ends(told) == {2}
    assert open_ends(chained(told)) == frozenset()


def test_a_chained_film_takes_its_frames_from_clips() -> None:
    board = chained(finished(2))
    assert [is_extracted(board, each) for each in range(3)] == [False, True, True]
    assert not is_extracted(finished(2), 1)
    assert input_digest(board, 1) == extraction_digest("clip-0")
    assert input_digest(without_clips(board), 1) is None


def test_a_chained_frame_is_made_once_its_clip_is_there_and_newer() -> None:
    board = chained(finished(2))
    empty = with_frame(board, 1, asset_id=None, origin=None, digest=None)
    assert 1 in frames_to_make(empty)
    assert frames_to_make(without_clips(empty)) == ()
    taken = with_frame(board, 1, origin=FrameOrigin.EXTRACTED, digest=extraction_digest("clip-0"))
    assert 1 not in frames_to_make(taken)
    older = with_frame(board, 1, origin=FrameOrigin.EXTRACTED, digest=extraction_digest("older"))
    assert 1 in frames_to_make(older)
    chosen = with_frame(board, 1, origin=FrameOrigin.UPLOADED, digest=None)
    assert 1 not in frames_to_make(chosen)


def test_a_frame_is_made_from_its_words_and_the_frame_before() -> None:
    board = finished(2)
    assert input_digest(board, 0) == frame_digest(SETTINGS, "prompt 0", None)
    assert input_digest(board, 2) == board.frames[2].digest
