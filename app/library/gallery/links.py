"""Addresses of films' small pictures and of shared films; a small picture is made when first looked at."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.core.fairness import FairLimiter
from app.library.copies import copy_to
from app.library.domain import AssetView
from app.library.gallery.domain import FilmView, ShareView
from app.library.intake import Intake
from app.library.links import MediaLinks
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.media.frames import Thumbnails
from app.media.probe import Probes
from app.resources import Resources
from app.storage.base import FileMissing, Stat

THUMBNAILS = "/media/thumbs"
SHARED = "/media/shared"
THUMBNAIL_FOLDER: Final = "thumbs/"
# A gallery asks for a whole page of them at once.
AT_ONCE: Final = 2


def thumbnail_link(film: FilmView, links: MediaLinks) -> str:
    """Where whoever may watch a film sees its small picture."""
    return f"{links.base}{THUMBNAILS}/{links.token(film.asset)}/{film.name.removesuffix('.mp4')}.jpg"


def share_link(share: ShareView, links: MediaLinks) -> str:
    """Where a shared film is watched."""
    return f"{links.base}{SHARED}/{share.token}/{share.film.name}"


class _Drawing:
    """What this process draws at the same time."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._turns = FairLimiter(AT_ONCE)

    async def made(self, film: AssetView) -> Stat:
        key = thumbnail_key(film)
        async with self._turns.turn(film.owner_id):
            found = await self._resources.store.stat(key)
            return found or await self._draw(film, key)

    async def _draw(self, film: AssetView, key: str) -> Stat:
        drawing = Thumbnails(self._resources.tools, self._resources.threads)
        async with Intake(self._resources).temp_dir() as temp_dir:
            picture = temp_dir / "thumbnail.jpg"
            is_film = await self._is_copied(film, temp_dir / "film.mp4")
            if not (is_film and await drawing.draw(temp_dir / "film.mp4", picture)):
                await drawing.paint(film.id, _shape(film), picture)
            stored = await self._resources.store.put_file(key, picture)
        return Stat(key, stored.size_bytes, film.created_at)

    async def _is_copied(self, film: AssetView, into: Path) -> bool:
        """Whether there is a film in the temporary folder now that can be read."""
        try:
            await copy_to(self._resources, film, into)
            await Probes(self._resources.tools, self._resources.threads).probe(into)
        except (FileMissing, UnreadableMedia, UnsupportedMedia):
            return False
        return True


async def thumbnail(resources: Resources, film: AssetView) -> AssetView:
    """A film's small picture as a file that can be served; a gradient when no frame can be read."""
    stat = await resources.store.stat(thumbnail_key(film)) or await resources.once(_Drawing).made(film)
    return replace(
        film,
        store_key=stat.key,
        name="thumbnail.jpg",
        content_type="image/jpeg",
        size_bytes=stat.size_bytes,
        sha256=hashlib.sha256(f"thumbnail of {film.sha256} {stat.size_bytes}".encode()).hexdigest(),
        updated_at=film.created_at,
    )


def thumbnail_key(film: AssetView) -> str:
    """Where a film's small picture lies; its bytes have no row of their own."""
    return f"{THUMBNAIL_FOLDER}{film.id[-2:]}/{film.id}.jpg"


def film_id_of(key: str) -> str:
    """Whose small picture lies there."""
    return key.rpartition("/")[2].removesuffix(".jpg")


def _shape(film: AssetView) -> tuple[int, int] | None:
    width, height = film.facts.get("width"), film.facts.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) and width > 0 < height else None
