"""What is wrong with a clip, what to look at, what retries adopt, how takes differ, what is remembered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.generation.domain import (
    Difference,
    Pair,
    TakeLook,
    TakeView,
    clip_faults,
    differences,
    digest,
    last_useless,
    look_warnings,
    plain_request,
    plain_task,
    read_request,
    read_task,
    take_is_stale,
)
from app.media.mp4_reading import MediaInfo, VideoTrack
from app.media.sniff import FileKind
from app.projects.domain import FrameOrigin, SegmentView
from app.projects.freshness import extraction_digest
from app.providers.values import CameraCommand, MediaType, Picture
from app.providers.video import RemoteTask, VideoRequest, VideoResolution
from tests.unit.projects.factories import NOW, finished, with_frame

VIDEO = VideoTrack("avc1", 6.0, 1366, 768, 144, 2, 12288, 512, 0, (), b"", b"", b"", 1)
SOUND = TakeLook(black_share=0.0, frozen_share=0.1, first_seam=0.9, last_seam=0.9)
PICTURE = Picture(b"png", MediaType.PNG, 640, 360)


def faults(media: MediaInfo, size_bytes: int = 10, promised_bytes: int = 10) -> tuple[str, ...]:
    return clip_faults(media, wanted_seconds=6, size_bytes=size_bytes, promised_bytes=promised_bytes)


def clip(kind: FileKind = FileKind.MP4, **columns: object) -> MediaInfo:
    return MediaInfo(kind, 6.0, replace(VIDEO, **columns))


@pytest.mark.parametrize("seconds", [5.5, 6.0, 6.5])
def test_a_clip_may_last_half_a_second_more_or_less(seconds: float) -> None:
    assert faults(clip(duration_seconds=seconds)) == ()


@pytest.mark.parametrize(
    ("media", "said"),
    [
        (clip(duration_seconds=5.4), "lasts 5.40 s instead of 6 s"),
        (clip(duration_seconds=6.6), "lasts 6.60 s"),
        (clip(kind=FileKind.M4A), "instead of MP4"),
        (clip(codec="mp4v"), "coded as mp4v"),
        (clip(width_px=0), "pictures are empty"),
        (clip(frame_count=0), "pictures are empty"),
        (MediaInfo(FileKind.MP4, 6.0), "no pictures"),
    ],
)
def test_what_is_wrong_with_a_clip_is_said(media: MediaInfo, said: str) -> None:
    (fault,) = faults(media)
    assert said in fault


def test_a_file_of_another_size_than_promised_is_broken() -> None:
    assert faults(clip(), size_bytes=9) == ("it has 9 bytes instead of 10",)


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (SOUND, []),
        (replace(SOUND, first_seam=None, last_seam=None), []),
        (replace(SOUND, black_share=0.5), ["50% of it is black."]),
        (replace(SOUND, frozen_share=0.95), ["The picture stands still for 95% of it."]),
        (replace(SOUND, first_seam=0.4), ["It does not begin like its first key frame."]),
        (replace(SOUND, last_seam=0.4), ["It does not end like its last key frame."]),
    ],
)
def test_an_owner_is_told_what_to_look_at(look: TakeLook, words: list[str]) -> None:
    assert list(look_warnings(look)) == words


BROKEN, BLOCKED, LOST, PASSING = "take.clip_broken", "provider.content_blocked", "provider.task_lost", "job.deadline"


@pytest.mark.parametrize(
    ("tries", "useless"),
    [
        ([], ""),
        ([("a", PASSING), ("b", "")], ""),
        ([("a", BLOCKED)], "a"),
        ([("a", BLOCKED), ("b", PASSING)], "a"),
        ([("a", LOST), ("b", BLOCKED)], "b"),
        ([("a", BROKEN)], ""),
        ([("a", BROKEN), ("b", BROKEN)], "b"),
        ([("a", BROKEN), ("b", PASSING), ("c", BROKEN)], "c"),
        ([("a", BROKEN), ("b", BROKEN), ("c", BROKEN)], "b"),
        ([("a", BROKEN), ("b", BLOCKED), ("c", BROKEN)], "b"),
        ([("a", BROKEN), ("b", BROKEN), ("c", BROKEN), ("d", BROKEN)], "d"),
    ],
)
def test_a_purchase_is_useless_when_it_never_becomes_a_clip(tries: Sequence[tuple[str, str]], useless: str) -> None:
    assert last_useless(tries) == useless


def take(segment: SegmentView, **columns: object) -> TakeView:
    assert segment.clip is not None
    made = TakeView(
        id="take",
        segment_id=segment.id,
        job_id="job",
        number=1,
        asset_id=segment.clip.asset_id,
        last_picture_asset_id="still",
        first_frame_asset_id="asset-0",
        last_frame_asset_id=segment.last_frame.asset_id,
        hands_on=False,
        digest=segment.clip.digest,
        prompt="prompt 0",
        resolution="768P",
        look=SOUND,
        duration_seconds=6.0,
        width_px=1366,
        height_px=768,
        provider="local",
        model="film-1",
        cost_micro_usd=0,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **columns)


def test_like_takes_do_not_differ() -> None:
    one = take(finished(2).segments[0])
    assert differences(one, replace(one, id="other", number=2, duration_seconds=6.01)) == ()


def test_takes_differ_in_what_was_asked_and_what_came() -> None:
    one = take(finished(2).segments[0])
    other = replace(one, prompt="new", hands_on=True, look=replace(SOUND, last_seam=None), cost_micro_usd=280_000)
    assert differences(one, other) == (
        Difference("prompt", "prompt 0", "new"),
        Difference("last_frame", "asset-1", ""),
        Difference("cost", "0.00", "0.28"),
        Difference("last_seam", "0.90", ""),
    )


def test_a_take_is_out_of_date_once_its_segment_changes() -> None:
    segment = finished(2).segments[0]
    assert not take_is_stale(take(segment), segment)
    assert take_is_stale(take(segment), replace(segment, video_prompt="new"))
    other_end = with_frame(finished(2), 1, asset_id="other", origin=FrameOrigin.UPLOADED, digest=None).segments[0]
    assert take_is_stale(take(segment), other_end)


def test_a_take_whose_own_last_picture_ends_the_segment_is_up_to_date() -> None:
    segment = finished(2).segments[0]
    own = extraction_digest("clip-0")
    ended = with_frame(finished(2), 1, asset_id="still", origin=FrameOrigin.EXTRACTED, digest=own).segments[0]
    assert not take_is_stale(take(segment), ended)


def test_a_take_that_ends_as_it_likes_brings_its_own_end_unless_another_was_uploaded() -> None:
    segment = finished(2).segments[0]
    free = take(segment, hands_on=True, last_frame_asset_id=None)
    taken = with_frame(finished(2), 1, asset_id="older", origin=FrameOrigin.EXTRACTED, digest="older").segments[0]
    assert not take_is_stale(free, taken)
    assert take_is_stale(free, replace(taken, video_prompt="new"))
    uploaded = with_frame(finished(2), 1, asset_id="other", origin=FrameOrigin.UPLOADED, digest=None).segments[0]
    assert take_is_stale(free, uploaded)


REQUEST = VideoRequest(
    model="film-1",
    prompt="A fox.",
    duration_seconds=6,
    resolution=VideoResolution.P768,
    first_frame=PICTURE,
    last_frame=PICTURE,
    camera=(CameraCommand.PAN_LEFT,),
    aspect_ratio="16:9",
)


def test_a_request_is_remembered_without_its_pictures() -> None:
    kept = plain_request(REQUEST)
    assert "first_frame" not in kept
    assert read_request(kept, Pair(PICTURE, PICTURE)) == REQUEST


def test_a_task_is_remembered_and_one_that_was_found_again_is_dated_by_its_job() -> None:
    task = RemoteTask("task-1", "film-1", datetime(2026, 11, 21, 9, tzinfo=UTC))
    assert read_task(plain_task(task), "task-1", "other", NOW) == task
    assert read_task({}, "task-1", "film-1", NOW) == RemoteTask("task-1", "film-1", NOW)


def test_a_digest_follows_request_pictures_and_salt() -> None:
    kept = plain_request(REQUEST)
    known = {digest(kept, ["a"], ""), digest(kept, ["b"], ""), digest(kept, ["a"], "job")}
    known.add(digest(kept | {"prompt": "other"}, ["a"], ""))
    assert len(known) == 4
    assert digest(kept, ["a"], "") in known
