"""The gallery of one owner: list, find by id or name, rename, delete, share and take back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Self

from app.accounts.domain import digest
from app.core.database import Session
from app.core.logging import audit
from app.core.pagination import Page, Window
from app.library.domain import AssetView, safe_name
from app.library.gallery.domain import (
    FilmView,
    GalleryWish,
    ShareView,
    asked_name,
    chosen_name,
    identifying_tail,
    usual_name,
)
from app.library.gallery.errors import FilmNameTaken, FilmNotFound, ShareEnded, TooManyShares
from app.library.gallery.links import thumbnail_key
from app.library.gallery.repository import FilmNameRepository, FilmRepository, FilmShare, FilmShareRepository
from app.library.service import discard
from app.resources import Resources

MOST_SHARES: Final = 50
KEPT_NAMES: Final = 10
MOST_FILMS: Final = 1000


class GalleryService:
    """Finished films of one owner; another's film does not exist."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._clock = resources.clock
        self._films = FilmRepository(session, resources.clock)
        self._names = FilmNameRepository(session, resources.clock)
        self._shares = FilmShareRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def listed(self, owner_id: str, wish: GalleryWish, window: Window) -> tuple[Page[FilmView], int]:
        """One page of the owner's films and how many fit the wish."""
        page, total = await self._films.listed(owner_id, wish, window)
        return Page(tuple(await self._named(page.items)), page.next), total

    async def newest(self, owner_id: str) -> Sequence[FilmView]:
        """The owner's films for a page without pages, the newest first."""
        page, _ = await self.listed(owner_id, GalleryWish(), Window(limit=MOST_FILMS))
        return page.items

    async def film(self, owner_id: str, asset_id: str) -> FilmView:
        """The owner's film with this id."""
        found = await self._films.film(owner_id, asset_id)
        if found is None:
            raise FilmNotFound
        return (await self._named([found]))[0]

    async def find(self, owner_id: str, name: str) -> FilmView | None:
        """The owner's film of this name, present or earlier, with or without its ending; None when there is none."""
        name = asked_name(name)
        row = await self._names.named(owner_id, name)
        tail = identifying_tail(name)
        found = None
        if row is not None:
            found = await self._films.film(owner_id, row.asset_id)
        elif tail is not None:
            found = await self._films.ending(owner_id, tail)
        return None if found is None else (await self._named([found]))[0]

    async def get(self, owner_id: str, name: str) -> FilmView:
        """The owner's film of this name, present or earlier."""
        found = await self.find(owner_id, name)
        if found is None:
            raise FilmNotFound
        return found

    async def rename(self, film: FilmView, title: str) -> FilmView:
        """Gives a film a title and the name that goes with it; the same wish twice has the same outcome."""
        asset = film.asset
        name = chosen_name(title)
        if name is None:
            await self._names.unname(asset.id)
        elif name != film.name:
            other = await self.find(asset.owner_id, name)
            if other is not None and other.asset.id != asset.id and other.name == name:
                raise FilmNameTaken
            await self._names.give(asset.owner_id, asset.id, name, KEPT_NAMES)
        shown = safe_name(_without_ending(title), asset.extension)
        if shown != asset.name:
            await self._films.entitle(asset.id, shown)
        return await self.film(asset.owner_id, asset.id)

    async def rename_named(self, owner_id: str, old_name: str, new_name: str) -> FilmView:
        """The same by name; a repeated request finds the film by the name that it had."""
        return await self.rename(await self.get(owner_id, old_name), new_name)

    async def succeed(self, earlier_id: str, later_id: str) -> None:
        """A film cut anew hangs where the one before it hung: under the name it was given, with the same links."""
        names = await self._names.current([earlier_id])
        before = await self._films.view(earlier_id) if earlier_id in names else None
        if before is not None:
            await self._films.entitle(later_id, before.name)
        await self._names.transfer(earlier_id, later_id)
        await self._shares.transfer(earlier_id, later_id)

    async def share(self, film: FilmView, life: timedelta) -> ShareView:
        """A new link to a film; its secret is told once."""
        if await self._shares.living(film.asset.id) >= MOST_SHARES:
            raise TooManyShares
        share = ShareView(self._clock.secret(24), film, self._clock.now() + life)
        await self._shares.add(
            FilmShare(asset_id=film.asset.id, token_hash=digest(share.token), expires_at=share.expires_at)
        )
        audit("film_shared", who=film.asset.owner_id, object=film.asset.id)
        return share

    async def unshare(self, film: FilmView) -> None:
        """Takes every link to a film back."""
        await self._shares.revoke(film.asset.id)
        audit("film_unshared", who=film.asset.owner_id, object=film.asset.id)

    async def shared(self, token: str) -> AssetView:
        """The film that a link shows; whoever has the link may watch."""
        found = await self._shares.shown(digest(token))
        if found is None:
            raise ShareEnded
        return found

    async def _named(self, assets: Sequence[AssetView]) -> list[FilmView]:
        names = await self._names.current([asset.id for asset in assets])
        return [
            FilmView(asset, names.get(asset.id) or usual_name(_without_ending(asset.name), asset.id))
            for asset in assets
        ]


async def remove_film(resources: Resources, film: FilmView) -> None:
    """Deletes a film with its bytes, names, links and thumbnail."""
    await discard(resources, film.asset)
    await resources.store.delete(thumbnail_key(film.asset))


async def remove_named(resources: Resources, owner_id: str, name: str) -> None:
    """The same by name; a film that is gone already is no error."""
    async with resources.database.reading() as session:
        film = await GalleryService.over(session, resources).find(owner_id, name)
    if film is not None:
        await remove_film(resources, film)


def _without_ending(name: str) -> str:
    return name[:-4] if name.lower().endswith(".mp4") else name
