"""Music fits the words of a story, in every language; for lack of signs it is calm."""

import tomllib

import pytest

from app.assembly.domain import WORDS_FILE, mood_for
from app.media.timeline import Mood
from app.projects.options import Language

STORIES = {
    Mood.CINEMATIC: {
        "en": "A knight rides through the storm to fight the dragon.",
        "pl": "Rycerz jedzie przez burzę, aby pokonać smoka.",
        "de": "Ein Ritter reitet durch den Sturm zum Drachen.",
        "fr": "Un chevalier traverse la tempête vers le dragon.",
        "es": "Un caballero cruza la tormenta hacia el dragón.",
        "it": "Un cavaliere attraversa la tempesta verso il drago.",
        "pt": "Um cavaleiro atravessa a tempestade até o dragão.",
    },
    Mood.PLAYFUL: {
        "en": "Two children play with a funny puppy.",
        "pl": "Dzieci bawią się i śmieją ze szczeniaka.",
        "de": "Zwei Kinder spielen mit einem lustigen Welpen.",
        "fr": "Deux enfants jouent avec un chiot drôle.",
        "es": "Dos niños juegan con un cachorro divertido.",
        "it": "Due bambini giocano con un cucciolo divertente.",
        "pt": "Duas crianças brincam com um filhote engraçado.",
    },
    Mood.MELANCHOLIC: {
        "en": "She was lonely and sad, and tears came.",
        "pl": "Była samotna i smutna, płynęły łzy.",
        "de": "Sie war einsam und traurig, Tränen kamen.",
        "fr": "Elle était seule et triste, les larmes vinrent.",
        "es": "Estaba triste y sola, con lágrimas y soledad.",
        "it": "Era triste e solitaria, tra le lacrime.",
        "pt": "Ela estava triste e sozinha, com lágrimas.",
    },
    Mood.SOFT: dict.fromkeys(Language, "Xyz qwrt."),
}


@pytest.mark.parametrize(
    ("mood", "language"), [(mood, language) for mood, told in STORIES.items() for language in told]
)
def test_the_words_of_a_story_choose_the_mood(mood: Mood, language: str) -> None:
    assert mood_for(STORIES[mood][language], language) is mood


def test_a_short_word_is_met_whole_and_a_mood_is_chosen_by_most_words() -> None:
    assert mood_for("Il re e la regina.", "it") is Mood.CINEMATIC
    assert mood_for("Il regalo restava chiuso.", "it") is Mood.SOFT
    assert mood_for("The children laugh while the storm passes.", "en") is Mood.PLAYFUL


def test_every_mood_has_words_in_every_language() -> None:
    told = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))
    assert set(told) == set(Mood)
    for mood, signs in told.items():
        assert set(signs) == set(Language), mood
        assert all(each == each.lower() for words in signs.values() for each in words)
