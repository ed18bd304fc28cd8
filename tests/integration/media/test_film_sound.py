"""How films sound: as loud as films are, never clipped, music under speech and without a seam."""

import asyncio
import math
import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.media.film import FilmCutter
from app.media.music import synthesise
from app.media.soundtrack import Soundtracks
from app.media.timeline import SAMPLE_RATE, Mood, PlacedNarration, Timeline, TimelineSegment
from app.media.tools import Tools
from tests.integration.media import reels

SECONDS = 5
# Sources that differ in level, range and damage; the last arrive clipped.
SOURCES = {
    "quiet tone": "sine=f=440:d=5,volume=-8dB",
    "loud tone": "sine=f=440:d=5,volume=17dB",
    "pink noise": "anoisesrc=d=5:c=pink:a=0.3:seed=1",
    "faint noise": "anoisesrc=d=5:c=brown:a=0.2:seed=2",
    "short bursts": "sine=f=300:d=5,volume='if(lt(mod(t,1),0.2),1,0.02)':eval=frame",
    "half silent": "anoisesrc=d=5:c=pink:a=0.4:seed=4,volume='if(lt(t,2.5),1,0)':eval=frame",
    "square wave": "aevalsrc='0.99*sgn(sin(2*PI*180*t))':d=5",
    "clipped noise": "anoisesrc=d=5:c=white:a=1:seed=3,volume=18dB,alimiter=limit=1:level=0",
}


def timeline(narration: Path | None, music: Path | Mood | None = None, seconds: int = SECONDS) -> Timeline:
    spoken = PlacedNarration(narration) if narration else None
    return Timeline((TimelineSegment(Path("later.mp4"), Fraction(seconds), spoken),), music=music)


async def measured(tools: Tools, path: Path) -> tuple[float, float]:
    """Loudness and true peak, by the meter and not by the app."""
    done = await tools.run(["-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"], timeout_seconds=30)
    summary = done.stderr_tail[done.stderr_tail.index("Summary:") :]
    integrated, peak = (float(re.findall(word + r":\s+(-?[\d.]+|-inf)", summary)[-1]) for word in ("I", "Peak"))
    return integrated, peak


