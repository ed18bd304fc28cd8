"""How fast the offline narrator reads each language, as it was measured."""

from collections.abc import Mapping
from typing import Final

__all__ = ["LETTERS_PER_SECOND"]

# What the default voice says of running text in a second, spaces and signs counted, by its slowest text; dialogue takes
# up to a tenth longer. Measured on 2026-12-01. Letters foretell the time far better than words do, which are long in
# one text and short in another.
LETTERS_PER_SECOND: Final[Mapping[str, float]] = {
    "pl": 13.0,
    "en": 14.4,
    "de": 14.0,
    "fr": 16.0,
    "es": 15.2,
    "it": 15.1,
    "pt": 14.0,
}
