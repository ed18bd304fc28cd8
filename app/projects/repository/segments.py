"""Segment and key-frame rows: views in order, guarded moves and new orders."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row, Select, delete, select, update
from sqlalchemy.orm import aliased

from app.core.database import Session
from app.core.errors import Outdated
from app.core.repository import Repository
from app.projects.domain import FrameView, SegmentStatus, SegmentView, segment_sources, segment_targets
from app.projects.errors import FrameNotFound, IllegalMove, SegmentNotFound
from app.projects.models import KeyFrame, Project, Segment
from app.projects.repository.views import copied_row, frame_view, segment_view

FRESH = {"populate_existing": True}
UNSYNCED = {"synchronize_session": False}
FirstFrame = aliased(KeyFrame)
LastFrame = aliased(KeyFrame)


def _whole() -> Select[Segment, Project, KeyFrame, KeyFrame]:
    return (
        select(Segment, Project, FirstFrame, LastFrame)
        .join(Project, Project.id == Segment.project_id)
        .join(FirstFrame, (FirstFrame.project_id == Segment.project_id) & (FirstFrame.position == Segment.position))
        .join(LastFrame, (LastFrame.project_id == Segment.project_id) & (LastFrame.position == Segment.position + 1))
        .where(Project.deleted_at.is_(None))
        .execution_options(**FRESH)
    )


def _view(found: Row[Segment, Project, KeyFrame, KeyFrame]) -> SegmentView:
    segment, project, first, last = found
    return segment_view(segment, project, frame_view(first), frame_view(last))


class SegmentRepository(Repository[Segment]):
    """Segments in order; a view always carries the two frames it runs between."""

    table = Segment

    async def view(self, segment_id: str) -> SegmentView:
        """The segment as it stands now."""
        found = await self.find_view(segment_id)
        if found is None:
            raise SegmentNotFound
        return found

    async def find_view(self, segment_id: str) -> SegmentView | None:
        """The segment of a living project, or None."""
        found = (await self._session.execute(_whole().where(Segment.id == segment_id))).one_or_none()
        return None if found is None else _view(found)

    async def of_project(self, project_id: str) -> tuple[SegmentView, ...]:
        """All segments of a project in order."""
        query = _whole().where(Segment.project_id == project_id).order_by(Segment.position)
        return tuple(_view(found) for found in await self._session.execute(query))

    async def move(
        self,
        segment_id: str,
        *,
        to: SegmentStatus,
        only_from: Collection[SegmentStatus] = tuple(SegmentStatus),
        **columns: Any,
    ) -> None:
        """Moves the state only if the row still stands where the move is legal."""
        legal = Segment.status.in_(segment_sources(to) & frozenset(only_from))
        change = (
            update(Segment)
            .where(Segment.id == segment_id, legal)
            .values(status=to, version=Segment.version + 1, updated_at=self._clock.now(), **columns)
            .returning(Segment.id)
            .execution_options(**UNSYNCED)
        )
        if await self._session.scalar(change) is None:
            current = (await self.view(segment_id)).status
            raise IllegalMove.of(current, to, segment_targets(current))

    async def write(self, segment_id: str, *, expected_version: int | None = None, **columns: Any) -> None:
        """Writes what a segment says; refuses when it is not the version that was read."""
        change = (
            update(Segment)
            .where(Segment.id == segment_id)
            .values(version=Segment.version + 1, updated_at=self._clock.now(), **columns)
            .returning(Segment.version)
            .execution_options(**UNSYNCED)
        )
        version = await self._session.scalar(change)
        if version is None:
            raise SegmentNotFound
        if expected_version is not None and version != expected_version + 1:
            raise Outdated

    async def lay_out(self, project_id: str, positions: Collection[int], duration_sec: int) -> None:
        """Puts pending segments at these free positions, each with the key frame that ends it."""
        now = self._clock.now()
        for position in positions:
            times = {"project_id": project_id, "created_at": now, "updated_at": now}
            length = {"duration_sec": duration_sec, "status": SegmentStatus.PENDING}
            self._session.add(Segment(id=self._clock.new_id(), position=position, **times, **length))
            self._session.add(KeyFrame(id=self._clock.new_id(), position=position + 1, **times))
        await self._session.flush()

    async def renew(self, project_id: str, positions: Collection[int] | None = None) -> None:
        """Raises the versions of these segments, or of all: what they show has changed around them."""
        change = update(Segment).where(Segment.project_id == project_id)
        if positions is not None:
            change = change.where(Segment.position.in_(positions))
        await self._session.execute(
            change.values(version=Segment.version + 1, updated_at=self._clock.now()).execution_options(**UNSYNCED)
        )

    async def place(self, project_id: str, positions: Mapping[str, int]) -> None:
        """Gives segments their new positions."""
        await _place(self._session, Segment, project_id, positions)

    async def remove(self, segment_id: str) -> None:
        """Takes a segment away; its media stay in the library."""
        await self._session.execute(delete(Segment).where(Segment.id == segment_id))

    async def copy_all(self, project_id: str, copy_id: str) -> None:
        """Copies a project's segments into its copy; running work and the history of takes stay behind."""
        rows = await self.all(select(Segment).where(Segment.project_id == project_id).execution_options(**FRESH))
        for row in rows:
            alone: dict[str, Any] = {"job_id": None, "clip_take_id": None, "narration_take_id": None}
            if row.status is SegmentStatus.GENERATING:
                alone["status"] = SegmentStatus.APPROVED
            await self.add(copied_row(row, project_id=copy_id, **alone))


