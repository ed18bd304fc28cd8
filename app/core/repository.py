"""What every repository does alike: get, find, add, and pages by offset or by cursor."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.core.clock import Clock
from app.core.pagination import Cursor, Page, Window
from app.core.tables import Keyed

RowT = TypeVar("RowT", bound=Keyed)


class Repository(Generic[RowT]):
    """SQL for one table; subclasses name it in `table`."""

    table: type[RowT]

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def find(self, row_id: str) -> RowT | None:
        """The row with this id, or None."""
        return await self._session.get(self.table, row_id)

    async def add(self, row: RowT) -> RowT:
        """Stores a new row with a fresh id (unless it has one) and the present time."""
        now = self._clock.now()
        row.id = row.id or self._clock.new_id()
        row.created_at = now
        row.updated_at = now
        self._session.add(row)
        await self._session.flush()
        return row

    async def one(self, query: Select[RowT]) -> RowT | None:
        """The only row of a query, or None."""
        return (await self._session.scalars(query)).one_or_none()

    async def all(self, query: Select[RowT]) -> Sequence[RowT]:
        """Every row of a query that is bounded by its nature."""
        return (await self._session.scalars(query)).all()

    async def count(self, query: Select[Any]) -> int:
        """How many rows a query has."""
        counted = query.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
        return await self._session.scalar(counted) or 0

    async def page(self, query: Select[RowT], window: Window, order: InstrumentedAttribute[Any]) -> Page[RowT]:
        """One page in a stable order (`order`, then id), after a cursor or after so many rows."""
        key = self.table.id
        query = query.order_by(*((order.desc(), key.desc()) if window.descending else (order.asc(), key.asc())))
        if window.after is not None:
            query = query.where(_beyond(order, key, window.after, descending=window.descending))
        else:
            query = query.offset(window.skip)
        rows = (await self._session.scalars(query.limit(window.limit + 1))).all()
        shown = rows[: window.limit]
        more = len(rows) > window.limit
        last = Cursor(getattr(shown[-1], order.key), shown[-1].id) if more else None
        return Page(items=tuple(shown), next=last)


def _beyond(
    order: InstrumentedAttribute[Any], key: InstrumentedAttribute[str], after: Cursor, *, descending: bool
) -> ColumnElement[bool]:
    # The bound on the order alone lets an index begin at the cursor instead of at the list's start.
    bound = order <= after.value if descending else order >= after.value
    beyond = order < after.value if descending else order > after.value
    tie = key < after.id if descending else key > after.id
    return and_(bound, or_(beyond, tie))


def escaped_like(words: str) -> str:
    """A LIKE pattern that finds these words literally; use it with escape='/'."""
    escaped = words.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"
