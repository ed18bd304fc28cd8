"""Tables of the aggregate: project, segments and key frames; how many there are and the words that find them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, UtcDateTime, Versioned, string_enum
from app.projects.domain import FrameOrigin, ProjectStatus, SegmentStatus
from app.projects.options import AspectRatio, Language, Resolution, Visuals
from app.projects.texts import MAX_WORD_CHARACTERS

LIVING = text("deleted_at IS NULL")
DELETED = text("deleted_at IS NOT NULL")
JSON_OR_NULL = JSON(none_as_null=True)
# Prefix ranges compare code points, which only the C collation of Postgres promises; SQLite always does.
WORD_TEXT = String(MAX_WORD_CHARACTERS).with_variant(String(MAX_WORD_CHARACTERS, collation="C"), "postgresql")
SORT_TEXT = String(255).with_variant(String(255, collation="C"), "postgresql")


def _list_index(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=LIVING, postgresql_where=LIVING)


class Project(Versioned, Base):
    """A story on its way to a film; every change of the aggregate begins by touching this row."""

    __tablename__ = "projects"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    name: Mapped[str] = mapped_column(String(255))
    # The name without case and accents, in code point order: both databases sort it alike.
    sort_name: Mapped[str] = mapped_column(SORT_TEXT)
    story_prompt: Mapped[str] = mapped_column(Text)
    target_duration_sec: Mapped[int]
    segment_len_sec: Mapped[int]
    language: Mapped[Language] = mapped_column(string_enum(Language))
    style: Mapped[str | None] = mapped_column(String(500))
    aspect_ratio: Mapped[AspectRatio] = mapped_column(string_enum(AspectRatio))
    ratio_is_chosen: Mapped[bool] = mapped_column(default=True)
    resolution: Mapped[Resolution] = mapped_column(string_enum(Resolution))
    visuals: Mapped[Visuals] = mapped_column(string_enum(Visuals))
    providers: Mapped[dict[str, Any]]
    narration: Mapped[dict[str, Any]]
    music: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)
    captions: Mapped[dict[str, Any]]
    transitions: Mapped[dict[str, Any]]
    clip_sound: Mapped[dict[str, Any]]
    budget_micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[ProjectStatus] = mapped_column(string_enum(ProjectStatus))
    plan_title: Mapped[str] = mapped_column(String(255), default="")
    continuity_notes: Mapped[str] = mapped_column(Text, default="")
    voice_id: Mapped[str | None] = mapped_column(String(256))
    audio_sample_asset_id: Mapped[str | None] = mapped_column(String(36), index=True)
    film_asset_id: Mapped[str | None] = mapped_column(String(36), index=True)
    film_digest: Mapped[str | None] = mapped_column(String(64))
    film_variants: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)

    __table_args__ = (
        _list_index("ix_projects_by_creation", "owner_id", "created_at", "id"),
        _list_index("ix_projects_by_change", "owner_id", "updated_at", "id"),
        _list_index("ix_projects_by_name", "owner_id", "sort_name", "id"),
        _list_index("ix_projects_by_status_creation", "owner_id", "status", "created_at", "id"),
        _list_index("ix_projects_by_status_change", "owner_id", "status", "updated_at", "id"),
        _list_index("ix_projects_by_status_name", "owner_id", "status", "sort_name", "id"),
        Index("ix_projects_deleted_at", "deleted_at", sqlite_where=DELETED, postgresql_where=DELETED),
    )


class Segment(Versioned, Base):
    """A numbered part of a film; its clip and narration are the accepted takes."""

    __tablename__ = "segments"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    position: Mapped[int]
    duration_sec: Mapped[int]
    video_prompt: Mapped[str] = mapped_column(Text, default="")
    narration_text: Mapped[str] = mapped_column(Text, default="")
    end_frame_prompt: Mapped[str] = mapped_column(Text, default="")
    camera_commands: Mapped[list[Any]] = mapped_column(default=list)
    status: Mapped[SegmentStatus] = mapped_column(string_enum(SegmentStatus))
    needs_attention: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON_OR_NULL)
    reject_reason: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[str | None] = mapped_column(String(36))
    clip_asset_id: Mapped[str | None] = mapped_column(String(36), index=True)
    clip_take_id: Mapped[str | None] = mapped_column(String(36))
    clip_duration_seconds: Mapped[float | None] = mapped_column(Float)
    clip_digest: Mapped[str | None] = mapped_column(String(64))
    clip_last_frame_asset_id: Mapped[str | None] = mapped_column(String(36))
    narration_asset_id: Mapped[str | None] = mapped_column(String(36), index=True)
    narration_take_id: Mapped[str | None] = mapped_column(String(36))
    narration_duration_seconds: Mapped[float | None] = mapped_column(Float)
    narration_digest: Mapped[str | None] = mapped_column(String(64))
    narration_words: Mapped[list[Any] | None] = mapped_column(JSON_OR_NULL)

    __table_args__ = (UniqueConstraint("project_id", "position"),)


class KeyFrame(Versioned, Base):
    """The still at one boundary of segments, shared by both; without an asset it is still to be made."""

    __tablename__ = "key_frames"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    position: Mapped[int]
    asset_id: Mapped[str | None] = mapped_column(String(36), index=True)
    origin: Mapped[FrameOrigin | None] = mapped_column(string_enum(FrameOrigin))
    digest: Mapped[str | None] = mapped_column(String(64))
    approved: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("project_id", "position"),)


class ProjectCount(Keyed, Base):
    """How many living projects an owner (the row's id) has in each status; kept so that a total costs one read."""

    __tablename__ = "project_counts"

    id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    created: Mapped[int] = mapped_column(default=0)
    media_uploaded: Mapped[int] = mapped_column(default=0)
    voice_cloning: Mapped[int] = mapped_column(default=0)
    plan_generating: Mapped[int] = mapped_column(default=0)
    plan_ready: Mapped[int] = mapped_column(default=0)
    generating: Mapped[int] = mapped_column(default=0)
    finalizing: Mapped[int] = mapped_column(default=0)
    completed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)


class ProjectWord(Base):
    """One word by which an owner finds a living project."""

    __tablename__ = "project_words"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    word: Mapped[str] = mapped_column(WORD_TEXT, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_project_words_project_id_word", "project_id", "word"), {"sqlite_with_rowid": False})
