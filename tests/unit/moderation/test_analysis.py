"""The marks of a prompt: concrete action, place and light count; too many scenes are not feasible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.moderation.domain import NO_ACTION, NO_LIGHT, NO_PLACE, NO_WORDS, VAGUE, quality_of

GOOD = {
    "en": "A red fox runs through a misty forest at dawn and finds a glowing lantern.",
    "pl": "Rudy lis biegnie przez mglisty las o świcie i znajduje świecącą latarnię.",
    "de": "Ein roter Fuchs läuft im Nebel durch den Wald und findet eine leuchtende Laterne.",
    "fr": "Un renard roux marche dans la brume de la forêt et trouve une lanterne qui brille.",
    "es": "Un zorro rojo corre por el bosque en la niebla del amanecer y encuentra un farol.",
    "it": "Una volpe rossa cammina nella nebbia del bosco all'alba e trova una lanterna.",
    "pt": "Uma raposa vermelha corre pela floresta na névoa do amanhecer e encontra uma lanterna.",
}


@pytest.mark.parametrize("language", GOOD)
def test_a_concrete_scene_has_full_marks_in_every_language(language: str) -> None:
    assert (quality_of(GOOD[language]).score, quality_of(GOOD[language]).suggestions) == (10.0, ())


def test_vague_words_cost_marks_and_are_named() -> None:
    vague = quality_of("something nice and cool")
    assert vague.score < 5
    assert {VAGUE, NO_ACTION, NO_PLACE, NO_LIGHT} <= set(vague.suggestions)


@pytest.mark.parametrize("text", ["", "  ", "!!! 123 ...", "🦊🦊"])
def test_a_text_without_words_is_not_feasible(text: str) -> None:
    assert (quality_of(text).feasible, quality_of(text).score, quality_of(text).suggestions) == (False, 0, (NO_WORDS,))


def test_one_word_is_not_feasible_and_two_are() -> None:
    assert not quality_of("fox").feasible
    assert quality_of("fox runs").feasible


def test_more_scenes_than_a_film_holds_are_not_feasible() -> None:
    tale = ", then ".join(["a fox runs through the snowy forest"] * 11)
    assert "11 scenes" in " ".join(quality_of(tale).suggestions)
    assert not quality_of(tale).feasible
    assert quality_of(", then ".join(["a fox runs through the snowy forest"] * 10)).feasible


@given(st.text(max_size=300))
def test_marks_stay_between_nought_and_ten(text: str) -> None:
    assert 0 <= quality_of(text).score <= 10
