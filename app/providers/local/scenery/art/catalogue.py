"""Everything that a scene can name: how high it is, where it stands and how it is drawn."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

__all__ = ["CATALOGUE_FILE", "Entry", "catalogue", "relative_height"]

CATALOGUE_FILE: Final = Path(__file__).parents[1] / "catalogue.toml"
# In heights of a grown person: dolphins, boats and all that is larger.
LEAST_OF_THE_SEA: Final = 0.5
# What a trait does to the height.
GROWTH: Final = {"young": 0.72, "small": 0.65, "big": 1.4}
PEOPLE_GROWTH: Final = {"old": 0.97, "small": 0.8, "big": 1.2}
Stand = Literal["ground", "water", "sky", "hand", "table", "wall", "far", "place", "weather", "hour"]


@dataclass(frozen=True)
class Entry:
    """One thing: its height is in heights of a grown person."""

    key: str
    category: str
    stand: Stand
    home: str
    height: float = 1.0
    lit: frozenset[str] = frozenset()

    @property
    def is_drawn(self) -> bool:
        """Whether there is a picture of it; a place, an hour and the weather are the scene itself."""
        return self.stand not in {"place", "weather", "hour"}

    @property
    def is_outdoors(self) -> bool:
        """Whether no room holds it; ducks and small fish may be inside."""
        swims = self.stand == "water" and self.height >= LEAST_OF_THE_SEA
        return swims or self.stand == "far" or self.key == "cloud"


@cache
def catalogue() -> dict[str, Entry]:
    """The entries by their keys, in the order of the file."""
    tables = tomllib.loads(CATALOGUE_FILE.read_text(encoding="utf-8"))
    return {
        key: Entry(key, category, **{**values, "lit": frozenset(values.get("lit", ()))})
        for category, entries in tables.items()
        for key, values in entries.items()
    }


def relative_height(key: str, trait: str = "") -> float:
    """How high it is beside a grown person."""
    entry = catalogue()[key]
    growth = PEOPLE_GROWTH if entry.category == "people" else GROWTH
    return entry.height * growth.get(trait, 1.0)