def level(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    return 20 * math.log10(max(1e-9, float(np.sqrt(np.mean(samples**2))) / 32768))


@pytest.mark.parametrize("name", SOURCES)
async def test_every_narration_becomes_as_loud_as_films_are(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, name: str
) -> None:
    recording = await reels.sound(tools, tmp_path / "speech.wav", SOURCES[name], "-ac", "1")
    made = await film.prepare_audio(timeline(recording), runtime)
    integrated, peak = await measured(tools, made.path)
    print(name, integrated, peak, made.loudness)
    assert abs(integrated + 14.0) <= 0.3
    assert peak <= -1.0
    assert not made.loudness.is_quiet
    assert (made.loudness.integrated_lufs, made.loudness.true_peak_dbtp) == (integrated, peak)


async def test_near_silence_is_lifted_by_twenty_decibels_and_reported(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    source = "anoisesrc=d=5:c=pink:a=0.3:seed=1,volume=-35dB"
    recording = await reels.sound(tools, tmp_path / "speech.wav", source, "-ac", "2", "-c:a", "pcm_f32le")
    before, _ = await measured(tools, recording)
    made = await film.prepare_audio(timeline(recording), runtime)
    after, _ = await measured(tools, made.path)
    assert after - before == pytest.approx(20.0, abs=0.5)
    assert made.loudness.is_quiet
    assert made.loudness.gain_db == 20.0
    assert not made.loudness.is_silent


async def test_a_short_tune_fills_a_long_film_without_a_gap(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    tune = await reels.sound(tools, tmp_path / "tune.mp3", "sine=f=220:d=3")
    made = await film.prepare_audio(timeline(None, tune, seconds=10), runtime)
    heard = np.asarray(await reels.left_channel(tools, made.path), dtype=np.float64)
    tenths = [level(heard[at : at + 4800]) for at in range(SAMPLE_RATE, 8 * SAMPLE_RATE, 4800)]
    assert abs((await measured(tools, made.path))[0] + 14.0) <= 0.3
    assert max(tenths) - min(tenths) < 7
    assert level(heard[int(9.9 * SAMPLE_RATE) : 10 * SAMPLE_RATE]) < max(tenths) - 20


async def test_music_steps_back_while_somebody_speaks(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    speech = await reels.sound(tools, tmp_path / "speech.wav", "sine=f=3000:d=8")
    tune = await reels.sound(tools, tmp_path / "tune.wav", "sine=f=200:d=12")
    made = await film.prepare_audio(timeline(speech, tune, seconds=12), runtime)
    heard = np.asarray(await reels.left_channel(tools, made.path), dtype=np.float64)

    def strength(hertz: float, begin: float, end: float) -> float:
        part = heard[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
        turns = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / SAMPLE_RATE)
        return 20 * math.log10(abs(complex(np.mean(part * turns))) + 1e-9)

    during, after = strength(200, 0.5, 1.5), strength(200, 9.0, 10.0)
    assert after - during > 3
    # The meter hears the higher tone nearly 4 dB louder than it is.
    assert strength(3000, 0.5, 1.5) - during > 6


@pytest.mark.parametrize("mood", list(Mood))
async def test_a_mood_goes_round_without_a_seam(mood: Mood) -> None:
    loop = synthesise(mood)
    seam = np.abs(loop[0] - loop[-1]).max()
    inside = np.abs(np.diff(loop, axis=0)).max()
    assert 10 * SAMPLE_RATE < len(loop) < 40 * SAMPLE_RATE
    assert seam <= inside
    assert np.abs(loop).max() == pytest.approx(0.5)
    assert np.array_equal(loop, synthesise(mood))


def test_moods_differ() -> None:
    beginnings = {synthesise(mood)[:SAMPLE_RATE].tobytes() for mood in Mood}
    assert len(beginnings) == len(Mood)


async def test_a_film_may_have_a_mood_instead_of_a_file(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    made = await film.prepare_audio(timeline(None, Mood.SOFT, seconds=6), runtime)
    other = await film.prepare_audio(timeline(None, Mood.UPBEAT, seconds=6), runtime)
    assert abs(made.loudness.integrated_lufs + 14.0) <= 0.3
    assert made.digest != other.digest


async def test_a_narration_longer_than_its_segment_ends_with_it(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    long = await reels.sound(tools, tmp_path / "long.wav", "sine=f=400:d=3")
    segments = (TimelineSegment(Path("a"), Fraction(2), PlacedNarration(long)), TimelineSegment(Path("b"), Fraction(2)))
    made = await film.prepare_audio(Timeline(segments), runtime)
    heard = await reels.left_channel(tools, made.path)
    assert max(abs(sample) for sample in heard[SAMPLE_RATE : 2 * SAMPLE_RATE - 960]) > 3000
    assert max(abs(sample) for sample in heard[2 * SAMPLE_RATE + 96 : 4 * SAMPLE_RATE]) < 30


async def test_many_segments_stay_in_their_places(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    """Ten minutes in a hundred segments of an odd length: more than are decoded at once."""
    wave = reels.click(tmp_path / "click.wav", 44_100, 0.1)
    length = Fraction(6006, 1000)
    segments = tuple(TimelineSegment(Path("later.mp4"), length, PlacedNarration(wave)) for _ in range(100))
    made = await film.prepare_audio(Timeline(segments), runtime)
    heard = await reels.left_channel(tools, made.path)
    starts = [number * length for number in range(101)]
    for begin, end in [*pairwise(starts)][::9]:
        at = reels.loudest(heard, round(begin * SAMPLE_RATE), round(end * SAMPLE_RATE))
        assert abs(at - (begin + Fraction(1, 10)) * SAMPLE_RATE) < 48


async def test_the_same_sound_made_twice_at_once_is_whole(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    """A job that prepares the sound and one that cuts the film may meet."""
    recording = await reels.sound(tools, tmp_path / "speech.wav", "sine=f=400:d=1")
    both = await asyncio.gather(*(film.prepare_audio(timeline(recording), runtime) for _ in range(2)))
    assert both[0].digest == both[1].digest
    assert reels.left_in(runtime) == {".mp4", ".json"}
    assert (await film.prepare_audio(timeline(recording), runtime)).was_ready
    assert abs((await measured(tools, both[0].path))[0] + 14.0) <= 0.3


async def test_a_soundtrack_leaves_nothing_behind_when_it_fails(tools: Tools, tmp_path: Path, runtime: Path) -> None:
    from app.core.threads import Threads
    from app.media.errors import ToolFailed

    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"ID3" + bytes(500))
    with pytest.raises(ToolFailed):
        await Soundtracks(tools, Threads(1)).prepare(timeline(broken), runtime)
    assert reels.left_in(runtime) == set()
