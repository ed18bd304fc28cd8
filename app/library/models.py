"""Tables of stored files, and of how much each user keeps."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, UtcDateTime, string_enum
from app.library.domain import AssetKind, AssetState

PENDING_SQL = "state = 'pending'"


class Asset(Keyed, Base):
    """One stored file; its key in the store is ours, its name is only shown."""

    __tablename__ = "assets"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[AssetKind] = mapped_column(string_enum(AssetKind))
    state: Mapped[AssetState] = mapped_column(string_enum(AssetState))
    store_key: Mapped[str] = mapped_column(String(160), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        Index("ix_assets_owner_id_created_at_id", "owner_id", "created_at", "id"),
        Index("ix_assets_owner_id_kind_created_at_id", "owner_id", "kind", "created_at", "id"),
        Index("ix_assets_pending", "expires_at", sqlite_where=text(PENDING_SQL), postgresql_where=text(PENDING_SQL)),
    )


class StorageUse(Base):
    """What one user keeps; guarded updates hold the quota under any number of uploads."""

    __tablename__ = "storage_use"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    files: Mapped[int]
    # A quota of this user's own, in the place of what the settings allow everybody.
    most_bytes: Mapped[int | None] = mapped_column(BigInteger)
    most_files: Mapped[int | None]
