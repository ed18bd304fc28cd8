"""Table and SQL of takes: by segment and by job."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, String, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.core.tables import Base, Keyed
from app.generation.domain import TakeLook, TakeView


class Take(Keyed, Base):
    """One clip that was made for a segment; a take is never changed, only chosen."""

    __tablename__ = "takes"

    segment_id: Mapped[str] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"))
    job_id: Mapped[str] = mapped_column(String(36), unique=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    asset_id: Mapped[str] = mapped_column(String(36), index=True)
    last_picture_asset_id: Mapped[str] = mapped_column(String(36), index=True)
    first_frame_asset_id: Mapped[str] = mapped_column(String(36))
    last_frame_asset_id: Mapped[str | None] = mapped_column(String(36))
    hands_on: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(64))
    prompt: Mapped[str] = mapped_column(Text)
    resolution: Mapped[str] = mapped_column(String(16))
    look: Mapped[dict[str, Any]] = mapped_column(JSON)
    duration_seconds: Mapped[float] = mapped_column(Float)
    width_px: Mapped[int]
    height_px: Mapped[int]
    provider: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(120))
    cost_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("segment_id", "number"),)


VIDEO = "video"


class TakeRepository(Repository[Take]):
    """Takes of segments; numbers are drawn while the project is held."""

    table = Take

    async def insert(self, segment_id: str, job_id: str, **facts: Any) -> TakeView:
        """Stores the next take of a segment."""
        last = await self._session.scalar(select(func.max(Take.number)).where(Take.segment_id == segment_id))
        row = Take(segment_id=segment_id, job_id=job_id, number=(last or 0) + 1, kind=VIDEO, **facts)
        return take_view(await self.add(row))

    async def of_job(self, job_id: str) -> TakeView | None:
        """What a run that crashed has stored already."""
        row = await self.one(select(Take).where(Take.job_id == job_id))
        return None if row is None else take_view(row)

    async def of_segment(self, segment_id: str, take_id: str) -> TakeView | None:
        """A take, if it was made for this segment."""
        row = await self.one(select(Take).where(Take.id == take_id, Take.segment_id == segment_id))
        return None if row is None else take_view(row)

    async def media(self, segment_ids: Collection[str]) -> frozenset[str]:
        """The clips and last pictures of every take of these segments."""
        query = select(Take.asset_id, Take.last_picture_asset_id).where(Take.segment_id.in_(segment_ids))
        return frozenset(asset_id for pair in await self._session.execute(query) for asset_id in pair)

    async def drop(self, segment_ids: Collection[str]) -> None:
        """Forgets the takes of these segments."""
        await self._session.execute(delete(Take).where(Take.segment_id.in_(segment_ids)))

    async def listed(self, segment_id: str, window: Window) -> tuple[Page[TakeView], int]:
        """One page of a segment's takes, the newest first, and how many there are."""
        query = select(Take).where(Take.segment_id == segment_id)
        page = await self.page(query, window, Take.created_at)
        return Page(tuple(map(take_view, page.items)), page.next), await self.count(query)


def take_view(row: Take) -> TakeView:
    """The row as other slices may hold it."""
    return TakeView(
        id=row.id,
        segment_id=row.segment_id,
        job_id=row.job_id,
        number=row.number,
        asset_id=row.asset_id,
        last_picture_asset_id=row.last_picture_asset_id,
        first_frame_asset_id=row.first_frame_asset_id,
        last_frame_asset_id=row.last_frame_asset_id,
        hands_on=row.hands_on,
        digest=row.digest,
        prompt=row.prompt,
        resolution=row.resolution,
        look=TakeLook(**row.look),
        duration_seconds=row.duration_seconds,
        width_px=row.width_px,
        height_px=row.height_px,
        provider=row.provider,
        model=row.model,
        cost_micro_usd=row.cost_micro_usd,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
