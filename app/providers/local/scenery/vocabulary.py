"""The words of one language and their plurals: which things, places, colours and numbers they name."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

# The first pattern that fits is replaced.
RULES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "en": ((r"([^aeiou])y$", r"\1ies"), (r"(s|x|z|ch|sh)$", r"\1es"), (r"$", "s")),
    "fr": ((r"([sxz])$", r"\1"), (r"(eau|eu|au)$", r"\1x"), (r"al$", "aux"), (r"$", "s")),
    "es": (
        (r"z$", "ces"),
        (r"\u00f3n$", "ones"),
        (r"\u00edn$", "ines"),
        (r"\u00e1n$", "anes"),
        (r"\u00e9n$", "enes"),
        (r"\u00fan$", "unes"),
        (r"([aeiou\u00e1\u00e9\u00f3])$", r"\1s"),
        (r"s$", "s"),
        (r"$", "es"),
    ),
    "it": (
        (r"([cg])a$", r"\1he"),
        (r"([cg])o$", r"\1hi"),
        (r"io$", "i"),
        (r"([oe])$", "i"),
        (r"a$", "e"),
        (r"$", ""),
    ),
    "pt": (
        (r"\u00e3o$", "\u00f5es"),
        (r"m$", "ns"),
        (r"([aou])l$", r"\1is"),
        (r"el$", "\u00e9is"),
        (r"il$", "is"),
        (r"([rz])$", r"\1es"),
        (r"s$", "s"),
        (r"$", "s"),
    ),
}


def plural_of(word: str, language: str) -> str:
    """The plural by rule, or nothing where the language has no such rule."""
    for pattern, ending in RULES.get(language, ()):
        formed, changes = re.subn(pattern, ending, word, count=1)
        if changes:
            return formed
    return ""


PIECE: Final = re.compile(
    r"(?P<elided>[^\W\d_]{1,6}['\u2019])(?=[^\W\d_]{2})|(?P<owner>['\u2019]s\b)|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*)"
    r"|(?P<digits>\d+)|(?P<pause>[.,;:!?\u2026()\u2013\u2014\u00ab\u00bb\u201c\u201d\u201e\"\n]+|\s-\s)"
)
UNMARKED: Final = str.maketrans({"\u0142": "l", "\u00df": "ss", "\u00f8": "o", "\u0153": "oe", "\u00e6": "ae"})
SENTENCE_ENDS: Final = frozenset(".!?\u2026:\n")


@dataclass(frozen=True)
class WordToken:
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


def tokens_of(text: str) -> list[WordToken]:
    """The words and pauses of a text; elided articles and the 's of an owner are words of their own."""
    tokens: list[WordToken] = []
    begins = True
    for piece in PIECE.finditer(text):
        found = piece.group()
        if piece["pause"]:
            tokens.append(WordToken("", piece.start(), piece.end()))
            begins = begins or not SENTENCE_ENDS.isdisjoint(found)
            continue
        word = found.lower().replace("\u2019", "'")
        tokens.append(WordToken(word, piece.start(), piece.end(), found[0].isupper(), begins))
        begins = False
    return tokens


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """The word without accents."""
    parts = unicodedata.normalize("NFKD", word.translate(UNMARKED))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


LANGUAGES: Final = ("en", "pl", "de", "fr", "es", "it", "pt")
FOLDER: Final = Path(__file__).with_name("words")
FACTS: Final = ("numbers", "colours", "traits", "places", "hours", "weathers", "moods", "looks", "closeness")
LISTS: Final = ("small", "before_nouns", "before_verbs", "adjectives", "adjective_endings", "linking", "names")
PHRASE_LISTS: Final = ("absent", "likened", "wearing", "ignored")
LONGEST_WORD: Final = 40
# German writes nouns with capitals and joins them; the last part says what the whole is.
SHORTEST_HEAD: Final = 4
SHORTEST_FRONT: Final = 3
# Polish endings that only plurals have.
PLURAL_ENDINGS: Final = frozenset(("ów", "om", "ami", "ach", "iom", "iami", "iach"))


