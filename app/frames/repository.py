"""Table and SQL of candidates: by frame, by job, and the newest of every frame of a project."""

from collections.abc import Collection, Sequence

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.repository import Repository
from app.core.tables import Base, Keyed, string_enum
from app.frames.domain import CandidateView
from app.projects.domain import FrameOrigin


class FrameCandidate(Keyed, Base):
    """One picture made for a key frame, accepted or not; the frame keeps its candidates when it moves."""

    __tablename__ = "frame_candidates"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    frame_id: Mapped[str] = mapped_column(ForeignKey("key_frames.id", ondelete="CASCADE"))
    job_id: Mapped[str | None] = mapped_column(String(36))
    origin: Mapped[FrameOrigin] = mapped_column(string_enum(FrameOrigin))
    asset_id: Mapped[str] = mapped_column(String(36), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    reference_asset_id: Mapped[str | None] = mapped_column(String(36))
    prompt: Mapped[str] = mapped_column(Text)
    provider: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(120))
    cost_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("job_id", "frame_id"),
        Index("ix_frame_candidates_frame_id_created_at_id", "frame_id", "created_at", "id"),
        Index("ix_frame_candidates_project_id", "project_id"),
    )


MOST_SHOWN = 20


class CandidateRepository(Repository[FrameCandidate]):
    """Candidates of key frames."""

    table = FrameCandidate

    async def insert(self, row: FrameCandidate) -> CandidateView:
        """Stores a new candidate."""
        return candidate_view(await self.add(row))

    async def of_frame(self, frame_id: str, candidate_id: str) -> CandidateView | None:
        """A candidate, if it was made for this frame."""
        query = select(FrameCandidate).where(FrameCandidate.id == candidate_id, FrameCandidate.frame_id == frame_id)
        row = await self.one(query)
        return None if row is None else candidate_view(row)

    async def of_job(self, job_id: str, frame_id: str) -> CandidateView | None:
        """What a run that crashed has stored already."""
        query = select(FrameCandidate).where(FrameCandidate.job_id == job_id, FrameCandidate.frame_id == frame_id)
        row = await self.one(query)
        return None if row is None else candidate_view(row)

    async def drawn(self, project_id: str, asset_ids: Collection[str]) -> dict[str, CandidateView]:
        """The candidates of a project that these pictures belong to, by picture."""
        query = select(FrameCandidate).where(
            FrameCandidate.project_id == project_id, FrameCandidate.asset_id.in_(asset_ids)
        )
        return {row.asset_id: candidate_view(row) for row in await self.all(query)}

    async def media(self, project_id: str) -> Sequence[str]:
        """The pictures of every candidate of a project."""
        return (
            await self._session.scalars(
                select(FrameCandidate.asset_id).where(FrameCandidate.project_id == project_id).distinct()
            )
        ).all()

    async def drop(self, project_id: str) -> None:
        """Forgets the candidates of a project."""
        await self._session.execute(delete(FrameCandidate).where(FrameCandidate.project_id == project_id))

    async def tries(self, frame_id: str, digest: str, job_id: str) -> int:
        """How many pictures other jobs have drawn for this frame from the same words and the same reference."""
        return await self.count(
            select(FrameCandidate).where(
                FrameCandidate.frame_id == frame_id, FrameCandidate.digest == digest, FrameCandidate.job_id != job_id
            )
        )

    async def newest(self, project_id: str, limit: int = MOST_SHOWN) -> dict[str, list[CandidateView]]:
        """The newest candidates of every frame of a project, newest first."""
        order = (FrameCandidate.created_at.desc(), FrameCandidate.id.desc())
        rank = func.row_number().over(partition_by=FrameCandidate.frame_id, order_by=order).label("rank")
        ranked = select(FrameCandidate.id, rank).where(FrameCandidate.project_id == project_id).subquery()
        shown = select(ranked.c.id).where(ranked.c.rank <= limit)
        found: dict[str, list[CandidateView]] = {}
        for row in await self.all(select(FrameCandidate).where(FrameCandidate.id.in_(shown)).order_by(*order)):
            found.setdefault(row.frame_id, []).append(candidate_view(row))
        return found


def candidate_view(row: FrameCandidate) -> CandidateView:
    """The row as other slices may hold it."""
    return CandidateView(
        id=row.id,
        frame_id=row.frame_id,
        job_id=row.job_id,
        origin=row.origin,
        asset_id=row.asset_id,
        digest=row.digest,
        reference_asset_id=row.reference_asset_id,
        prompt=row.prompt,
        provider=row.provider,
        model=row.model,
        cost_micro_usd=row.cost_micro_usd,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
