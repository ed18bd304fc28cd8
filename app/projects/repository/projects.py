"""SQL of projects: guarded moves, lists and search, the whole storyboard, and deleted projects."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core.clock import Clock
from app.core.database import Session
from app.core.errors import Outdated
from app.core.notifier import Notifier
from app.core.pagination import Cursor, Page, Window
from app.core.repository import Repository
from app.jobs.queue import project_topic
from app.projects.domain import (
    BUSY,
    DeletedProject,
    Listing,
    ProjectStatus,
    ProjectView,
    SegmentStatus,
    SegmentSummary,
    Sort,
    Storyboard,
    project_sources,
    project_targets,
)
from app.projects.errors import IllegalProjectMove, ProjectBusy, ProjectNotFound
from app.projects.layout import is_busy, resting_status
from app.projects.models import KeyFrame, Project, ProjectCount, ProjectWord, Segment
from app.projects.options import ProjectSettings
from app.projects.repository.segments import FrameRepository, SegmentRepository
from app.projects.repository.views import copied_row, project_view, stored_settings
from app.projects.texts import project_words, sort_name
from app.resources import Resources

FRESH = {"populate_existing": True}
UNSYNCED = {"synchronize_session": False}


class ProjectRepository(Repository[Project]):
    """Living projects; the touch locks the whole aggregate until the transaction ends."""

    table = Project

    def __init__(self, session: AsyncSession, clock: Clock, notifier: Notifier) -> None:
        super().__init__(session, clock)
        self._notifier = notifier

    async def view(self, project_id: str) -> ProjectView:
        """The project as it stands now; a deleted one is not found."""
        found = await self.find_view(project_id)
        if found is None:
            raise ProjectNotFound
        return found

    async def find_view(self, project_id: str) -> ProjectView | None:
        """The living project with this id, or None."""
        query = select(Project).where(Project.id == project_id, Project.deleted_at.is_(None))
        row = await self.one(query.execution_options(**FRESH))
        return None if row is None else (await self.views([row]))[0]

    async def views(self, rows: Sequence[Project]) -> tuple[ProjectView, ...]:
        """The views of these rows, with two queries for all of them."""
        ids = [row.id for row in rows]
        segments: dict[str, list[SegmentSummary]] = {project_id: [] for project_id in ids}
        columns = (Segment.id, Segment.position, Segment.status, Segment.duration_sec)
        assets = (Segment.clip_asset_id, Segment.narration_asset_id)
        found = await self._session.execute(
            select(Segment.project_id, *columns, *assets)
            .where(Segment.project_id.in_(ids))
            .order_by(Segment.project_id, Segment.position)
        )
        for project_id, segment_id, index, status, duration_sec, clip, narration in found:
            segments[project_id].append(
                SegmentSummary(
                    id=segment_id,
                    index=index,
                    status=status,
                    duration_sec=duration_sec,
                    clip_asset_id=clip,
                    narration_asset_id=narration,
                )
            )
        first = await self._first_frames(ids)
        return tuple(project_view(row, segments[row.id], first.get(row.id)) for row in rows)

    async def create(self, owner_id: str, settings: ProjectSettings) -> Project:
        """Stores a new project in its first state, with the place of its first frame."""
        name = sort_name(settings.name)
        project = await self.insert(
            Project(owner_id=owner_id, status=ProjectStatus.CREATED, sort_name=name, **stored_settings(settings))
        )
        now = self._clock.now()
        times = {"created_at": now, "updated_at": now}
        self._session.add(KeyFrame(id=self._clock.new_id(), project_id=project.id, position=0, **times))
        return project

    async def insert(self, row: Project) -> Project:
        """Stores a new project, counts it and makes it findable."""
        await self.add(row)
        await self.replace_words(row.owner_id, row.id, row.name, row.story_prompt)
        await self._count(row.owner_id, {row.status: 1})
        return row

    async def insert_copy(self, project_id: str, name: str, status: ProjectStatus) -> Project:
        """Stores a copy of the project row under another name, without its film and failure."""
        row = await self.one(select(Project).where(Project.id == project_id).execution_options(**FRESH))
        if row is None:
            raise ProjectNotFound
        alone = {"film_asset_id": None, "film_digest": None, "film_variants": None, "failure": None}
        return await self.insert(copied_row(row, name=name, sort_name=sort_name(name), status=status, **alone))

    async def touch(self, project_id: str, *, expected_version: int | None = None, **columns: Any) -> None:
        """Raises the version and holds the aggregate; refuses when it is not the version that was read.

        Whoever waits for a change of the film is woken when the unit of work is committed.
        """
        change = (
            update(Project)
            .where(Project.id == project_id, Project.deleted_at.is_(None))
            .values(version=Project.version + 1, updated_at=self._clock.now(), **columns)
            .returning(Project.version)
            .execution_options(**UNSYNCED)
        )
        version = await self._session.scalar(change)
        if version is None:
            raise ProjectNotFound
        if expected_version is not None and version != expected_version + 1:
            raise Outdated
        await self._notifier.notify(self._session, project_topic(project_id))

    async def move(self, project_id: str, *, to: ProjectStatus, **columns: Any) -> None:
        """Moves the state only if the row still stands where the move is legal."""
        query = select(Project.owner_id, Project.status).where(Project.id == project_id).with_for_update()
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            raise ProjectNotFound
        owner_id, current = found
        legal = Project.status.in_(project_sources(to) & {current})
        change = (
            update(Project)
            .where(Project.id == project_id, Project.deleted_at.is_(None), legal)
            .values(status=to, updated_at=self._clock.now(), version=Project.version + 1, **columns)
            .returning(Project.id)
            .execution_options(**UNSYNCED)
        )
        if await self._session.scalar(change) is None:
            raise IllegalProjectMove.of(current, to, project_targets(current))
        if current is not to:
            await self._count(owner_id, {current: -1, to: 1})
        await self._notifier.notify(self._session, project_topic(project_id))

    async def begin_in(self, project_id: str, status: ProjectStatus) -> None:
        """Gives a project that was just written the state in which it comes into being."""
        project = await self.view(project_id)
        await self._session.execute(
            update(Project).where(Project.id == project_id).values(status=status).execution_options(**UNSYNCED)
        )
        if status is not project.status:
            await self._count(project.owner_id, {project.status: -1, status: 1})

    async def mark_deleted(self, project_id: str) -> None:
        """Takes the project out of every list; its rows stay until its media are purged."""
        project = await self.view(project_id)
        await self._session.execute(
            update(Project)
            .where(Project.id == project_id)
            .values(deleted_at=self._clock.now())
            .execution_options(**UNSYNCED)
        )
        await self._session.execute(delete(ProjectWord).where(ProjectWord.project_id == project_id))
        await self._count(project.owner_id, {project.status: -1})

    async def replace_words(self, owner_id: str, project_id: str, name: str, story_prompt: str) -> None:
        """Makes the project findable by its present words only."""
        await self._session.execute(delete(ProjectWord).where(ProjectWord.project_id == project_id))
        rows = [{"owner_id": owner_id, "word": w, "project_id": project_id} for w in project_words(name, story_prompt)]
        if rows:
            await self._session.execute(insert(ProjectWord), rows)

    async def used_elsewhere(self, asset_ids: Collection[str], project_id: str) -> frozenset[str]:
        """Which of these assets another living project shows too."""
        living = select(Project.id).where(Project.deleted_at.is_(None), Project.id != project_id)
        queries = [
            select(column).where(column.in_(asset_ids), Project.deleted_at.is_(None), Project.id != project_id)
            for column in (Project.audio_sample_asset_id, Project.film_asset_id)
        ] + [
            select(column).where(column.in_(asset_ids), column.class_.project_id.in_(living))
            for column in (Segment.clip_asset_id, Segment.narration_asset_id, KeyFrame.asset_id)
        ]
        used: set[str] = set()
        for query in queries:
            used.update(asset_id for asset_id in await self._session.scalars(query) if asset_id)
        return frozenset(used)

    async def _first_frames(self, project_ids: Sequence[str]) -> dict[str, str | None]:
        found = await self._session.execute(
            select(KeyFrame.project_id, KeyFrame.asset_id).where(
                KeyFrame.project_id.in_(project_ids), KeyFrame.position == 0
            )
        )
        return {row.project_id: row.asset_id for row in found}

    async def _count(self, owner_id: str, changes: Mapping[ProjectStatus, int]) -> None:
        """Keeps the owner's totals; one row per owner, so that two transactions cannot lock it crosswise."""
        now = self._clock.now()
        fresh = {"id": owner_id, "created_at": now, "updated_at": now}
        is_postgres = self._session.get_bind().dialect.name == "postgresql"
        add = postgresql.insert(ProjectCount) if is_postgres else sqlite.insert(ProjectCount)
        await self._session.execute(add.values(**fresh).on_conflict_do_nothing())
        columns = {status.value: getattr(ProjectCount, status.value) + change for status, change in changes.items()}
        await self._session.execute(
            update(ProjectCount)
            .where(ProjectCount.id == owner_id)
            .values(updated_at=now, **columns)
            .execution_options(**UNSYNCED)
        )


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


