"""How fast the offline narrator reads each language, as it was measured."""

from collections.abc import Mapping
from typing import Final

__all__ = ["LETTERS_PER_SECOND"]

# What the default voice says of running text in a second, spaces and signs counted, by its slowest text; measured on
# 2026-11-21. Letters foretell the time far better than words do, which are long in one text and short in another.
LETTERS_PER_SECOND: Final[Mapping[str, float]] = {
    "pl": 13.0,
    "en": 16.5,
    "de": 16.6,
    "fr": 18.0,
    "es": 15.8,
    "it": 15.3,
    "pt": 13.8,
}
