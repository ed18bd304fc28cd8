"""Lists of an owner's projects: index-ordered pages, kept totals and search by word beginnings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.core.clock import Clock
from app.core.database import Session
from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.projects.models import Project, ProjectCount, ProjectWord
from app.projects.states import ProjectStatus
from app.projects.values import Listing, Sort

__all__ = ["SEARCH_TOTAL_MAX", "ListingRepository"]

# Counting further would make the cost of a search grow with the number of projects.
SEARCH_TOTAL_MAX = 1000
AFTER_EVERY_WORD = "\U0010ffff"
ORDERS: dict[Sort, tuple[InstrumentedAttribute[Any], bool]] = {
    Sort.NEWEST: (Project.created_at, True),
    Sort.OLDEST: (Project.created_at, False),
    Sort.CHANGED_LAST: (Project.updated_at, True),
    Sort.CHANGED_FIRST: (Project.updated_at, False),
    Sort.NAME: (Project.sort_name, False),
    Sort.NAME_DOWN: (Project.sort_name, True),
}


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
        sizes = [await self._matches(owner_id, word) for word in words]
        rarest = min(range(len(words)), key=sizes.__getitem__)
        query = self._living(owner_id, listing)
        others = [word for place, word in enumerate(words) if place != rarest]
        query = query.where(*(_has_word(owner_id, word) for word in others))
        if sizes[rarest] <= self._count_to:
            query = query.where(Project.id.in_(_projects_with(owner_id, words[rarest])))
            total = await self.count(query)
        else:
            query = query.where(_has_word(owner_id, words[rarest]))
            total = await self._bounded_count(query) if others or listing.status else self._count_to
        return await self._ordered(query, listing.sort, window), total

    def _living(self, owner_id: str, listing: Listing) -> Select[Project]:
        query = select(Project).where(Project.owner_id == owner_id, Project.deleted_at.is_(None))
        return query if listing.status is None else query.where(Project.status == listing.status)

    async def _ordered(self, query: Select[Project], sort: Sort, window: Window) -> Page[Project]:
        order, descending = ORDERS[sort]
        window.fits(str if order is Project.sort_name else datetime)
        sorted_window = Window(limit=window.limit, skip=window.skip, after=window.after, descending=descending)
        return await self.page(query, sorted_window, order)

    async def _matches(self, owner_id: str, word: str) -> int:
        """How many projects have a word that begins so, counted one further than the bound."""
        bounded = _projects_with(owner_id, word).limit(self._count_to + 1).subquery()
        return await self._session.scalar(select(func.count()).select_from(bounded)) or 0

    async def _bounded_count(self, query: Select[Project]) -> int:
        bounded = query.with_only_columns(Project.id).limit(self._count_to).subquery()
        return await self._session.scalar(select(func.count()).select_from(bounded)) or 0


def _begins(word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ProjectWord.word >= word, ProjectWord.word < word + AFTER_EVERY_WORD


def _projects_with(owner_id: str, word: str) -> Select[str]:
    return select(ProjectWord.project_id).where(ProjectWord.owner_id == owner_id, *_begins(word)).distinct()


def _has_word(owner_id: str, word: str) -> ColumnElement[bool]:
    return exists().where(ProjectWord.project_id == Project.id, ProjectWord.owner_id == owner_id, *_begins(word))
