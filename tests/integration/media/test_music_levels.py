"""Row C of what real clients showed: added music is heard, beside the voice and in its pauses; measured by ebur128."""

import itertools
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from app.media.film import FilmCutter
from app.media.timeline import SAMPLE_RATE, Mood, PlacedNarration, Timeline, TimelineSegment
from app.media.tools import Tools
from tests.integration.media import reels

# A voice above and music below, so that a filter tells one from the other.
VOICE, TUNE = "sine=f=3000:d={seconds}", "sine=f=250:d=20"
ONLY_VOICE, ONLY_MUSIC = "highpass=f=1500:p=2,highpass=f=1500:p=2", "lowpass=f=500:p=2,lowpass=f=500:p=2"


async def heard(tools: Tools, sound: Path, begin: float, end: float, kept: str) -> float:
    """The loudness of one band of a stretch."""
    told = ["-ss", str(begin), "-t", str(end - begin), "-i", str(sound), "-af", f"{kept},ebur128", "-f", "null", "-"]
    done = await tools.run(told, timeout_seconds=30)
    summary = done.stderr_tail[done.stderr_tail.index("Summary:") :]
    return float(re.findall(r"I:\s+(-?[\d.]+)", summary)[-1])


async def spoken(tools: Tools, folder: Path, pause: float, words: float = 3.0) -> Path:
    """Somebody speaks, pauses, and speaks again."""
    parts = f"{VOICE.format(seconds=words)},apad=pad_dur={pause}[a];{VOICE.format(seconds=words)}[b]"
    return await reels.sound(tools, folder / "speech.wav", f"{parts};[a][b]concat=n=2:v=0:a=1")


@pytest.mark.parametrize("pause", [1.5, 2.5])
async def test_added_music_is_heard_about_10_to_12_db_under_the_voice_up_to_minus_20_lufs_in_pauses_over_0_6_s(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, pause: float
) -> None:
    speech = await spoken(tools, tmp_path, pause)
    tune = await reels.sound(tools, tmp_path / "tune.wav", TUNE)
    seconds = Fraction(str(6 + pause))
    segments = (TimelineSegment(Path("later.mp4"), seconds, PlacedNarration(speech)),)
    made = await film.prepare_audio(Timeline(segments, music=tune), runtime)
    voice = await heard(tools, made.path, 1.0, 2.8, ONLY_VOICE)
    under = await heard(tools, made.path, 1.0, 2.8, ONLY_MUSIC)
    paused = await heard(tools, made.path, 3.6, 3.0 + pause, ONLY_MUSIC)
    print(pause, voice, under, paused, made.loudness)
    assert 9.5 <= voice - under <= 12.5
    assert -21.5 <= paused <= -18.5
    assert paused - under >= 6
    assert abs(made.loudness.integrated_lufs + 14.0) <= 0.3


async def test_music_does_not_pump_between_words(tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path) -> None:
    speech = await spoken(tools, tmp_path, 0.1)
    tune = await reels.sound(tools, tmp_path / "tune.wav", TUNE)
    segments = (TimelineSegment(Path("later.mp4"), Fraction("6.1"), PlacedNarration(speech)),)
    made = await film.prepare_audio(Timeline(segments, music=tune), runtime)
    under = await heard(tools, made.path, 1.0, 2.8, ONLY_MUSIC)
    between = await heard(tools, made.path, 2.9, 3.4, ONLY_MUSIC)
    assert between - under < 2


@pytest.mark.parametrize("mood", Mood)
async def test_a_film_with_music_is_never_silent_and_begins_and_ends_softly(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, mood: Mood
) -> None:
    """Somebody speaks for a second in each of two segments, and nobody in the third."""
    speech = await reels.sound(tools, tmp_path / "speech.wav", "anoisesrc=d=1:c=pink:a=0.5:seed=1")
    spoken = [TimelineSegment(Path("later.mp4"), Fraction(6), PlacedNarration(speech)) for _ in range(2)]
    timeline = Timeline((*spoken, TimelineSegment(Path("later.mp4"), Fraction(6))), music=mood)
    made = await film.prepare_audio(timeline, runtime)
    heard = np.asarray(await reels.left_channel(tools, made.path), dtype=np.float64) / 32768
    tenths = [20 * np.log10(np.sqrt(np.mean(part**2)) + 1e-9) for part in np.split(heard[: 18 * SAMPLE_RATE], 180)]
    silent = [len(list(run)) for is_quiet, run in itertools.groupby(tenths, lambda tenth: tenth < -45) if is_quiet]
    print(mood, f"longest silence {max(silent, default=0) / 10} s", made.loudness)
    assert max(silent, default=0) <= 5
    assert tenths[-1] < max(tenths[-40:-20]) - 15
    assert abs(made.loudness.integrated_lufs + 14.0) <= 0.5
    assert made.loudness.true_peak_dbtp <= -1.0


async def test_music_alone_begins_from_nothing(tools: Tools, film: FilmCutter, runtime: Path) -> None:
    made = await film.prepare_audio(
        Timeline((TimelineSegment(Path("later.mp4"), Fraction(6)),), music=Mood.SOFT), runtime
    )
    heard = np.abs(np.asarray(await reels.left_channel(tools, made.path), dtype=np.float64))
    assert heard[:480].max() < 0.1 * heard[SAMPLE_RATE : 2 * SAMPLE_RATE].max()
