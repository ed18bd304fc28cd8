"""Project rows: views, the touch that begins every change, guarded moves, counts and words."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import Clock
from app.core.errors import Outdated
from app.core.notifier import Notifier
from app.core.repository import Repository
from app.jobs.queue import project_topic
from app.projects.errors import IllegalProjectMove, ProjectNotFound
from app.projects.models import KeyFrame, Project, ProjectCount, ProjectWord, Segment
from app.projects.options import ProjectSettings
from app.projects.repository.views import copied_row, project_view, stored_settings
from app.projects.states import ProjectStatus, project_sources, project_targets
from app.projects.values import ProjectView, SegmentSummary
from app.projects.words import project_words, sort_name

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
