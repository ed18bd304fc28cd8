"""Captions from word times: readable, in order, inside their segment, safe as text."""

import itertools
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assembly.captions import BurnPlace, BurnStyle, Screen, ass, captions_of, srt, vtt, wrapped
from app.media.timeline import Caption, PlacedNarration, Timeline, TimelineSegment, Word

LONG = "powiedział lis i poszedł dalej przez ciemny las aż do rzeki"
TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=14)


def spoken(
    text: str, *, each_seconds: float = 0.3, pause_after: str = "", pause_seconds: float = 1.0
) -> tuple[Word, ...]:
    words, at = [], 0.0
    for word in text.split():
        words.append(Word(word, at, at + each_seconds))
        at += each_seconds + (pause_seconds if word == pause_after else 0.0)
    return tuple(words)


def film(*narrations: tuple[Word, ...], language: str = "en", seconds: int = 10) -> Timeline:
    path = Path("speech.mp3")
    segments = [TimelineSegment(Path("c"), Fraction(seconds), PlacedNarration(path, words)) for words in narrations]
    return Timeline(tuple(segments), language=language)


def texts(timeline: Timeline) -> list[str]:
    return [caption.text for caption in captions_of(timeline)]


def test_a_caption_holds_at_most_two_lines_of_forty_two() -> None:
    long = "the quick brown fox jumps over the lazy dog while seventeen grey geese fly across the very wide lake"
    found = captions_of(film(spoken(long, each_seconds=0.2)))
    assert len(found) == 2
    for caption in found:
        lines = caption.text.split("\n")
        assert len(lines) <= 2
        assert max(len(line) for line in lines) <= 42
    assert " ".join(caption.text.replace("\n", " ") for caption in found) == long


def test_times_count_from_the_start_of_the_film() -> None:
    found = captions_of(film(spoken("One two"), spoken("Three four five six seven")))
    assert [(caption.start_seconds, caption.text) for caption in found] == [
        (0.0, "One two"), (10.0, "Three four five six seven"),
    ]  # fmt: skip
    assert found[1].words[0] == Word("Three", 10.0, 10.3)


def test_a_pause_and_the_end_of_a_sentence_begin_a_new_caption() -> None:
    assert texts(film(spoken("wait for it now", pause_after="it"))) == ["wait for it", "now"]
    assert texts(film(spoken("This is a whole sentence. And another"))) == ["This is a whole sentence.", "And another"]
    assert texts(film(spoken("No. Never again"))) == ["No. Never again"]


def test_a_full_caption_is_cut_after_a_clause() -> None:
    text = "somewhere behind the mountains there was, as people say, a small and very quiet town of weavers"
    assert texts(film(spoken(text, each_seconds=0.4)))[0].replace("\n", " ").endswith("as people say,")


def test_a_short_caption_stays_long_enough_to_be_read() -> None:
    words = (Word("Go!", 1.0, 1.2), Word("Now", 3.0, 3.2))
    first, second = captions_of(film(words))
    assert (first.start_seconds, first.end_seconds) == (1.0, 2.0)
    assert second.end_seconds == 4.0


def test_no_caption_outlives_its_segment() -> None:
    words = (Word("late", 5.8, 6.4), Word("later", 7.0, 8.0))
    found = captions_of(film(words, spoken("next"), seconds=6))
    assert found[0].end_seconds == 6.0
    assert [caption.text for caption in found][-1] == "next"


def test_scripts_without_spaces_are_joined_without_spaces() -> None:
    words = tuple(Word(letter, at * 0.2, at * 0.2 + 0.2) for at, letter in enumerate("你好世界"))
    assert texts(film(words, language="zh-CN")) == ["你好世界"]


def test_wide_letters_count_twice() -> None:
    assert wrapped(["猫" * 15, "犬" * 15], "ja") == "猫" * 15 + "\n" + "犬" * 15


def test_lines_are_of_nearly_equal_length() -> None:
    words = ["a", "few", "words", "that", "need", "a", "second", "line", "because", "they", "are", "many"]
    first, second = wrapped(words, "en").split("\n")
    assert abs(len(first) - len(second)) <= 15


@given(st.lists(TEXTS, min_size=1, max_size=40), st.floats(0.05, 0.6))
def test_captions_follow_each_other_and_lose_no_word(words: list[str], each: float) -> None:
    timed = tuple(Word(word, at * each, (at + 1) * each) for at, word in enumerate(words))
    found = captions_of(film(timed, seconds=60))
    assert [word.text for caption in found for word in caption.words] == words
    for caption in found:
        assert caption.start_seconds < caption.end_seconds <= 60
    for earlier, later in itertools.pairwise(found):
        assert earlier.end_seconds <= later.start_seconds