class DeletedRepository(Repository[Project]):
    """Projects that nobody sees any more."""

    table = Project

    async def deleted(self, after: str, limit: int, *, before: datetime) -> Sequence[DeletedProject]:
        """Projects that were deleted before then and not erased yet, in the order of their ids, behind one of them."""
        query = select(Project).where(Project.deleted_at <= before, Project.id > after).order_by(Project.id)
        rows = await self.all(query.limit(limit))
        ids = [row.id for row in rows]
        segments: dict[str, list[str]] = {project_id: [] for project_id in ids}
        found = await self._session.execute(select(Segment.project_id, Segment.id).where(Segment.project_id.in_(ids)))
        for project_id, segment_id in found:
            segments[project_id].append(segment_id)
        return [DeletedProject(id=row.id, owner_id=row.owner_id, segment_ids=tuple(segments[row.id])) for row in rows]

    async def texts(self, project_id: str) -> Sequence[str]:
        """Every text that its owner or a planner wrote into a project."""
        own = (Project.story_prompt, Project.continuity_notes)
        words = (Segment.video_prompt, Segment.narration_text, Segment.end_frame_prompt)
        found = [await self._session.execute(select(*own).where(Project.id == project_id))]
        found += [await self._session.execute(select(*words).where(Segment.project_id == project_id))]
        return [text for rows in found for row in rows for text in row if text]

    async def erase(self, project_id: str) -> None:
        """Takes the rows away; the database takes along what hangs on them."""
        await self._session.execute(delete(Project).where(Project.id == project_id, Project.deleted_at.is_not(None)))


