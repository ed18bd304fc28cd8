"""Pure: the language of a text, and the searchable words of a project and of a search."""

import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.projects.options import Language

SIGNS_FILE: Final = Path(__file__).with_name("languages.toml")
WORD: Final = re.compile(r"[^\W\d_]+|[¿¡]")
# The beginning of a long text tells its language as well as the whole.
MOST_CHARACTERS: Final = 2000
FEWEST_WORDS: Final = 2
PART_LENGTHS: Final = (2, 3)
# Points are natural logarithms of chances. Parts that were not seen in a language count as if they came this often.
UNSEEN: Final = 3
WORD_POINTS: Final = 2.5
SMALLEST_LEAD: Final = 2.5


@dataclass(frozen=True)
class Signs:
    """Words, each with its languages, and parts of words, each with the points that it gives every language."""

    words: Mapping[str, tuple[Language, ...]]
    parts: Mapping[str, Mapping[Language, float]]


def language_of(text: str) -> Language | None:
    """The language that a text is written in."""
    signs = _signs()
    words = WORD.findall(text[:MOST_CHARACTERS].casefold())
    points = dict.fromkeys(Language, 0.0)
    for word in words:
        for language in signs.words.get(word, ()):
            points[language] += WORD_POINTS
        for part in _parts_of(word):
            for language, more in signs.parts.get(part, {}).items():
                points[language] += more
    likely, next_likely = sorted(points, key=points.__getitem__, reverse=True)[:2]
    is_clear = points[likely] - points[next_likely] >= SMALLEST_LEAD
    return likely if is_clear and len(words) >= FEWEST_WORDS else None


def language_or_english(text: str) -> Language:
    """The language of a text; English where that is not clear."""
    return language_of(text) or Language.EN


def _parts_of(word: str) -> Iterator[str]:
    edged = f"_{word}_"
    for length in PART_LENGTHS:
        for begin in range(len(edged) - length + 1):
            yield edged[begin : begin + length]


@cache
def _signs() -> Signs:
    """Read when the first text is to be told."""
    told = tomllib.loads(SIGNS_FILE.read_text(encoding="utf-8"))
    words: dict[str, tuple[Language, ...]] = {}
    counts: dict[str, dict[Language, int]] = {}
    for language in Language:
        for word in told[language]["words"].split():
            words[word] = (*words.get(word, ()), language)
        for part, _, count in (sign.partition(":") for sign in told[language]["parts"].split()):
            counts.setdefault(part, {})[language] = int(count)
    return Signs(words, {part: _points(seen) for part, seen in counts.items()})


def _points(seen: Mapping[Language, int]) -> dict[Language, float]:
    """How much likelier than on average each language is, where this part stands."""
    chances = {language: math.log(seen.get(language, 0) + UNSEEN) for language in Language}
    average = sum(chances.values()) / len(chances)
    return {language: chance - average for language, chance in chances.items()}


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
SEARCH_WORD = re.compile(r"[^\W_]+")


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
    return (found.group()[:MAX_WORD_CHARACTERS] for found in SEARCH_WORD.finditer(_plain(text)))


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
