"""Pure: the seven languages by name, by the pace of a narrator and by their commonest words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.projects.options import Language

__all__ = ["TONGUES", "Tongue", "likely_other", "words_of"]

WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
# Fewer words than these prove nothing about a language.
FEWEST_WORDS: Final = 8
FEWEST_SIGNS: Final = 3


@dataclass(frozen=True)
class Tongue:
    """One language as a planner is told of it and as its words are recognised."""

    name: str
    words_per_second: float
    common: frozenset[str]


# The pace is that of a calm narrator; languages with long words have fewer of them in a second.
_PL = "się że nie jest jak ale jego jej już był była było tym tej ten ta która który które gdy czy oraz przez i w z"
_EN = "the and of is was that with his her they this from are were its into when where there has as an at to it he she"
_DE = "der die das und ist nicht ein eine mit sich auf den dem des für von er sie es war wird im zum zur aber auch"
_FR = "le la les et est une un des dans qui que pas pour sur avec il elle son sa ses du au aux ce cette se ne"
_ES = "el la los las y es una un que en de del con por su sus se no para como pero más al lo esta este él"
_IT = "il lo la gli le e è una un che di del della nel nella con per non si suo sua come ma più dei delle questo"
_PT = "o a os as e é uma um que de do da no na com por não se seu sua para como mas mais dos das em ele ela"
TONGUES: Final[Mapping[Language, Tongue]] = {
    Language.PL: Tongue("Polish", 2.2, frozenset(_PL.split())),
    Language.EN: Tongue("English", 2.6, frozenset(_EN.split())),
    Language.DE: Tongue("German", 2.2, frozenset(_DE.split())),
    Language.FR: Tongue("French", 2.7, frozenset(_FR.split())),
    Language.ES: Tongue("Spanish", 2.6, frozenset(_ES.split())),
    Language.IT: Tongue("Italian", 2.5, frozenset(_IT.split())),
    Language.PT: Tongue("Portuguese", 2.5, frozenset(_PT.split())),
}


def words_of(text: str) -> list[str]:
    """The spoken words of a text."""
    return WORD.findall(text)


def likely_other(text: str, expected: Language) -> Language | None:
    """The language a text is surely written in instead of the expected one; None when in doubt."""
    words = [word.casefold() for word in words_of(text)]
    if len(words) < FEWEST_WORDS:
        return None
    signs = {language: sum(word in tongue.common for word in words) for language, tongue in TONGUES.items()}
    likely = max(signs, key=lambda language: signs[language])
    is_sure = signs[likely] >= FEWEST_SIGNS and signs[likely] > 2 * signs[expected]
    return likely if likely is not expected and is_sure else None
