"""What an engine is asked for a clip, and what is refused before anything is paid."""

from dataclasses import replace

import pytest

from app.generation.domain import Pair, check, engine_name, request_of, shape_of
from app.generation.errors import FramesMissing, NotOffered, SegmentNotReady
from app.projects.domain import SegmentStatus, SegmentView
from app.projects.options import AspectRatio, Resolution, Visuals
from app.providers.values import CameraCommand, MediaType, Picture, PictureRules, Reconcile, Role
from app.providers.video import VideoCapabilities, VideoMode, VideoOutput, VideoResolution
from tests.unit.projects.factories import SETTINGS, finished, with_frame

RULES = PictureRules(frozenset({MediaType.PNG}), 1000, 63)
BOTH = (
    VideoOutput(6, VideoResolution.P768),
    VideoOutput(10, VideoResolution.P768),
    VideoOutput(6, VideoResolution.P1080),
)
CAN = VideoCapabilities(
    model="film-1",
    outputs={VideoMode.FIRST_FRAME: BOTH, VideoMode.FIRST_LAST_FRAME: BOTH},
    prompt_limit_characters=2000,
    picture_rules=RULES,
    reconcile=Reconcile.BY_LIST,
    usual_seconds=1,
    give_up_after_seconds=10,
    submit_deadline_seconds=1,
    obeys_camera=True,
)
ONLY_FIRST = replace(CAN, outputs={VideoMode.FIRST_FRAME: BOTH})
PICTURE = Picture(b"", MediaType.PNG, 640, 360)
PAIR = Pair(PICTURE, PICTURE)


def segment(**columns: object) -> SegmentView:
    return replace(finished(2).segments[0], **columns)


def with_settings(**choices: object) -> SegmentView:
    return segment(settings=replace(SETTINGS, **choices))


def asked(view: SegmentView, can: VideoCapabilities = CAN, pair: Pair = PAIR) -> str:
    return request_of(view, can, pair, optimize_prompt=True).text


def test_a_clip_is_given_both_its_frames_where_the_model_takes_two() -> None:
    shape = shape_of(segment(), CAN)
    assert (shape.first_asset_id, shape.last_asset_id) == ("asset-0", "asset-1")


def test_a_model_that_takes_no_last_frame_is_given_none() -> None:
    assert shape_of(segment(), ONLY_FIRST).last_asset_id is None


def test_a_chained_clip_ends_as_it_likes() -> None:
    assert shape_of(with_settings(visuals=Visuals.CHAINED), CAN).last_asset_id is None


def test_missing_frames_are_named() -> None:
    bare = with_frame(with_frame(finished(2), 0, asset_id=None), 1, asset_id=None).segments[0]
    with pytest.raises(FramesMissing) as told:
        shape_of(bare, CAN)
    assert told.value.facts == {"missing": [0, 1]}


def test_a_missing_last_frame_matters_only_where_it_is_used() -> None:
    bare = with_frame(finished(2), 1, asset_id=None).segments[0]
    assert shape_of(bare, ONLY_FIRST).first_asset_id == "asset-0"
    with pytest.raises(FramesMissing):
        shape_of(bare, CAN)


def test_a_clip_ends_as_it_likes_where_nobody_has_drawn_or_told_its_end() -> None:
    bare = replace(with_frame(finished(2), 1, asset_id=None).segments[0], end_frame_prompt=" ")
    assert shape_of(bare, CAN).last_asset_id is None
    assert shape_of(segment(end_frame_prompt=""), CAN).last_asset_id == "asset-1"
    with pytest.raises(FramesMissing):
        shape_of(bare, replace(CAN, outputs={VideoMode.FIRST_LAST_FRAME: BOTH}))


@pytest.mark.parametrize("columns", [{"status": SegmentStatus.PROMPT_READY}, {"video_prompt": " "}])
def test_what_nobody_has_approved_is_not_begun(columns: dict[str, object]) -> None:
    with pytest.raises(SegmentNotReady):
        shape_of(segment(**columns), CAN)


def test_movements_are_tags_where_the_model_obeys_them_and_words_elsewhere() -> None:
    view = segment(camera_commands=(CameraCommand.PAN_LEFT, CameraCommand.ZOOM_IN))
    assert asked(view) == "prompt 0 [Pan left,Zoom in]"
    assert asked(view, replace(CAN, obeys_camera=False)) == "prompt 0 Camera: pan left, then zoom in."


def test_a_size_stands_in_for_one_that_the_engine_does_not_know() -> None:
    near = replace(CAN, outputs={VideoMode.FIRST_LAST_FRAME: (VideoOutput(6, VideoResolution.P720),)})
    assert request_of(segment(), near, PAIR, optimize_prompt=True).resolution is VideoResolution.P720
    none = replace(CAN, outputs={})
    assert request_of(segment(), none, PAIR, optimize_prompt=True).resolution is VideoResolution.P768
    large = with_settings(resolution=Resolution.P1080)
    assert request_of(large, CAN, Pair(PICTURE), optimize_prompt=False).resolution is VideoResolution.P1080


def test_the_shape_is_told_only_to_engines_that_ask_for_it() -> None:
    tall = with_settings(aspect_ratio=AspectRatio.TALL)
    assert request_of(tall, CAN, PAIR, optimize_prompt=True).aspect_ratio is None
    choosing = replace(CAN, aspect_ratios=("16:9", "9:16"))
    assert request_of(tall, choosing, PAIR, optimize_prompt=True).aspect_ratio == "9:16"


def test_a_prompt_may_be_as_long_as_the_limit_with_its_tags() -> None:
    tags = len(" [Pan left]")
    fits = segment(video_prompt="x" * (2000 - tags), camera_commands=(CameraCommand.PAN_LEFT,))
    check(request_of(fits, CAN, PAIR, optimize_prompt=True), CAN, ())
    longer = replace(fits, video_prompt="x" * (2001 - tags))
    with pytest.raises(NotOffered) as told:
        check(request_of(longer, CAN, PAIR, optimize_prompt=True), CAN, ())
    assert told.value.param == "prompt"
    assert "2001" in (told.value.hint or "")


def test_a_long_clip_in_a_large_size_is_refused() -> None:
    view = replace(with_settings(resolution=Resolution.P1080), duration_sec=10)
    with pytest.raises(NotOffered) as told:
        check(request_of(view, CAN, PAIR, optimize_prompt=True), CAN, ())
    assert told.value.param == "duration_seconds"


def test_a_picture_that_is_too_large_a_file_is_refused() -> None:
    check(request_of(segment(), CAN, PAIR, optimize_prompt=True), CAN, (1000, 1000))
    with pytest.raises(NotOffered) as told:
        check(request_of(segment(), CAN, PAIR, optimize_prompt=True), CAN, (10, 1001))
    assert told.value.param == "first_frame"


def test_a_slideshow_is_made_here_whoever_else_is_chosen() -> None:
    assert engine_name(replace(SETTINGS, visuals=Visuals.SLIDESHOW, providers={Role.VIDEO: "minimax"})) == "local"
    assert engine_name(replace(SETTINGS, providers={Role.VIDEO: "minimax"})) == "minimax"
    assert engine_name(SETTINGS) == "auto"