class FrameRepository(Repository[KeyFrame]):
    """Key frames 0 to n of a project."""

    table = KeyFrame

    async def at(self, project_id: str, position: int) -> FrameView:
        """The frame at one boundary of the film."""
        query = select(KeyFrame).where(KeyFrame.project_id == project_id, KeyFrame.position == position)
        row = await self.one(query.execution_options(**FRESH))
        if row is None:
            raise FrameNotFound
        return frame_view(row)

    async def view(self, frame_id: str) -> FrameView:
        """The frame as it stands now."""
        return frame_view(await self._row(frame_id))

    async def project_of(self, frame_id: str) -> str:
        """Which project this frame belongs to."""
        return (await self._row(frame_id)).project_id

    async def of_project(self, project_id: str) -> tuple[FrameView, ...]:
        """All frames of a project in order."""
        query = select(KeyFrame).where(KeyFrame.project_id == project_id).order_by(KeyFrame.position)
        return tuple(frame_view(row) for row in await self.all(query.execution_options(**FRESH)))

    async def write(self, frame_id: str, **columns: Any) -> None:
        """Writes what stands in a frame's place."""
        await self._session.execute(
            update(KeyFrame)
            .where(KeyFrame.id == frame_id)
            .values(version=KeyFrame.version + 1, updated_at=self._clock.now(), **columns)
            .execution_options(**UNSYNCED)
        )

    async def place(self, project_id: str, positions: Mapping[str, int]) -> None:
        """Gives frames their new positions."""
        await _place(self._session, KeyFrame, project_id, positions)

    async def copy_all(self, project_id: str, copy_id: str) -> None:
        """Copies a project's frames into its copy."""
        rows = await self.all(select(KeyFrame).where(KeyFrame.project_id == project_id).execution_options(**FRESH))
        for row in rows:
            await self.add(copied_row(row, project_id=copy_id))

    async def remove(self, frame_id: str) -> None:
        """Takes a frame's place away; the picture stays in the library."""
        await self._session.execute(delete(KeyFrame).where(KeyFrame.id == frame_id))

    async def _row(self, frame_id: str) -> KeyFrame:
        row = await self.one(select(KeyFrame).where(KeyFrame.id == frame_id).execution_options(**FRESH))
        if row is None:
            raise FrameNotFound
        return row


async def _place(
    session: Session, table: type[Segment] | type[KeyFrame], project_id: str, positions: Mapping[str, int]
) -> None:
    # Positions are unique within a project at every moment, so the rows step aside before they take their places.
    await session.execute(
        update(table)
        .where(table.project_id == project_id, table.id.in_(positions))
        .values(position=-1 - table.position)
        .execution_options(**UNSYNCED)
    )
    for row_id, position in positions.items():
        await session.execute(
            update(table).where(table.id == row_id).values(position=position).execution_options(**UNSYNCED)
        )
