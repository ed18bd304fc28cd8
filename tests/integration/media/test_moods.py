"""The built-in music: it goes round without a click, each mood is its own, and it is fit to lie under speech."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.music import SCORES, synthesise
from app.media.timeline import SAMPLE_RATE, Mood

Sound = NDArray[np.float32]
NEAR = 64
BANDS_HZ = (20, 120, 300, 700, 1500, 3000, 8000)
LOUDEST_CLICK = 3.0
FEWEST_LINES = 60


@pytest.fixture(scope="module")
def loops() -> dict[Mood, Sound]:
    return {mood: synthesise(mood) for mood in Mood}


def roughness(sound: Sound) -> NDArray[np.float64]:
    """How sharply each sample bends away from its neighbours, which is what a click is made of."""
    return np.abs(np.diff(sound.mean(axis=1).astype(np.float64), n=2))


def click(loop: Sound) -> float:
    """The sharpest bend at the seam in a loop that is played twice, beside the usual sharpest bends of its music."""
    bends = roughness(np.concatenate([loop[-SAMPLE_RATE:], loop[:SAMPLE_RATE]]))
    inside = roughness(loop)
    usual = np.quantile(inside[: len(inside) // NEAR * NEAR].reshape(-1, NEAR).max(axis=1), 0.95)
    return float(bends[SAMPLE_RATE - NEAR : SAMPLE_RATE + NEAR].max() / usual)


def spectrum(loop: Sound) -> NDArray[np.float64]:
    """How much of the music lies in each band, in decibels."""
    power = np.abs(np.fft.rfft(loop.mean(axis=1))) ** 2
    pitches = np.fft.rfftfreq(len(loop), 1 / SAMPLE_RATE)
    parts = [power[(pitches >= low) & (pitches < high)].sum() for low, high in itertools.pairwise(BANDS_HZ)]
    return 10 * np.log10(np.array(parts) / power.sum() + 1e-9)


@pytest.mark.parametrize("mood", Mood)
def test_a_mood_goes_round_without_a_click(loops: dict[Mood, Sound], mood: Mood) -> None:
    assert click(loops[mood]) < LOUDEST_CLICK


@pytest.mark.parametrize("mood", Mood)
def test_what_still_sounds_at_the_end_sounds_on_at_the_beginning(loops: dict[Mood, Sound], mood: Mood) -> None:
    loop = loops[mood]
    tenth = SAMPLE_RATE // 10
    before, after = (float(np.sqrt(np.mean(part**2))) for part in (loop[-tenth:], loop[:tenth]))
    assert before > 0.004
    assert after > 0.004
    assert 0.1 < before / after < 10


def test_the_measure_hears_a_click_where_a_loop_is_cut_short(loops: dict[Mood, Sound]) -> None:
    loop = loops[Mood.SOFT]
    assert max(click(loop[: -1000 * cut]) for cut in range(1, 6)) > LOUDEST_CLICK


@pytest.mark.parametrize("mood", Mood)
def test_a_mood_is_calm_enough_to_lie_under_speech(loops: dict[Mood, Sound], mood: Mood) -> None:
    loop = loops[mood]
    strengths = np.sqrt(np.mean(loop[: len(loop) // 24_000 * 24_000].reshape(-1, 48_000) ** 2, axis=1))
    assert np.isfinite(loop).all()
    assert np.abs(loop.mean(axis=0)).max() < 1e-4
    assert strengths.max() / strengths.min() < 6
    assert spectrum(loop)[-1] < -12


def test_any_two_moods_differ_in_pace_and_in_colour(loops: dict[Mood, Sound]) -> None:
    paces = [score.beats_per_minute for score in SCORES.values()]
    assert len(set(paces)) == len(Mood)
    for one, other in itertools.combinations(Mood, 2):
        assert np.abs(spectrum(loops[one]) - spectrum(loops[other])).max() > 2


def test_the_left_and_the_right_are_not_the_same(loops: dict[Mood, Sound]) -> None:
    for loop in loops.values():
        assert 0.5 < np.corrcoef(loop[:, 0], loop[:, 1])[0, 1] < 0.95


@pytest.mark.parametrize("mood", Mood)
def test_a_mood_is_more_than_a_few_pure_tones(loops: dict[Mood, Sound], mood: Mood) -> None:
    """Half of the strength of sines lies in a handful of lines; ensembles, strings and rooms spread it."""
    power = np.sort(np.abs(np.fft.rfft(loops[mood].mean(axis=1))) ** 2)[::-1]
    lines = int(np.searchsorted(np.cumsum(power) / power.sum(), 0.5))
    print(f"{mood}: half of the strength lies in {lines} lines")
    assert lines > FEWEST_LINES


@pytest.mark.parametrize("mood", Mood)
def test_a_mood_varies_from_bar_to_bar(loops: dict[Mood, Sound], mood: Mood) -> None:
    bars = np.split(loops[mood].mean(axis=1).astype(np.float64), SCORES[mood].bars)
    likeness = [abs(float(np.corrcoef(one, other)[0, 1])) for one, other in itertools.combinations(bars, 2)]
    assert max(likeness) < 0.98