CAPTIONS = (Caption(0.0, 1.5, "One\nTwo"), Caption(3661.0415, 3662.0, "a < b & --> c\n\nend"))


def test_subrip_has_numbers_times_and_no_empty_line_inside() -> None:
    assert srt(CAPTIONS) == (
        "1\n00:00:00,000 --> 00:00:01,500\nOne\nTwo\n\n2\n01:01:01,042 --> 01:01:02,000\na < b & → c\nend\n"
    )
    assert srt(()) == ""


def test_webvtt_escapes_what_looks_like_markup() -> None:
    assert vtt(CAPTIONS) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOne\nTwo\n\n01:01:01.042 --> 01:01:02.000\na &lt; b &amp; → c\nend\n"
    )


def test_burned_text_cannot_give_commands() -> None:
    script = ass([Caption(0, 1, "{\\b1}loud\\N")], Screen(1280, 720), BurnStyle.PLAIN)
    dialogue = script.splitlines()[-1]
    assert dialogue.startswith("Dialogue: 0,0:00:00.00,0:00:01.00,Caption")
    assert "{" not in dialogue
    assert "\\" not in dialogue


def test_each_spoken_word_lights_up_once() -> None:
    words = (Word("one", 0.0, 0.4), Word("one", 0.5, 0.9))
    script = ass([Caption(0.0, 1.2, "one\none", words)], Screen(1280, 720), BurnStyle.HIGHLIGHT)
    lines = [line for line in script.splitlines() if line.startswith("Dialogue")]
    assert [line.split(",")[1:3] for line in lines] == [["0:00:00.00", "0:00:00.50"], ["0:00:00.50", "0:00:01.20"]]
    assert lines[0].endswith("{\\1c&H0000D7FF&}one{\\1c&H00FFFFFF&}\\None")
    assert lines[1].endswith("one\\N{\\1c&H0000D7FF&}one{\\1c&H00FFFFFF&}")


def test_tall_films_have_shorter_lines() -> None:
    narrow = Screen(1080, 1920).columns
    found = captions_of(film(spoken(LONG, each_seconds=0.2)), narrow)
    assert all(len(line) <= narrow < 42 for caption in found for line in caption.text.split("\n"))
    assert [len(found), len(captions_of(film(spoken(LONG, each_seconds=0.2))))] == [2, 1]


def test_tall_films_keep_a_wider_margin_below() -> None:
    def margin(screen: Screen) -> int:
        style = next(line for line in ass([], screen, BurnStyle.PLAIN).splitlines() if line.startswith("Style:"))
        return int(style.split(",")[21])

    assert margin(Screen(1080, 1920)) >= 1920 * 0.2
    assert margin(Screen(1920, 1080)) < 1080 * 0.1


def test_a_recording_whose_words_nobody_knows_has_no_captions() -> None:
    assert captions_of(film((), (Word("Known", 0.0, 1.0),)))[0].text == "Known"
    assert captions_of(film(())) == ()


def test_captions_stand_where_they_are_wanted() -> None:
    screen = Screen(1920, 1080)
    styled = {place: ass((), screen, BurnStyle.PLAIN, place).splitlines() for place in BurnPlace}
    found = {place: next(line for line in lines if line.startswith("Style:")) for place, lines in styled.items()}
    assert [found[place].split(",")[18] for place in BurnPlace] == ["2", "5", "8"]


