"""The language of a text: one sentence is enough, and what is not clear is not guessed."""

from pathlib import Path

import pytest

from app.projects.options import Language
from app.projects.texts import language_of, language_or_english

SENTENCES = Path(__file__).with_name("sentences")
MOST_WRONG = 0.01


def test_of_fifty_single_sentences_in_each_language_99_of_100_are_told() -> None:
    told = [
        (language, language_of(sentence), sentence)
        for language in Language
        for sentence in (SENTENCES / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    ]
    assert len(told) == 50 * len(Language)
    wrong = [each for each in told if each[0] is not each[1]]
    assert len(wrong) <= MOST_WRONG * len(told), wrong


@pytest.mark.parametrize(
    "text", ["", "  \n", "1984", "OK", "Berlin", "???", "🦊🦊🦊", "Лиса несёт фонарь сквозь туман.", "霧の中の狐"]
)
def test_what_says_nothing_is_unsure_and_counts_as_english(text: str) -> None:
    assert language_of(text) is None
    assert language_or_english(text) is Language.EN


def test_one_foreign_word_does_not_change_the_language() -> None:
    assert language_of("Lis o imieniu Sherlock Holmes mówi tylko „good morning” i idzie dalej.") is Language.PL
    assert language_of("The chef says buon appetito and serves the soup to his guests.") is Language.EN


def test_a_long_text_is_told_by_its_beginning() -> None:
    assert language_of("A fox runs through the forest at night. " * 2000) is Language.EN