class Meaning(NamedTuple):
    """One thing that a word says: a value of one table."""

    table: str
    value: str
    is_plural: bool = False
    is_unsure: bool = False
    is_capital: bool = False


@dataclass(frozen=True)
class Match:
    """Tokens from `start` to `end` and what they mean, by table."""

    start: int
    end: int
    meanings: Mapping[str, Meaning]

    def value(self, table: str) -> str:
        """What they say of this kind, or nothing."""
        return self.meanings[table].value if table in self.meanings else ""


class _PhrasePart(NamedTuple):
    text: str
    is_open: bool


@dataclass(frozen=True)
class _Phrase:
    parts: tuple[_PhrasePart, ...]
    meaning: Meaning


@dataclass
class Vocabulary:
    """One language; made by `vocabulary_of`."""

    language: str
    endings: frozenset[str]
    lists: Mapping[str, frozenset[str]]
    whole: dict[str, list[Meaning]] = field(default_factory=dict)
    stems: dict[str, list[Meaning]] = field(default_factory=dict)
    phrases: dict[str, list[_Phrase]] = field(default_factory=dict)

    def match(self, tokens: Sequence[WordToken], at: int, *, is_small: bool) -> Match | None:
        """The longest phrase that begins here, else the word; `is_small` says that the text has no capitals."""
        found = [phrase for phrase in self._phrases_at(tokens[at].text) if self._fits(phrase, tokens, at)]
        longest = max((len(phrase.parts) for phrase in found), default=0)
        meanings = [phrase.meaning for phrase in found if len(phrase.parts) == longest]
        capital = is_small or tokens[at].is_capital
        if longest < 2 and not any(meaning.table == "ignored" for meaning in meanings):
            meanings = [*meanings, *self.meanings(tokens[at].text, is_capital=capital)]
        known: dict[str, Meaning] = {}
        for meaning in meanings:
            if capital or not meaning.is_capital:
                known.setdefault(meaning.table, meaning)
        return Match(at, at + max(1, longest), known) if known else None

    def meanings(self, word: str, *, is_capital: bool = True) -> list[Meaning]:
        """What a single word says, by table the surest first."""
        if len(word) > LONGEST_WORD:
            return []
        found = [*self.whole.get(word, ()), *self._by_stem(word)]
        if not found and self.language == "de" and is_capital:
            found = self._by_head(word)
        return found or [meaning for part in word.split("-") if part != word for meaning in self.whole.get(part, ())]

    def _by_stem(self, word: str) -> Iterator[Meaning]:
        for size in range(len(word), 1, -1):
            ending = word[size:]
            for meaning in self.stems.get(word[:size], ()) if not ending or ending in self.endings else ():
                is_plural = meaning.is_plural or ending in PLURAL_ENDINGS
                yield meaning._replace(is_plural=is_plural)

    def _by_head(self, word: str) -> list[Meaning]:
        for start in range(SHORTEST_FRONT, len(word) - SHORTEST_HEAD + 1):
            head = word[start:]
            found = [*self.whole.get(head, ()), *self._by_stem(head)]
            things = [meaning for meaning in found if meaning.table in {"keys", "places"} and meaning.is_capital]
            if things:
                return things
        return []

    def _phrases_at(self, word: str) -> Iterator[_Phrase]:
        for size in range(min(len(word), LONGEST_WORD), 0, -1):
            if size == len(word) or word[size:] in self.endings:
                yield from self.phrases.get(word[:size], ())

    def _fits(self, phrase: _Phrase, tokens: Sequence[WordToken], at: int) -> bool:
        words = [token.text for token in tokens[at : at + len(phrase.parts)]]
        return len(words) == len(phrase.parts) and all(map(self._is, phrase.parts, words))

    def _is(self, part: _PhrasePart, word: str) -> bool:
        if word == part.text:
            return True
        return part.is_open and word.startswith(part.text) and word[len(part.text) :] in self.endings