TOLD = {
    "en": "The old lighthouse keeper walked slowly down to the sea, and the sea was calm. He waited for the last "
    "ship of the year because his brother had promised to come home before the winter storms began.",
    "pl": "Stary latarnik powoli zszedł nad morze, a morze było spokojne. Czekał na ostatni statek w tym roku, "
    "ponieważ jego brat obiecał wrócić do domu, zanim zaczną się zimowe burze.",
    "de": "Der alte Wärter stieg langsam zum Meer hinab, und das Meer war ruhig. Er wartete auf das letzte Schiff "
    "des Jahres, weil sein Bruder versprochen hatte, vor den Winterstürmen nach Hause zu kommen.",
    "fr": "Le vieux gardien descendit lentement vers la mer, et la mer était calme. Il attendait le dernier bateau "
    "de l'année parce que son frère avait promis de rentrer avant les tempêtes de l'hiver.",
    "es": "El viejo guardián bajó despacio hacia el mar, y el mar estaba tranquilo. Esperaba el último barco del "
    "año porque su hermano había prometido volver a casa antes de las tormentas del invierno.",
    "it": "Il vecchio guardiano scese lentamente verso il mare, e il mare era calmo. Aspettava l'ultima nave "
    "dell'anno perché suo fratello aveva promesso di tornare a casa prima delle tempeste invernali.",
    "pt": "O velho guardião desceu devagar até o mar, e o mar estava calmo. Esperava o último navio do ano porque o"
    " seu irmão tinha prometido voltar para casa antes das tempestades do inverno.",
}
LEANING = {
    "en": {"the", "a", "his", "and", "of", "to", "because"},
    "pl": {"w", "na", "a", "jego", "się", "do"},
    "de": {"der", "das", "des", "den", "sein", "und", "zum"},
    "fr": {"le", "la", "de", "les", "son", "et", "vers"},
    "es": {"el", "del", "su", "las", "y", "de"},
    "it": {"il", "verso", "e", "suo", "di"},
    "pt": {"o", "do", "seu", "e"},
}


@pytest.mark.parametrize("language", sorted(TOLD))
def test_lines_and_captions_end_at_sense_in_every_language(language: str) -> None:
    words = timed_words(TOLD[language].split(), 15.0)
    found = captions_of(film(words, language=language, seconds=30))
    for caption in found:
        print(f"{language} {caption.end_seconds - caption.start_seconds:.1f} s | " + caption.text.replace("\n", " / "))
    ends = [line.split()[-1].lower() for caption in found for line in caption.text.split("\n")]
    assert not LEANING[language] & set(ends)
    assert any(caption.text.endswith((".", "calm.")) for caption in found[:-1])
    assert_readable(found, 30, 42)


def timed_words(words: list[str], columns_per_second: float, pauses: list[float] | None = None) -> tuple[Word, ...]:
    timed, at = [], 0.0
    for word, pause in zip(words, pauses or [0.0] * len(words), strict=True):
        length = (len(word) + 1) / columns_per_second
        timed.append(Word(word, at, at + length))
        at += length + pause
    return tuple(timed)


def assert_readable(found: tuple[Caption, ...], end_seconds: float, columns: int) -> None:
    """Two lines, a second at least, two pictures apart, and not faster than can be read."""
    for caption in found:
        lines = caption.text.split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= columns
        seconds = caption.end_seconds - caption.start_seconds
        assert len(caption.text) / seconds <= 17.05, caption
        assert seconds >= 0.999, caption
    for earlier, later in itertools.pairwise(found):
        assert later.start_seconds - earlier.end_seconds >= 2 / 24 - 1e-9
    assert found[-1].end_seconds <= end_seconds


@given(
    words=st.lists(st.text("abcdefgh", min_size=1, max_size=12), min_size=1, max_size=60),
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.2, 0.5]), min_size=60, max_size=60),
    speed=st.floats(8, 14),
    columns=st.sampled_from([24, 42]),
)
def test_whatever_is_spoken_at_a_readable_pace_has_readable_captions(
    words: list[str], pauses: list[float], speed: float, columns: int
) -> None:
    timed = timed_words(words, speed, pauses[: len(words)])
    end = int(timed[-1].end_seconds) + 2
    found = captions_of(film(timed, seconds=end), columns)
    assert [word.text for caption in found for word in caption.words] == words
    assert_readable(found, end, columns)


@given(st.lists(st.tuples(TEXTS, st.floats(0, 1.2), st.floats(0, 2)), min_size=1, max_size=60))
def test_at_any_pace_captions_keep_every_word_and_use_the_room_that_there_is(
    told: list[tuple[str, float, float]],
) -> None:
    words, at = [], 0.0
    for text, length, pause in told:
        words.append(Word(text, at, at + length))
        at += length + pause
    found = captions_of(film(tuple(words), seconds=200))
    assert [word.text for caption in found for word in caption.words] == [text for text, _, _ in told]
    for earlier, later in itertools.pairwise(found):
        hurry = len(earlier.text) / max(earlier.end_seconds - earlier.start_seconds, 0.01)
        assert hurry <= 17.05 or earlier.end_seconds >= later.start_seconds - 0.09
        assert earlier.end_seconds <= later.start_seconds or earlier.start_seconds == later.start_seconds
