"""Phrases hold every word of a text in order; rests are as long as signs ask for, and marks move with the sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers.local.espeak import phrases_of, rested

HZ = 1000
SIGNS = st.text("ab .,!?;:…\"“”„«»'()—-\n", max_size=80)


def sound_of(*spans: tuple[int, int]) -> np.ndarray:
    """Spans of (loudness, samples), one after another."""
    return np.concatenate([np.full(length, level, np.int16) for level, length in spans])


@given(text=SIGNS)
def test_phrases_are_the_text_itself(text: str) -> None:
    at = 0
    for phrase in phrases_of(text):
        assert not text[at : phrase.start].strip()
        at = phrase.start + len(phrase.text)
        assert phrase.text.rstrip(",").rstrip() == text[phrase.start : at].rstrip(",").rstrip()
    assert not text[at:].strip()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("“Who is there?” she asked.", ["“Who is there?”"]),
        ("Zapytała: „Kto tam jest?” i czekała.", ["„Kto tam jest?”"]),
        ("Il dit : « Je suis là », puis il part.", ["« Je suis là »,"]),
        ("The “big” house and 7 o'clock.", []),
        ('A 5" pipe and a 6" pipe.', []),
    ],
)
def test_only_direct_speech_is_a_phrase_of_its_own(text: str, quoted: list[str]) -> None:
    assert [phrase.text for phrase in phrases_of(text) if phrase.is_quoted] == quoted


def test_a_text_that_breaks_off_is_spoken_on() -> None:
    assert phrases_of("She took the lantern and")[-1].text == "She took the lantern and,"
    assert phrases_of("She took the lantern.")[-1].text == "She took the lantern."
    assert phrases_of("The lantern")[-1].text == "The lantern"


@pytest.mark.parametrize(
    ("text", "end", "seconds"),
    [
        ("One, two.", 4, 0.2),
        ("One. Two.", 4, 0.46),
        ("One? two.", 4, 0.24),
        ("One… Two.", 4, 0.55),
        ("“One!” Two.", 5, 0.46),
        ("Un ? Deux.", 2, 0.46),
        ("No. 5 it is.", 3, 0.24),
    ],
)
def test_a_rest_is_as_long_as_its_sign_asks_for(text: str, end: int, seconds: float) -> None:
    for made in (100, 400, 700):
        sound = sound_of((900, 500), (0, made), (900, 500))
        heard, marks = rested(text, sound, [(0, 0), (end + 1, 500 + made)], [(end, 500 + made)], HZ)
        assert len(heard) == pytest.approx(1000 + seconds * HZ, abs=10)
        assert marks[1][1] == pytest.approx(500 + seconds * HZ, abs=10)
        assert np.count_nonzero(heard) == 1000


def test_where_the_engine_does_not_rest_nothing_is_put_in() -> None:
    sound = sound_of((900, 500), (0, 20), (900, 500))
    assert len(rested("Dr. Smith came.", sound, [], [(3, 510)], HZ)[0]) == len(sound)


@given(
    lengths=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 90)), max_size=12),
    places=st.lists(st.integers(0, 12_000), max_size=12),
)
def test_marks_stay_in_order_and_no_sound_is_lost(lengths: list[tuple[int, int]], places: list[int]) -> None:
    sound = sound_of((900, 10), *((900 * (number % 2), length) for number, (length, _) in enumerate(lengths)))
    marks = [(number, min(place, len(sound))) for number, place in enumerate(sorted(places))]
    heard, moved = rested("one, two. three; four " * 5, sound, marks, marks, HZ)
    assert np.count_nonzero(heard) == np.count_nonzero(sound)
    moments = [sample for _, sample in moved]
    assert moments == sorted(moments)
    assert all(0 <= moment <= len(heard) for moment in moments)
