"""SQL of shows: by owner and door, one row locked for a change, and the files that belong to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, exists, select, text
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core.pagination import Window
from app.core.repository import Repository, escaped_like
from app.projects.options import Language
from app.shows.domain import Door, Made, ShowListing, ShowOptions, ShowSort, ShowStatus, ShowView, status_of
from app.shows.models import Show, ShowFile

SORTED_CHARACTERS = 255
MADE = TypeAdapter(Made)
OPTIONS = TypeAdapter(ShowOptions)
ORDERS: dict[ShowSort, InstrumentedAttribute[Any]] = {
    ShowSort.CHANGED: Show.updated_at,
    ShowSort.CREATED: Show.created_at,
    ShowSort.TITLE: Show.sort_title,
}


class ShowRepository(Repository[Show]):
    """Shows of an owner."""

    table = Show

    async def owned(self, show_id: str, owner_id: str) -> Show | None:
        """The show, if it is this owner's."""
        return await self.one(select(Show).where(Show.id == show_id, Show.owner_id == owner_id))

    async def locked(self, show_id: str) -> Show | None:
        """The show as it stands, kept from other writers until the unit of work ends."""
        query = select(Show).where(Show.id == show_id).with_for_update()
        return await self.one(query.execution_options(populate_existing=True))

    async def store(self, row: Show, view: ShowView) -> ShowView:
        """Writes the show as it is now; its status is the furthest thing that is there."""
        row.title, row.description, row.language = view.title, view.description, view.language
        row.sort_title = view.title.casefold()[:SORTED_CHARACTERS]
        row.search_text = f"{view.title}\n{view.description}".casefold()
        row.content, row.script_text = view.content, view.script_text
        row.options, row.extra, row.made = plain_options(view.options), dict(view.extra), plain_made(view.made)
        row.status = status_of(view.script_text, view.made)
        row.updated_at = self._clock.now()
        await self.note_files(row.id, view.made.asset_ids)
        return show_view(row)

    async def draft(self, owner_id: str, key: str) -> Show | None:
        """The owner's draft of this name."""
        return await self.one(select(Show).where(Show.owner_id == owner_id, Show.draft_key == key))

    async def newest_drafts(self, owner_id: str, door: Door, limit: int) -> Sequence[Show]:
        """The owner's drafts of this door, the one that was touched last first."""
        query = select(Show).where(Show.owner_id == owner_id, Show.door == door, Show.draft_key.is_not(None))
        return await self.all(query.order_by(Show.updated_at.desc(), Show.id.desc()).limit(limit))

    async def listed(self, owner_id: str, listing: ShowListing, window: Window) -> tuple[Sequence[Show], int]:
        """One page of an owner's shows and how many there are."""
        query = select(Show).where(Show.owner_id == owner_id, Show.door == listing.door, Show.draft_key.is_(None))
        if listing.status is not None:
            query = query.where(Show.status == listing.status)
        if listing.search.strip():
            words = escaped_like(listing.search.strip().casefold())
            query = query.where(Show.search_text.like(words, escape="/"))
        wanted = Window(limit=window.limit, skip=window.skip, descending=listing.descending)
        page = await self.page(query, wanted, ORDERS[listing.sort])
        return page.items, await self.count(query)

    async def newest(self, owner_id: str, door: Door) -> Show | None:
        """The show of this door that was touched last."""
        query = select(Show).where(Show.owner_id == owner_id, Show.door == door, Show.draft_key.is_(None))
        return await self.one(query.order_by(Show.updated_at.desc(), Show.id.desc()).limit(1))

    async def one_at_a_time(self, owner_id: str) -> None:
        """Lets no other request of this owner choose or begin a show until the unit of work ends."""
        # SQLite has one writer at a time anyway.
        if self._session.get_bind().dialect.name == "postgresql":
            await self._session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 21))"), {"owner": owner_id}
            )

    async def holding(self, owner_id: str, asset_id: str, door: Door | None = None) -> Show | None:
        """The show that has or had this file; of several the one that was touched last."""
        query = select(Show).join(ShowFile, ShowFile.show_id == Show.id)
        query = query.where(Show.owner_id == owner_id, ShowFile.asset_id == asset_id)
        if door is not None:
            query = query.where(Show.door == door)
        return await self.one(query.order_by(Show.updated_at.desc(), Show.id.desc()).limit(1))

    async def expired(self, now: datetime, after: str, limit: int) -> Sequence[Show]:
        """Drafts whose time is over, in the order of their ids, behind one of them."""
        late = select(Show).where(Show.expires_at < now, Show.id > after)
        return await self.all(late.order_by(Show.id).limit(limit))

    async def note_files(self, show_id: str, asset_ids: Collection[str]) -> None:
        """Remembers that these files belong to the show."""
        query = select(ShowFile.asset_id).where(ShowFile.show_id == show_id)
        known = frozenset(await self._session.scalars(query))
        self._session.add_all(ShowFile(show_id=show_id, asset_id=each) for each in sorted(set(asset_ids) - known))
        await self._session.flush()

    async def own_files(self, show_id: str) -> Sequence[str]:
        """The files that no other show has."""
        other = aliased(ShowFile)
        shared = exists().where(other.asset_id == ShowFile.asset_id, other.show_id != show_id)
        query = select(ShowFile.asset_id).where(ShowFile.show_id == show_id, ~shared)
        return (await self._session.scalars(query)).all()

    async def remove(self, show_id: str) -> None:
        """Forgets the show and what it had."""
        await self._session.execute(delete(ShowFile).where(ShowFile.show_id == show_id))
        await self._session.execute(delete(Show).where(Show.id == show_id))


def made_of(row: Show) -> Made:
    """What was made, as values."""
    return MADE.validate_python(row.made)


def plain_made(made: Made) -> dict[str, Any]:
    """The same as plain JSON."""
    plain: dict[str, Any] = MADE.dump_python(made, mode="json")
    return plain


def plain_options(options: ShowOptions) -> dict[str, Any]:
    """Options as plain JSON."""
    plain: dict[str, Any] = OPTIONS.dump_python(options, mode="json")
    return plain


def fresh_show(owner_id: str, door: Door, language: Language | None = None) -> Show:
    """A row of a show of which nothing is known yet."""
    return Show(
        owner_id=owner_id,
        door=door,
        title="",
        sort_title="",
        search_text="",
        description="",
        language=language or Language.EN,
        status=ShowStatus.DRAFT,
        content="",
        script_text="",
        options=plain_options(ShowOptions(language_is_chosen=language is not None)),
        extra={},
        made=plain_made(Made()),
    )


def show_view(row: Show) -> ShowView:
    """The row as other slices may hold it."""
    return ShowView(
        id=row.id,
        owner_id=row.owner_id,
        door=row.door,
        title=row.title,
        description=row.description,
        language=row.language,
        status=row.status,
        content=row.content,
        script_text=row.script_text,
        options=OPTIONS.validate_python(row.options),
        extra=row.extra,
        made=made_of(row),
        is_draft=row.draft_key is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
