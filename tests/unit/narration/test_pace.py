"""How long a text is spoken, and which text nobody can say in time."""

from hypothesis import given
from hypothesis import strategies as st

from app.narration.domain import FASTEST, INTRODUCTIONS, PACE, QUICKEST, expected_seconds, words_too_many
from app.projects.options import Language

WORDS = st.lists(st.text("aeiouylmnkt", min_size=1, max_size=9), min_size=1, max_size=80).map(" ".join)


def test_every_language_has_a_pace_and_an_introduction() -> None:
    assert set(PACE) == set(INTRODUCTIONS) == set(Language)


@given(WORDS, st.sampled_from(Language), st.floats(0.5, 2))
def test_a_quicker_speaker_needs_less_time(text: str, language: Language, speed: float) -> None:
    assert expected_seconds(text, language, speed) * speed * 0.999 <= expected_seconds(text, language)


@given(WORDS, st.sampled_from(Language), st.integers(1, 20))
def test_only_what_the_quickest_voice_cannot_say_is_refused(text: str, language: Language, seconds: int) -> None:
    too_many = words_too_many(text, language, 1.0, seconds)
    is_hopeless = expected_seconds(text, language) > seconds * FASTEST * QUICKEST
    assert (too_many > 0) == is_hopeless


@given(WORDS, st.sampled_from(Language), st.integers(1, 20))
def test_fewer_words_are_cut_than_there_are_unless_nothing_fits(text: str, language: Language, seconds: int) -> None:
    assert 0 <= words_too_many(text, language, 1.0, seconds) <= len(text.split())


def test_a_pause_takes_time() -> None:
    assert expected_seconds("Dom. Las", Language.PL) > expected_seconds("Dom Las", Language.PL)
