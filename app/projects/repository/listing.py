"""Lists of an owner's projects: index-ordered pages, kept totals and search by word beginnings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core.clock import Clock
from app.core.database import Session
from app.core.pagination import Cursor, Page, Window
from app.core.repository import Repository
from app.projects.models import Project, ProjectCount, ProjectWord
from app.projects.states import ProjectStatus
from app.projects.values import Listing, Sort

# Counting further would make the cost of a search grow with the number of projects.
SEARCH_TOTAL_MAX = 2000
BY_CREATION = frozenset({Sort.NEWEST, Sort.OLDEST})
AFTER_EVERY_WORD = "\U0010ffff"
ORDERS: dict[Sort, tuple[InstrumentedAttribute[Any], bool]] = {
    Sort.NEWEST: (Project.created_at, True),
    Sort.OLDEST: (Project.created_at, False),
    Sort.CHANGED_LAST: (Project.updated_at, True),
    Sort.CHANGED_FIRST: (Project.updated_at, False),
    Sort.NAME: (Project.sort_name, False),
    Sort.NAME_DOWN: (Project.sort_name, True),
}


@dataclass(frozen=True)
class Matches:
    """What a look at the words found, up to the bound."""

    word: str
    rows: int
    projects: int


class ListingRepository(Repository[Project]):
    """Which projects an owner sees; no query here reads more rows than a page or a bounded search."""

    table = Project

    def __init__(self, session: Session, clock: Clock, *, count_to: int = SEARCH_TOTAL_MAX) -> None:
        super().__init__(session, clock)
        self._count_to = count_to

    async def total(self, owner_id: str, status: ProjectStatus | None) -> int:
        """How many living projects the owner has, in all or in one status."""
        counts = await self._session.get(ProjectCount, owner_id, populate_existing=True)
        wanted = [status] if status else list(ProjectStatus)
        return 0 if counts is None else sum(getattr(counts, each.value) for each in wanted)

    async def listed(self, owner_id: str, listing: Listing, window: Window) -> Page[Project]:
        """One page in the wanted order."""
        return await self._ordered(self._living(owner_id, listing), listing.sort, window)

    async def found(
        self, owner_id: str, listing: Listing, words: Sequence[str], window: Window
    ) -> tuple[Page[Project], int]:
        """One page of the projects that have all these word beginnings, and their number up to the bound."""
        rarest = await self._rarest(owner_id, words)
        others = [word for word in words if word != rarest.word]
        if rarest.rows <= self._count_to:
            candidates = _projects_with(owner_id, rarest.word, others)
            if listing.status is None and listing.sort in BY_CREATION:
                return await self._newest(candidates, listing.sort, window)
            # Only the words name the owner here: with the owner's own index SQLite would walk the whole list.
            query = _filtered(select(Project).where(Project.id.in_(candidates)), listing)
            return await self._ordered(query, listing.sort, window), await self.count(query)
        query = self._living(owner_id, listing).where(*(_has_word(Project.id, word) for word in words))
        is_plain = not others and listing.status is None and rarest.projects >= self._count_to
        total = self._count_to if is_plain else await self._bounded_count(query)
        return await self._ordered(query, listing.sort, window), total

    async def _newest(self, candidates: Select[str], sort: Sort, window: Window) -> tuple[Page[Project], int]:
        """A page in the order of creation, which is the order of the ids, without reading the other rows."""
        window.fits(datetime)
        once = candidates.distinct().subquery()
        counted = select(once.c.project_id, func.count().over().label("total")).subquery()
        project_id = counted.c.project_id
        query = select(project_id, counted.c.total)
        if window.after is not None:
            last = window.after.id
            query = query.where(project_id < last if sort is Sort.NEWEST else project_id > last)
        query = query.order_by(project_id.desc() if sort is Sort.NEWEST else project_id.asc())
        query = query.offset(0 if window.after else window.skip).limit(window.limit + 1)
        found = (await self._session.execute(query)).all()
        total = found[0].total if found else await self._session.scalar(select(func.count()).select_from(once)) or 0
        shown = [row.project_id for row in found[: window.limit]]
        rows = {row.id: row for row in await self.all(select(Project).where(Project.id.in_(shown)))}
        items = tuple(rows[each] for each in shown)
        more = len(found) > window.limit
        return Page(items, Cursor(items[-1].created_at, items[-1].id) if more else None), total

    def _living(self, owner_id: str, listing: Listing) -> Select[Project]:
        return _filtered(select(Project).where(Project.owner_id == owner_id), listing)

    async def _ordered(self, query: Select[Project], sort: Sort, window: Window) -> Page[Project]:
        order, descending = ORDERS[sort]
        window.fits(str if order is Project.sort_name else datetime)
        sorted_window = Window(limit=window.limit, skip=window.skip, after=window.after, descending=descending)
        return await self.page(query, sorted_window, order)

    async def _rarest(self, owner_id: str, words: Sequence[str]) -> Matches:
        """The first rare word, or the rarest; long beginnings are usually rare."""
        seen = []
        for word in sorted(words, key=len, reverse=True):
            seen.append(await self._matches(owner_id, word))
            if seen[-1].rows <= self._count_to:
                break
        return min(seen, key=lambda matches: matches.rows)

    async def _matches(self, owner_id: str, word: str) -> Matches:
        """How many words begin so, and of how many projects, looked at one further than the bound."""
        looked_at = _projects_with(owner_id, word, ()).limit(self._count_to + 1).subquery()
        projects = func.count(looked_at.c.project_id.distinct())
        found = (await self._session.execute(select(func.count(), projects).select_from(looked_at))).one()
        return Matches(word, found[0], found[1])

    async def _bounded_count(self, query: Select[Project]) -> int:
        bounded = query.with_only_columns(Project.id).limit(self._count_to).subquery()
        return await self._session.scalar(select(func.count()).select_from(bounded)) or 0


def _filtered(query: Select[Project], listing: Listing) -> Select[Project]:
    query = query.where(Project.deleted_at.is_(None))
    return query if listing.status is None else query.where(Project.status == listing.status)


def _begins(table: type[ProjectWord], word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.word >= word, table.word < word + AFTER_EVERY_WORD


def _projects_with(owner_id: str, word: str, others: Sequence[str]) -> Select[str]:
    """The projects that have this word, once for each ending, and all the others as well."""
    also = (_has_word(ProjectWord.project_id, other) for other in others)
    return select(ProjectWord.project_id).where(ProjectWord.owner_id == owner_id, *_begins(ProjectWord, word), *also)


def _has_word(project_id: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    other = aliased(ProjectWord)
    # The limit keeps Postgres from turning this look-up by project into a join over everybody with the word.
    found = select(other.project_id).where(other.project_id == project_id, *_begins(other, word)).limit(1)
    return found.correlate(Project, ProjectWord).scalar_subquery().is_not(None)
