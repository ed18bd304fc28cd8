"""Table and SQL of single pictures and pieces of music."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Select, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.repository import Repository
from app.core.tables import Base, Keyed, string_enum
from app.pieces.domain import PieceFilter, PieceKind


class Piece(Keyed, Base):
    """What was wished for, the job that makes it, and the file once it is there."""

    __tablename__ = "pieces"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[PieceKind] = mapped_column(string_enum(PieceKind))
    prompt: Mapped[str] = mapped_column(Text)
    style: Mapped[str] = mapped_column(String(64))
    quality: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    notes: Mapped[list[Any]] = mapped_column(JSON)
    source_id: Mapped[str | None] = mapped_column(String(36))
    job_id: Mapped[str | None] = mapped_column(String(36))
    asset_id: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (Index("ix_pieces_owner_id_kind_created_at_id", "owner_id", "kind", "created_at", "id"),)


class PieceRepository(Repository[Piece]):
    """Pieces of an owner, the newest first."""

    table = Piece

    async def owned(self, piece_id: str, owner_id: str) -> Piece | None:
        """The piece, if it is this owner's."""
        return await self.one(select(Piece).where(Piece.id == piece_id, Piece.owner_id == owner_id))

    async def newest(self, owner_id: str, wanted: PieceFilter, skip: int, limit: int) -> Sequence[Piece]:
        """So many pieces after so many others."""
        query = _wanted(owner_id, wanted).order_by(Piece.created_at.desc(), Piece.id.desc())
        return await self.all(query.offset(skip).limit(limit))

    async def put(self, piece_id: str, **facts: object) -> bool:
        """Writes facts of a piece; False when it is gone."""
        change = (
            update(Piece)
            .where(Piece.id == piece_id)
            .values(updated_at=self._clock.now(), **facts)
            .returning(Piece.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def forget(self, piece_id: str) -> None:
        """Removes the row."""
        await self._session.execute(delete(Piece).where(Piece.id == piece_id))


def _wanted(owner_id: str, wanted: PieceFilter) -> Select[Piece]:
    query = select(Piece).where(Piece.owner_id == owner_id, Piece.kind == wanted.kind)
    if wanted.style is not None:
        query = query.where(Piece.style == wanted.style)
    if wanted.quality is not None:
        query = query.where(Piece.quality == wanted.quality)
    if wanted.mood is not None:
        query = query.where(Piece.options["mood"].as_string() == wanted.mood)
    return query
