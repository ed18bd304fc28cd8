"""Films that are cut by copying: what comes out is what went in, at its exact moment."""

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from app.media.cut import Treatment
from app.media.errors import ClipUnusable, UnreadableMedia
from app.media.film import FilmCutter
from app.media.timeline import SAMPLE_RATE, Caption, PlacedNarration, Timeline, TimelineSegment, sample_bounds
from app.media.tools import Tools
from tests import factories
from tests.integration.media import reels

ONE_MS = SAMPLE_RATE / 1000
RATES = {"24": (24, Fraction(1)), "25": (30, Fraction(30, 25)), "24000/1001": (24, Fraction(1001, 1000))}
CLICK_SECONDS = 0.1
RECORDINGS = [(22_050, "mp3"), (44_100, "wav"), (48_000, "m4a"), (16_000, "mp3"), (32_000, "wav")]


async def three(tools: Tools, folder: Path) -> Timeline:
    """Three clips of one encoder with narrations, titles and captions."""
    segments = []
    for name, colour in (("Początek", "red"), ("Middle", "green"), ("Ende", "blue")):
        path = await reels.clip(tools, folder / f"{colour}.mp4", f"color={colour}:s=128x72:r=24:d=1", "-bf", "2")
        speech = await reels.sound(tools, folder / f"{colour}.mp3", "anoisesrc=d=0.8:a=0.2:c=pink", "-ar", "22050")
        segments.append(TimelineSegment(path, Fraction(1), PlacedNarration(speech), name))
    captions = (Caption(0.25, 0.9, "Zażółć gęślą\njaźń"), Caption(1.0, 2.5, "καλημέρα"))
    return Timeline(tuple(segments), "A film of three", "pl", captions=captions)


