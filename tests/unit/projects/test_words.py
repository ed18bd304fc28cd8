"""Which words find a project."""

from hypothesis import given
from hypothesis import strategies as st

from app.projects.texts import MAX_WORD_CHARACTERS, MAX_WORDS, copied_name, project_words, search_words, sort_name


def test_case_accents_and_strokes_do_not_count() -> None:
    assert project_words("Zażółć GĘŚLĄ", "Łódź, Straße!") == ("zazolc", "gesla", "lodz", "strasse")


def test_words_of_the_name_come_first_and_none_twice() -> None:
    assert project_words("the cat", "a cat and the dog") == ("the", "cat", "a", "and", "dog")


def test_a_long_story_is_findable_by_its_first_words() -> None:
    words = project_words("name", " ".join(f"word{n}" for n in range(MAX_WORDS * 2)))
    assert len(words) == MAX_WORDS
    assert words[0] == "name"


def test_a_search_of_signs_asks_for_no_word() -> None:
    assert search_words("% _ ' -- ;") == ()


def test_names_are_ordered_without_case_and_accents() -> None:
    assert sorted(["Zebra", "Łania", "ostryga", "Ósma"], key=sort_name) == ["Łania", "Ósma", "ostryga", "Zebra"]


def test_the_name_of_a_copy_stays_a_name() -> None:
    assert copied_name("Film") == "Film (2)"
    assert len(copied_name("x" * 255)) == 255


@given(st.text(max_size=300))
def test_every_word_of_a_text_finds_it(text: str) -> None:
    stored = set(project_words(text, ""))
    assert set(search_words(text)) <= stored
    assert all(0 < len(word) <= MAX_WORD_CHARACTERS for word in stored)
