"""Tables and SQL of the gallery: names that people gave their films, and links that share them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Select, String, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.core.tables import Base, Keyed, UtcDateTime
from app.library.domain import AssetKind, AssetState, AssetView
from app.library.gallery.domain import GallerySort, GalleryWish, folded
from app.library.models import Asset
from app.library.repository import asset_view


class FilmName(Keyed, Base):
    """A name that a film has now or had before; earlier ones still lead to it until another film takes them."""

    __tablename__ = "film_names"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    is_current: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (
        Index("uq_film_names_owner_id_name", "owner_id", "name", unique=True),
        Index("ix_film_names_asset_id", "asset_id"),
    )


class FilmShare(Keyed, Base):
    """A link to one film; only the hash of its secret is kept."""

    __tablename__ = "film_shares"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (Index("ix_film_shares_asset_id", "asset_id"),)


ORDERS: dict[GallerySort, tuple[InstrumentedAttribute[Any], bool]] = {
    GallerySort.NEWEST: (Asset.created_at, True),
    GallerySort.OLDEST: (Asset.created_at, False),
    GallerySort.TITLE: (Asset.name, False),
    GallerySort.TITLE_DOWN: (Asset.name, True),
    GallerySort.SMALLEST: (Asset.size_bytes, False),
    GallerySort.LARGEST: (Asset.size_bytes, True),
}
KINDS: dict[InstrumentedAttribute[Any], type[datetime] | type[str] | type[int]] = {
    Asset.created_at: datetime,
    Asset.name: str,
    Asset.size_bytes: int,
}


class FilmRepository(Repository[Asset]):
    """Finished films among an owner's files."""

    table = Asset

    async def listed(self, owner_id: str, wish: GalleryWish, window: Window) -> tuple[Page[AssetView], int]:
        """One page of an owner's films and how many fit the wish."""
        order, descending = ORDERS[wish.sort]
        window = Window(window.limit, window.skip, window.after, descending)
        window.fits(KINDS[order])
        query = _films(owner_id)
        if wish.search.strip():
            query = query.where(Asset.id.in_(await self._matching(owner_id, folded(wish.search).split())))
        page = await self.page(query, window, order)
        return Page(tuple(asset_view(row) for row in page.items), page.next), await self.count(query)

    async def _matching(self, owner_id: str, words: Sequence[str]) -> list[str]:
        """The films whose titles have all these words; the quota bounds how many are read.

        SQLite knows the case of plain letters only, so the titles are compared here.
        """
        titles = await self._session.execute(_films(owner_id).with_only_columns(Asset.id, Asset.name))
        return [asset_id for asset_id, name in titles if all(word in folded(name) for word in words)]

    async def film(self, owner_id: str, asset_id: str) -> AssetView | None:
        """The owner's film with this id."""
        row = await self.one(_films(owner_id).where(Asset.id == asset_id).execution_options(populate_existing=True))
        return None if row is None else asset_view(row)

    async def view(self, asset_id: str) -> AssetView | None:
        """The film with this id, whoever owns it."""
        row = await self.find(asset_id)
        return None if row is None else asset_view(row)

    async def ending(self, owner_id: str, tail: str) -> AssetView | None:
        """The owner's film whose id ends so."""
        row = await self.one(_films(owner_id).where(Asset.id.like(f"%{tail}")).limit(1))
        return None if row is None else asset_view(row)

    async def entitle(self, asset_id: str, name: str) -> None:
        """Gives the file another name to be shown."""
        await self._session.execute(
            update(Asset)
            .where(Asset.id == asset_id)
            .values(name=name, updated_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    async def present(self, asset_ids: Collection[str]) -> frozenset[str]:
        """Which of these films still exist."""
        return frozenset(await self._session.scalars(select(Asset.id).where(Asset.id.in_(asset_ids))))


class FilmNameRepository(Repository[FilmName]):
    """Names that people gave."""

    table = FilmName

    async def named(self, owner_id: str, name: str) -> FilmName | None:
        """What a name of this owner leads to."""
        return await self.one(select(FilmName).where(FilmName.owner_id == owner_id, FilmName.name == name))

    async def current(self, asset_ids: Collection[str]) -> Mapping[str, str]:
        """The present names of those of these films that have one."""
        found = await self.all(select(FilmName).where(FilmName.asset_id.in_(asset_ids), FilmName.is_current))
        return {row.asset_id: row.name for row in found}

    async def give(self, owner_id: str, asset_id: str, name: str, keep: int) -> None:
        """Makes this the film's name; so many earlier ones go on leading to it."""
        await self._session.execute(delete(FilmName).where(FilmName.owner_id == owner_id, FilmName.name == name))
        await self.unname(asset_id)
        await self.add(FilmName(owner_id=owner_id, asset_id=asset_id, name=name, is_current=True))
        kept = select(FilmName.id).where(FilmName.asset_id == asset_id).order_by(FilmName.id.desc()).limit(keep)
        late = list(await self._session.scalars(kept))
        await self._session.execute(delete(FilmName).where(FilmName.asset_id == asset_id, FilmName.id.not_in(late)))

    async def transfer(self, earlier_id: str, later_id: str) -> None:
        """Lets every name of one film lead to another."""
        await self._session.execute(update(FilmName).where(FilmName.asset_id == earlier_id).values(asset_id=later_id))

    async def unname(self, asset_id: str) -> None:
        """Makes all names of a film earlier ones."""
        await self._session.execute(
            update(FilmName).where(FilmName.asset_id == asset_id).values(is_current=False, updated_at=self._clock.now())
        )


class FilmShareRepository(Repository[FilmShare]):
    """Links by film and by secret."""

    table = FilmShare

    async def living(self, asset_id: str) -> int:
        """How many links of a film work now; those that ended are removed."""
        await self._session.execute(
            delete(FilmShare).where(FilmShare.asset_id == asset_id, FilmShare.expires_at <= self._clock.now())
        )
        return await self.count(select(FilmShare).where(FilmShare.asset_id == asset_id))

    async def shown(self, token_hash: str) -> AssetView | None:
        """The film that a living link shows."""
        film = (
            select(Asset)
            .join(FilmShare, FilmShare.asset_id == Asset.id)
            .where(FilmShare.token_hash == token_hash, FilmShare.expires_at > self._clock.now())
        )
        row = (await self._session.scalars(film)).one_or_none()
        return None if row is None or row.state is not AssetState.READY else asset_view(row)

    async def transfer(self, earlier_id: str, later_id: str) -> None:
        """Lets every link of one film show another."""
        await self._session.execute(update(FilmShare).where(FilmShare.asset_id == earlier_id).values(asset_id=later_id))

    async def revoke(self, asset_id: str) -> None:
        """Ends every link of a film."""
        await self._session.execute(delete(FilmShare).where(FilmShare.asset_id == asset_id))


def _films(owner_id: str) -> Select[Any]:
    return select(Asset).where(
        Asset.owner_id == owner_id, Asset.kind == AssetKind.FILM, Asset.state == AssetState.READY
    )
