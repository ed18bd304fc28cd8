"""Regular plurals of English, French, Spanish, Italian and Portuguese."""

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["RULES", "plural_of"]

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
