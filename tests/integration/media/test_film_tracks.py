"""Tracks of films as real clients met them: no silent sound, and captions shown unasked only where asked for."""

from fractions import Fraction
from pathlib import Path

import pytest

from app.media.film import FilmCutter
from app.media.timeline import Caption, Mood, Timeline, TimelineSegment
from app.media.tools import Tools
from tests.integration.media import reels


async def streams(tools: Tools, path: Path) -> list[str]:
    told = await tools.run(["-i", str(path)], timeout_seconds=20)
    return [line for line in told.stderr_tail.splitlines() if "Stream #" in line]


@pytest.mark.parametrize(("music", "tracks"), [(None, 0), (Mood.SOFT, 1)])
async def test_films_without_narration_carry_music_or_no_audio_track_never_a_silent_one(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, music: Mood | None, tracks: int
) -> None:
    clip = await reels.clip(tools, tmp_path / "clip.mp4")
    segments = (TimelineSegment(clip, Fraction(1), title="One"), TimelineSegment(clip, Fraction(1), title="Two"))
    report = await film.render(Timeline(segments, music=music), tmp_path / "film.mp4", runtime)
    found = await streams(tools, report.path)
    assert sum("Audio:" in line for line in found) == tracks
    assert (report.audio_codec is not None, report.loudness.is_silent) == (bool(tracks), not tracks)
    assert report.duration_seconds == pytest.approx(2.0, abs=0.05)
    chapters = (await reels.ran(tools, "-i", str(report.path), "-f", "ffmetadata", "-")).decode()
    assert [line for line in chapters.splitlines() if line.startswith("title=")] == ["title=One", "title=Two"]


@pytest.mark.parametrize("asked", [False, True])
async def test_the_subtitle_track_is_flagged_default_only_when_captions_were_asked_for(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, *, asked: bool
) -> None:
    clip = await reels.clip(tools, tmp_path / "clip.mp4")
    timeline = Timeline(
        (TimelineSegment(clip, Fraction(1)),), captions=(Caption(0, 0.5, "Hello"),), shows_captions=asked
    )
    report = await film.render(timeline, tmp_path / "film.mp4", runtime)
    (subtitle,) = [line for line in await streams(tools, report.path) if "Subtitle:" in line]
    assert ("(default)" in subtitle) is asked