async def test_the_pictures_of_clips_that_agree_are_copied_bit_by_bit(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await three(tools, tmp_path)
    report = await film.render(timeline, tmp_path / "film.mp4", runtime)
    clips = [segment.clip for segment in timeline.segments]
    assert await reels.packets(tools, report.path) == await reels.packets(tools, *clips)
    assert report.is_copied_whole
    assert await reels.warnings(tools, report.path) == ""


async def test_every_frame_is_shown_at_its_moment_from_zero_on(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    report = await film.render(await three(tools, tmp_path), tmp_path / "film.mp4", runtime)
    assert await reels.frame_moments(tools, report.path) == [Fraction(number, 24) for number in range(72)]
    shown = await reels.frames(tools, report.path)
    assert [max(range(3), key=colour.__getitem__) for colour in shown] == [0] * 24 + [1] * 24 + [2] * 24
    assert report.seams_seconds == (1.0, 2.0)
    assert [segment.first_frame for segment in report.segments] == [0, 24, 48]


async def test_the_file_tells_title_language_chapters_and_captions(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    report = await film.render(await three(tools, tmp_path), tmp_path / "film.mp4", runtime)
    told = await tools.run(["-i", str(report.path)], timeout_seconds=20)
    for words in (
        "title           : A film of three",
        "start: 0.000000",
        "(pol): Audio: aac",
        "(pol): Subtitle: mov_text",
    ):
        assert words in told.stderr_tail
    chapters = (await reels.ran(tools, "-i", str(report.path), "-f", "ffmetadata", "-")).decode()
    assert [line for line in chapters.splitlines() if line.startswith("title=")][1:] == [
        "title=Początek",
        "title=Middle",
        "title=Ende",
    ]
    read = (await reels.ran(tools, "-i", str(report.path), "-map", "0:s:0", "-f", "srt", "-")).decode()
    assert "00:00:00,250 --> 00:00:00,900" in read
    assert "Zażółć gęślą\njaźń" in read
    assert "00:00:01,000 --> 00:00:02,500" in read
    assert "καλημέρα" in read


async def test_a_film_begins_at_once_and_has_a_poster(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    report = await film.render(await three(tools, tmp_path), tmp_path / "film.mp4", runtime)
    content = report.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert len(content) == report.size_bytes
    assert report.poster.read_bytes().startswith(b"\xff\xd8\xff")
    assert (report.width_px, report.height_px, report.duration_seconds) == (128, 72, 3.0)


@pytest.mark.parametrize("rate", RATES)
async def test_flashes_and_clicks_meet_within_a_millisecond(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, rate: str
) -> None:
    count, duration = RATES[rate]
    segments = []
    for number in range(10):
        source_rate, form = RECORDINGS[number % len(RECORDINGS)]
        wave = reels.click(tmp_path / f"{number}.wav", source_rate, CLICK_SECONDS)
        recording = wave
        if form != "wav":
            recording = tmp_path / f"{number}.{form}"
            await reels.ran(tools, "-i", str(wave), "-b:a", "96k", str(recording))
        flash = await reels.flash(tools, tmp_path / f"{number}.mp4", rate, count)
        segments.append(TimelineSegment(flash, duration, PlacedNarration(recording)))
    report = await film.render(Timeline(tuple(segments)), tmp_path / "film.mp4", runtime)
    moments = await reels.frame_moments(tools, report.path)
    shown = await reels.frames(tools, report.path)
    flashes = [moments[number] for number, colour in enumerate(shown) if colour[0] > 128]
    heard = await reels.left_channel(tools, report.path)
    bounds = sample_bounds([duration] * 10)
    clicks = [reels.loudest(heard, begin, end) for begin, end in itertools.pairwise(bounds)]
    assert len(flashes) == 10
    assert report.is_copied_whole
    for flash_at, click_at in zip(flashes, clicks, strict=True):
        assert abs(click_at - (flash_at + Fraction(1, 10)) * SAMPLE_RATE) < ONE_MS


async def test_sound_made_ahead_is_used_as_it_is(tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path) -> None:
    timeline = await three(tools, tmp_path)
    clips = [segment.clip.read_bytes() for segment in timeline.segments]
    for segment in timeline.segments:
        segment.clip.unlink()
    ahead = await film.prepare_audio(timeline, runtime)
    for segment, content in zip(timeline.segments, clips, strict=True):
        segment.clip.write_bytes(content)
    report = await film.render(timeline, tmp_path / "film.mp4", runtime)
    assert not ahead.was_ready
    assert report.sound_was_ready
    assert report.loudness == ahead.loudness
    assert reels.left_in(runtime) == {".mp4", ".json"}


async def test_another_narration_makes_other_sound(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await three(tools, tmp_path)
    first = await film.prepare_audio(timeline, runtime)
    speech = await reels.sound(tools, tmp_path / "new.mp3", "sine=f=300:d=0.5")
    changed = replace(
        timeline, segments=(replace(timeline.segments[0], narration=PlacedNarration(speech)), *timeline.segments[1:])
    )
    second = await film.prepare_audio(changed, runtime)
    assert second.digest != first.digest
    assert not second.was_ready
    assert (await film.prepare_audio(timeline, runtime)).was_ready


@pytest.mark.parametrize("loss", ["facts", "sound", "lying facts"])
async def test_sound_that_is_not_whole_is_made_again(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, loss: str
) -> None:
    timeline = await three(tools, tmp_path)
    first = await film.prepare_audio(timeline, runtime)
    facts = first.path.with_suffix(".json")
    if loss == "facts":
        facts.unlink()
    elif loss == "sound":
        first.path.write_bytes(first.path.read_bytes()[:200])
    else:
        facts.write_text('{"integrated_lufs": -14}')
    again = await film.prepare_audio(timeline, runtime)
    assert not again.was_ready
    assert again.loudness == first.loudness


async def test_a_clip_may_be_shorter_than_expected(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await three(tools, tmp_path)
    await reels.clip(tools, timeline.segments[1].clip, "color=green:s=128x72:r=24:d=0.5", "-bf", "2")
    report = await film.render(timeline, tmp_path / "film.mp4", runtime)
    assert report.duration_seconds == 2.5
    assert report.seams_seconds == (1.0, 1.5)
    heard = await reels.left_channel(tools, report.path)
    assert abs(len(heard) - 2.5 * SAMPLE_RATE) < ONE_MS * 22


async def test_a_film_without_narration_is_silent_and_says_so(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await three(tools, tmp_path)
    mute = replace(timeline, segments=tuple(replace(segment, narration=None) for segment in timeline.segments))
    report = await film.render(mute, tmp_path / "film.mp4", runtime)
    assert report.loudness.is_silent
    assert report.audio_codec is None


async def test_what_is_no_clip_is_refused_and_nothing_is_left(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await three(tools, tmp_path)
    into = tmp_path / "film.mp4"
    timeline.segments[1].clip.write_bytes(factories.picture())
    with pytest.raises(ClipUnusable):
        await film.render(timeline, into, runtime)
    with pytest.raises(ClipUnusable):
        await film.render(Timeline(()), into, runtime)
    await reels.clip(tools, timeline.segments[1].clip)
    timeline.segments[1].clip.write_bytes(timeline.segments[1].clip.read_bytes()[:400])
    with pytest.raises(UnreadableMedia):
        await film.render(timeline, into, runtime)
    assert reels.left_in(runtime) == set()
    assert not into.exists()


async def test_clip_sound_is_kept_under_narration_on_request(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    loud = tmp_path / "loud.mp4"
    await reels.ran(
        tools,
        "-f",
        "lavfi",
        "-i",
        "color=red:s=128x72:r=24:d=1",
        "-f",
        "lavfi",
        "-i",
        "sine=f=500:d=1",
        *reels.ENCODER,
        "-c:a",
        "aac",
        str(loud),
    )
    mute = await reels.clip(tools, tmp_path / "mute.mp4")
    timeline = Timeline((TimelineSegment(mute, Fraction(1)), TimelineSegment(loud, Fraction(1))))
    dropped = await film.render(timeline, tmp_path / "a.mp4", runtime)
    kept = await film.render(replace(timeline, keeps_clip_sound=True), tmp_path / "b.mp4", runtime)
    assert dropped.loudness.is_silent
    heard = await reels.left_channel(tools, kept.path)
    assert max(abs(sample) for sample in heard[:40_000]) < 200
    assert max(abs(sample) for sample in heard[50_000:90_000]) > 3000
    assert kept.is_copied_whole
    assert {segment.decision.treatment for segment in kept.segments} == {Treatment.COPIED}
