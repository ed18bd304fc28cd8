"""A film as it hangs in the gallery, how films are wanted, and names that stand in addresses as they are."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.library.domain import AssetView

ENDING = ".mp4"
TAIL_CHARACTERS = 12
MAX_CHARACTERS = 80
NEEDLESS = re.compile(r"[^A-Za-z0-9._-]+")
DOTS = re.compile(r"\.{2,}")
TAIL = re.compile(r"-([0-9a-f]{12})$")
# Letters that have no plain letter inside them to be found by decomposition.
LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE"}
)


class GallerySort(StrEnum):
    """Orders of the gallery; a minus means the last first."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    TITLE = "title"
    TITLE_DOWN = "-title"
    SMALLEST = "size_bytes"
    LARGEST = "-size_bytes"


@dataclass(frozen=True)
class GalleryWish:
    """Which films are wanted, and in what order."""

    search: str = ""
    sort: GallerySort = GallerySort.NEWEST


@dataclass(frozen=True)
class FilmView:
    """A finished film; its name is unique among its owner's films and safe in addresses and style sheets."""

    asset: AssetView
    name: str

    @property
    def title(self) -> str:
        """What people read."""
        return self.asset.name.rpartition(".")[0] or self.asset.name

    @property
    def duration_seconds(self) -> float | None:
        """How long it plays, when that is known."""
        found = self.asset.facts.get("duration_seconds")
        return float(found) if isinstance(found, int | float) else None


@dataclass(frozen=True)
class ShareView:
    """A link that shows one film to whoever has it, until it ends or is taken back."""

    token: str
    film: FilmView
    expires_at: datetime


def usual_name(title: str, asset_id: str) -> str:
    """The name of a film that nobody has named: its title, and the end of its id, which makes it the only one."""
    return f"{_plain(title) or 'film'}-{asset_id[-TAIL_CHARACTERS:]}{ENDING}"


def chosen_name(title: str) -> str | None:
    """The name that a title gives a film; None when no letter of it can stand in an address."""
    plain = _plain(title)
    return f"{plain}{ENDING}" if plain else None


def asked_name(name: str) -> str:
    """The name that is meant, however its ending was left out or replaced by that of its picture."""
    stem = name.strip().removesuffix(".jpg")
    return stem if stem.lower().endswith(ENDING) else f"{stem}{ENDING}"


def folded(text: str) -> str:
    """A text as it is searched: without case and accents, in any script."""
    spelt = unicodedata.normalize("NFKD", text.translate(LETTERS))
    return "".join(letter for letter in spelt if not unicodedata.combining(letter)).casefold()


def identifying_tail(name: str) -> str | None:
    """The end of an id in a usual name."""
    found = TAIL.search(name.removesuffix(ENDING))
    return found[1] if found else None


def _plain(title: str) -> str:
    spelt = unicodedata.normalize("NFKD", title.strip().translate(LETTERS)).encode("ascii", "ignore").decode()
    stem = spelt[: -len(ENDING)] if spelt.lower().endswith(ENDING) else spelt
    return DOTS.sub(".", NEEDLESS.sub("-", stem))[:MAX_CHARACTERS].strip("-._")
