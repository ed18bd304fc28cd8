"""Pure: the searchable words of a project and of a search."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

MAX_WORDS = 256
MAX_SEARCH_WORDS = 8
MAX_WORD_CHARACTERS = 32
MAX_SORT_CHARACTERS = 255
COPY_MARK = " (2)"
DOTLESS_I = "\N{LATIN SMALL LETTER DOTLESS I}"
# Letters that carry their stroke or ligature inside, so that decomposition does not free the plain letter.
PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)
WORD = re.compile(r"[^\W_]+")


def project_words(name: str, story_prompt: str) -> tuple[str, ...]:
    """The words by which a project is found: those of the name first, then the story's first ones."""
    return _distinct(_words(f"{name} {story_prompt}"), MAX_WORDS)


def search_words(text: str) -> tuple[str, ...]:
    """The beginnings of words a search asks for; a project must have all of them."""
    return _distinct(_words(text), MAX_SEARCH_WORDS)


def sort_name(name: str) -> str:
    """The name by which projects are ordered: case and accents do not count."""
    return _plain(name)[:MAX_SORT_CHARACTERS]


def copied_name(name: str) -> str:
    """The name of a copy, within the length of a name."""
    return f"{name[: MAX_SORT_CHARACTERS - len(COPY_MARK)]}{COPY_MARK}"


def _words(text: str) -> Iterator[str]:
    return (found.group()[:MAX_WORD_CHARACTERS] for found in WORD.finditer(_plain(text)))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(PLAIN_LETTERS))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _distinct(words: Iterable[str], most: int) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for word in words:
        if len(kept) == most:
            break
        kept[word] = None
    return tuple(kept)
