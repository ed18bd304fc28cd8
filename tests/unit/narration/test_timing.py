"""Word times cover the narration in order, whoever gave them."""

from hypothesis import given
from hypothesis import strategies as st

from app.narration.domain import estimated, hastened
from app.projects.domain import SpokenWord

TEXTS = st.lists(st.text("aeiouybcdkl,.ąęó", min_size=1, max_size=12), max_size=30).map(" ".join)


@given(TEXTS, st.floats(0.5, 60.0))
def test_estimated_words_follow_each_other_and_end_with_the_sound(text: str, seconds: float) -> None:
    words = estimated(text, seconds)
    assert [timed.word for timed in words] == text.split()
    times = [moment for timed in words for moment in (timed.start_seconds, timed.end_seconds)]
    assert times == sorted(times)
    assert not words or abs(times[-1] - seconds) < 0.01
    assert not words or times[0] == 0.0


def test_a_long_word_takes_longer_and_a_stop_is_a_pause() -> None:
    short, long, last = estimated("Lis konstantynopolitański. Biegnie", 6.0)
    assert long.end_seconds - long.start_seconds > 3 * (short.end_seconds - short.start_seconds)
    assert last.start_seconds - long.end_seconds > 0.2
    assert long.start_seconds == short.end_seconds


@given(st.floats(1.0, 1.15))
def test_hastened_words_come_earlier_by_the_tempo(tempo: float) -> None:
    (word,) = hastened([SpokenWord("lis", 1.0, 2.0)], tempo)
    assert abs(word.end_seconds * tempo - 2.0) < 0.002
    assert abs(word.start_seconds * tempo - 1.0) < 0.002
