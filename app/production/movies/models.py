"""Tables of movies and their chapters."""

from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, string_enum
from app.production.domain import VideoQuality
from app.production.movies.domain import MoviePreset, MovieStyle
from app.projects.options import AspectRatio, Language

JSON_OR_NULL = JSON(none_as_null=True)


class Movie(Keyed, Base):
    """Chapters on their way to one film."""

    __tablename__ = "movies"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    style: Mapped[MovieStyle] = mapped_column(string_enum(MovieStyle))
    preset: Mapped[MoviePreset | None] = mapped_column(string_enum(MoviePreset))
    quality: Mapped[VideoQuality] = mapped_column(string_enum(VideoQuality))
    aspect_ratio: Mapped[AspectRatio] = mapped_column(string_enum(AspectRatio))
    language: Mapped[Language] = mapped_column(string_enum(Language))
    narrated: Mapped[bool] = mapped_column(Boolean)
    job_id: Mapped[str | None] = mapped_column(String(36))
    film_asset_id: Mapped[str | None] = mapped_column(String(36), index=True)
    film_digest: Mapped[str | None] = mapped_column(String(64))
    film_variants: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)

    __table_args__ = (Index("ix_movies_owner_id_created_at_id", "owner_id", "created_at", "id"),)


class MovieChapter(Keyed, Base):
    """One chapter; its film is that of its project."""

    __tablename__ = "movie_chapters"

    movie_id: Mapped[str] = mapped_column(ForeignKey("movies.id", ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(String(36), index=True)
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    prompt: Mapped[str] = mapped_column(Text)
    duration_sec: Mapped[int] = mapped_column(Integer)

    __table_args__ = (UniqueConstraint("movie_id", "position"),)