class Marks(NamedTuple):
    """What a language is known by: its smallest words and the letters that others lack."""

    words: frozenset[str]
    letters: frozenset[str]


@cache
def marks_of(language: str) -> Marks:
    """The marks of one language, read from the head of its file alone, because all languages are asked for theirs."""
    head, _, _ = (FOLDER / f"{language}.toml").read_text(encoding="utf-8").partition("\n[")
    told: dict[str, str] = tomllib.loads(head)
    return Marks(frozenset(told["small"].replace("\u2019", "'").split()), frozenset(told["letters"]))


@cache
def vocabulary_of(language: str, *, without_accents: bool = False) -> Vocabulary:
    """The words of one language, read when they are first wanted; without accents for texts that have none."""
    told: dict[str, Any] = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    spell = plain if without_accents else str
    lists = {name: frozenset(spell(told[name].replace("\u2019", "'")).split()) for name in LISTS}
    endings = frozenset(spell(told["endings"]).split())
    vocabulary = Vocabulary(language, endings, lists)
    entries = [(_parts(spell(word)), meaning) for word, meaning in _entries(told)]
    for parts, meaning in entries:
        _add(vocabulary, parts, meaning)
    for parts, meaning in entries if language in RULES else ():
        if meaning.table == "keys" and not meaning.is_plural and not parts[-1].is_open:
            _add_plural(vocabulary, parts, meaning)
    return vocabulary


def _entries(told: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    tables = {**{name: told[name] for name in FACTS}, **{name: {"yes": told[name]} for name in PHRASE_LISTS}}
    for table, rows in [*tables.items(), *(("keys", rows) for rows in told["keys"].values())]:
        for value, words in rows.items():
            singular, _, plural = words.partition(" / ")
            for word in singular.split():
                yield _entry(word, table, value)
            for word in plural.split():
                yield _entry(word, table, value, is_plural=True)


def _entry(word: str, table: str, value: str, *, is_plural: bool = False) -> tuple[str, Meaning]:
    """A word of the file: a question mark calls it unsure, a capital a German noun."""
    bare = word.lstrip("?")
    return bare.lower(), Meaning(table, value, is_plural, bare is not word, bare[0].isupper())


def _parts(word: str) -> tuple[_PhrasePart, ...]:
    if word.isalpha():
        return (_PhrasePart(word, is_open=False),)
    return tuple(
        _PhrasePart(token.text, is_open=piece.endswith("~"))
        for piece in word.split("_")
        for token in tokens_of(piece.rstrip("~"))
    )


def _add(vocabulary: Vocabulary, parts: tuple[_PhrasePart, ...], meaning: Meaning) -> None:
    if len(parts) > 1 or meaning.table in PHRASE_LISTS:
        vocabulary.phrases.setdefault(parts[0].text, []).append(_Phrase(parts, meaning))
        return
    where = vocabulary.stems if parts[0].is_open else vocabulary.whole
    where.setdefault(parts[0].text, []).append(meaning)


def _add_plural(vocabulary: Vocabulary, parts: tuple[_PhrasePart, ...], meaning: Meaning) -> None:
    """The plural by rule, where the words of the language do not already say something else."""
    last = parts[-1] if vocabulary.language == "en" else parts[0]
    formed = plural_of(last.text, vocabulary.language)
    if formed == last.text:
        return
    many = meaning._replace(is_plural=True)
    if len(parts) > 1:
        changed = tuple(_PhrasePart(formed, is_open=False) if part is last else part for part in parts)
        vocabulary.phrases.setdefault(changed[0].text, []).append(_Phrase(changed, many))
    elif not any(known.table == "keys" and not known.is_plural for known in vocabulary.whole.get(formed, ())):
        vocabulary.whole.setdefault(formed, []).append(many)
