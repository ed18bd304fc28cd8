"""Frozen values of the gallery: a film as it hangs there, how films are wanted, and a link to share one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.library.values import AssetView

__all__ = ["FilmView", "GallerySort", "GalleryWish", "ShareView"]


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
