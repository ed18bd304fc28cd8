"""Words of a text as the vocabularies spell them."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

__all__ = ["Token", "plain", "tokens_of"]

PIECE: Final = re.compile(
    r"(?P<elided>[^\W\d_]{1,6}['\u2019])(?=[^\W\d_]{2})|(?P<owner>['\u2019]s\b)|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*)"
    r"|(?P<digits>\d+)|(?P<pause>[.,;:!?\u2026()\u2013\u2014\u00ab\u00bb\u201c\u201d\u201e\"\n]+|\s-\s)"
)
UNMARKED: Final = str.maketrans({"\u0142": "l", "\u00df": "ss", "\u00f8": "o", "\u0153": "oe", "\u00e6": "ae"})
SENTENCE_ENDS: Final = frozenset(".!?\u2026:\n")


@dataclass(frozen=True)
class Token:
    """A word in small letters and where it stands in the text, or a pause between words, which has none."""

    text: str
    start: int
    end: int
    is_capital: bool = False
    begins: bool = False

    @property
    def is_pause(self) -> bool:
        """Whether no word goes on across it."""
        return not self.text


def tokens_of(text: str) -> list[Token]:
    """The words and pauses of a text; elided articles and the 's of an owner are words of their own."""
    tokens: list[Token] = []
    begins = True
    for piece in PIECE.finditer(text):
        found = piece.group()
        if piece["pause"]:
            tokens.append(Token("", piece.start(), piece.end()))
            begins = begins or not SENTENCE_ENDS.isdisjoint(found)
            continue
        word = found.lower().replace("\u2019", "'")
        tokens.append(Token(word, piece.start(), piece.end(), found[0].isupper(), begins))
        begins = False
    return tokens


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """The word without accents."""
    parts = unicodedata.normalize("NFKD", word.translate(UNMARKED))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
