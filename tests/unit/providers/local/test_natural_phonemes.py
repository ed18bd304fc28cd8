"""Texts become sentences of phonemes: signs are kept, every word is in one of them, and nothing is swallowed."""

import pytest

from app.providers.local.natural.phonemes import PhonemeReader

TEXTS = [
    (
        "en-us",
        'The fox came out of the blue, and it was 7 o\'clock! Well-known café; "Where?" asks Mr. Fox. He paid 3.5.',
        ["o'clock!", "café;", '"Where?"', "Fox.", "3.5."],
        [",", ";", "?", ".", "!"],
    ),
    (
        "pl",
        "Lis idzie do lasu; np. dziś. Sowa—nie. „Dokąd idziesz?” — zapytał lis. Św. Jan śpi…",
        ["dziś.", "Sowa—nie.", "idziesz?”", "lis.", "śpi…"],
        [";", ".", "?", "…"],
    ),
    ("fr-fr", "« Où vas-tu ? » dit-il… Puis, rien.", ["?", "dit-il…", "rien."], ["?", "…", ","]),
    ("es", "¿Dónde vives? —preguntó el zorro. ¡Aquí!", ["vives?", "zorro.", "¡Aquí!"], ["?", ".", "!"]),
]


@pytest.mark.parametrize(("voice", "text", "lasts", "signs"), TEXTS, ids=[each[0] for each in TEXTS])
def test_sentences_end_where_the_language_ends_them(voice: str, text: str, lasts: list[str], signs: list[str]) -> None:
    sentences = list(PhonemeReader(voice).sentences(text))
    places = [place for sentence in sentences for place in sentence.words]
    assert [text[place:].split()[0] for place in places] == text.split()
    assert [text[sentence.words[-1] :].split()[0] for sentence in sentences if sentence.phonemes][-1] == lasts[-1]
    assert {text[sentence.words[-1] :].split()[0] for sentence in sentences} >= set(lasts[-2:])
    assert all(sign in "".join(sentence.phonemes for sentence in sentences) for sign in signs)
    assert all(len(sentence.words) == len(sentence.weights) for sentence in sentences)


def test_no_first_sound_of_a_sentence_is_lost() -> None:
    """The library holds one character back between two calls; another call in between swallowed it."""
    first, second, third = PhonemeReader("en-us").sentences("Stop! Well, he waits. Seven.")
    assert (first.phonemes[:1], second.phonemes[:1], third.phonemes[:1]) == ("s", "w", "s")


def test_a_sentence_without_end_is_cut_between_clauses() -> None:
    sentences = list(PhonemeReader("en-us").sentences("the fox came down to the river, " * 60))
    assert len(sentences) > 2
    assert all(len(sentence.phonemes) < 470 for sentence in sentences)


def test_a_language_that_nobody_knows_is_no_voice() -> None:
    assert not PhonemeReader("xx-yy").knows_voice
    assert PhonemeReader("en-gb").knows_voice
