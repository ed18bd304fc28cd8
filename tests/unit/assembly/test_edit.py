"""What a storyboard becomes: its clips in order, its words in place, its wishes for music and captions kept."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.assembly.domain import check_files, check_offered, sound_assets, timeline_of, wanted_assets
from app.assembly.errors import FilmFilesGone, FilmNotOffered
from app.media.timeline import Mood, Transition, Word
from app.projects.domain import (
    CurrentTake,
    FrameView,
    ProjectStatus,
    ProjectView,
    SegmentStatus,
    SegmentView,
    SpokenNarration,
    SpokenWord,
    Storyboard,
)
from app.projects.options import (
    AspectRatio,
    Captions,
    ClipSound,
    FilmMusic,
    Language,
    ProjectSettings,
    TransitionKind,
    Transitions,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FRAME = FrameView(id="f", position=0, asset_id=None, origin=None, digest=None, approved=False)
SETTINGS = ProjectSettings(
    name="Film", story_prompt="", target_duration_sec=12, segment_len_sec=6, language=Language.EN, providers={}
)


def segment(index: int, settings: ProjectSettings, text: str) -> SegmentView:
    words = (SpokenWord("Once", 0.0, 0.4), SpokenWord("again", 0.4, 0.9))
    narration = SpokenNarration(asset_id=f"n{index}", take_id=None, duration_seconds=0.9, digest="d", words=words)
    clip = CurrentTake(asset_id=f"c{index}", take_id=None, duration_seconds=6.0, digest="d", last_frame_asset_id=None)
    return SegmentView(
        id=f"s{index}", index=index, status=SegmentStatus.GENERATED, duration_sec=6, clip_asset_id=clip.asset_id,
        narration_asset_id=narration.asset_id, project_id="p", owner_id="o", settings=settings, voice_id=None,
        video_prompt="A fox.", narration_text=text, end_frame_prompt="", camera_commands=(), first_frame=FRAME,
        last_frame=FRAME, clip=clip, narration=narration, job_id=None, needs_attention=False, failure=None,
        reject_reason=None, version=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def board(text: str = "Once again", **wish: Any) -> Storyboard:
    settings = replace(SETTINGS, **wish)
    segments = (segment(0, settings, text), segment(1, settings, text))
    project = ProjectView(
        id="p", owner_id="o", settings=settings, status=ProjectStatus.FINALIZING, plan_title="", continuity_notes="",
        voice_id=None, first_frame_asset_id=None, audio_sample_asset_id=None, film=None, failure=None,
        segments=segments, version=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return Storyboard(project=project, segments=segments, frames=())


FILES = {name: Path(name) for name in ("c0", "c1", "n0", "n1", "m")}


def test_clips_and_narrations_stand_in_their_order() -> None:
    made = timeline_of(board(), FILES, [Fraction(6), Fraction(47, 8)])
    assert [each.clip for each in made.segments] == [Path("c0"), Path("c1")]
    assert [each.duration for each in made.segments] == [Fraction(6), Fraction(47, 8)]
    assert made.segments[1].narration is not None
    assert made.segments[1].narration.words[0] == Word("Once", 0.0, 0.4)
    assert [caption.start_seconds for caption in made.captions] == [0.0, 6.0]
    assert (made.title, made.language) == ("Film", "en")


def test_before_there_are_clips_segments_are_as_long_as_planned() -> None:
    made = timeline_of(board(), {"n0": Path("n0"), "n1": Path("n1")})
    assert made.durations == (Fraction(6), Fraction(6))


def test_chapters_say_the_number_and_how_the_segment_begins() -> None:
    long = "There was once upon a time a very small fox who lived in a very large forest"
    title = timeline_of(board(long), FILES).segments[1].title
    assert title == "2. There was once upon a time a very small fox who\u2026"


@pytest.mark.parametrize(
    ("music", "played", "gain_db"),
    [
        (None, None, 0.0),
        (FilmMusic(mood="auto"), Mood.SOFT, 0.0),
        (FilmMusic(mood="none"), None, 0.0),
        (FilmMusic(mood="soft"), Mood.SOFT, 0.0),
        (FilmMusic(mood="soft", volume=0.0), None, 0.0),
        (FilmMusic(mood="upbeat", volume=0.8), Mood.UPBEAT, 6.02),
        (FilmMusic(asset_id="m", volume=0.2), Path("m"), -6.02),
    ],
)
def test_music_is_what_was_wished_at_its_volume(music: FilmMusic | None, played: object, gain_db: float) -> None:
    made = timeline_of(board(music=music), FILES)
    assert (made.music, made.music_gain_db) == (played, gain_db)


def test_segments_follow_each_other_as_was_wished() -> None:
    assert {kind.value for kind in TransitionKind} == {look.value for look in Transition}
    plain, slow = timeline_of(board(), FILES), Transitions(kind=TransitionKind.DISSOLVE, duration_ms=1250)
    made = timeline_of(board(transitions=slow), FILES)
    assert (plain.transition, plain.keeps_clip_sound) == (Transition.CUT, False)
    assert (made.transition, made.transition_seconds) == (Transition.DISSOLVE, Fraction(5, 4))


@pytest.mark.parametrize(
    ("wish", "kept", "gain_db"),
    [(ClipSound(keep=True), True, 0.0), (ClipSound(keep=True, volume=0.8), True, 6.02),
     (ClipSound(keep=True, volume=0.0), False, 0.0), (ClipSound(volume=0.8), False, 0.0)],
)  # fmt: skip
def test_clips_are_heard_at_their_volume(wish: ClipSound, kept: bool, gain_db: float) -> None:
    made = timeline_of(board(clip_sound=wish), FILES)
    assert (made.keeps_clip_sound, made.clip_sound_gain_db) == (kept, gain_db)


def test_captions_are_soft_burned_both_or_none() -> None:
    soft = timeline_of(board(), FILES)
    burned = timeline_of(board(captions=Captions(soft=False, burn=True), aspect_ratio=AspectRatio.TALL), FILES)
    assert (bool(soft.captions), soft.burned) == (True, "")
    assert burned.captions == ()
    assert "PlayResX: 1080\nPlayResY: 1920" in burned.burned


def test_the_wanted_files_are_all_that_is_seen_and_heard() -> None:
    wished = board(music=FilmMusic(asset_id="m"))
    assert sorted(wanted_assets(wished)) == ["c0", "c1", "m", "n0", "n1"]
    assert sorted(sound_assets(wished)) == ["m", "n0", "n1"]
    assert sorted(sound_assets(board(music=FilmMusic(asset_id="m", volume=0.0)))) == ["n0", "n1"]


@pytest.mark.parametrize(("gone", "segments", "music"), [("c1", [1], False), ("n0", [0], False), ("m", [], True)])
def test_a_missing_file_is_named_by_what_it_belongs_to(gone: str, segments: list[int], music: bool) -> None:
    there = {name for name in FILES if name != gone}
    with pytest.raises(FilmFilesGone) as refused:
        check_files(board(music=FilmMusic(asset_id="m")), dict.fromkeys(there, ""))
    assert refused.value.facts == {"segments": segments, "music": music}


def test_what_is_offered_passes_and_the_rest_is_refused_with_the_choices() -> None:
    for fine in (FilmMusic(mood="none"), FilmMusic(mood="ambient"), FilmMusic(asset_id="m"), None):
        check_offered(replace(SETTINGS, music=fine, captions=Captions(style="anything")))
    with pytest.raises(
        FilmNotOffered,
        match="auto, none, soft, upbeat, cinematic, corporate, ambient, playful, mysterious, melancholic",
    ):
        check_offered(replace(SETTINGS, music=FilmMusic(mood="polka")))
    with pytest.raises(FilmNotOffered, match="plain, boxed, highlight"):
        check_offered(replace(SETTINGS, captions=Captions(burn=True, style="neon")))
