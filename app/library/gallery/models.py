"""Tables of the gallery: names that people gave their films, and links that share them."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, UtcDateTime


class FilmName(Keyed, Base):
    """A name that a film has now or had before; earlier ones still lead to it until another film takes them."""

    __tablename__ = "film_names"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    is_current: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (
        Index("uq_film_names_owner_id_name", "owner_id", "name", unique=True),
        Index("ix_film_names_asset_id", "asset_id"),
    )


class FilmShare(Keyed, Base):
    """A link to one film; only the hash of its secret is kept."""

    __tablename__ = "film_shares"

    asset_id: Mapped[str] = mapped_column(ForeignKey("assets.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (Index("ix_film_shares_asset_id", "asset_id"),)