IDLE = {SegmentStatus.GENERATING: SegmentStatus.APPROVED}
WAITING_FOR_INPUT = frozenset({ProjectStatus.CREATED, ProjectStatus.MEDIA_UPLOADED})


@dataclass(frozen=True)
class Aggregate:
    """The three tables that change together; each change begins with `projects.touch`."""

    projects: ProjectRepository
    segments: SegmentRepository
    frames: FrameRepository

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The tables as one transaction sees them."""
        clock = resources.clock
        return cls(
            projects=ProjectRepository(session, clock, resources.notifier),
            segments=SegmentRepository(session, clock),
            frames=FrameRepository(session, clock),
        )

    async def board(self, project_id: str) -> Storyboard:
        """The whole aggregate as it stands now."""
        return Storyboard(
            project=await self.projects.view(project_id),
            segments=await self.segments.of_project(project_id),
            frames=await self.frames.of_project(project_id),
        )

    async def idle_board(self, project_id: str) -> Storyboard:
        """The aggregate, held for a change of its layout; refused while its work runs."""
        await self.projects.touch(project_id)
        board = await self.board(project_id)
        if board.project.status in BUSY or is_busy(board.segments):
            raise ProjectBusy
        return board

    async def copy(self, project: ProjectView, name: str) -> ProjectView:
        """Stores a copy of the aggregate: words, frames and accepted takes, but no film and no running work."""
        copied = replace(project, settings=replace(project.settings, name=name), film=None)
        idle = [replace(s, status=IDLE.get(s.status, s.status)) for s in project.segments]
        status = resting_status(replace(copied, segments=tuple(idle)))
        row = await self.projects.insert_copy(project.id, name, status)
        await self.segments.copy_all(project.id, row.id)
        await self.frames.copy_all(project.id, row.id)
        return await self.projects.view(row.id)

    async def settle(self, project_id: str) -> ProjectView:
        """Moves a project that waits for input on, once it holds what the next state stands for."""
        project = await self.projects.view(project_id)
        rest = resting_status(project)
        if project.status not in WAITING_FOR_INPUT or rest is project.status:
            return project
        await self.projects.move(project_id, to=rest)
        return await self.projects.view(project_id)
