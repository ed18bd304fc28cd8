"""Projects, segments, key frames, how many there are and the words that find them."""

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LIVING = sa.text("deleted_at IS NULL")
DELETED = sa.text("deleted_at IS NOT NULL")
STATUSES = (
    "created",
    "media_uploaded",
    "voice_cloning",
    "plan_generating",
    "plan_ready",
    "generating",
    "finalizing",
    "completed",
    "failed",
)
WORD = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
SORT_NAME = sa.String(255).with_variant(sa.String(255, collation="C"), "postgresql")


def upgrade() -> None:
    """Creates the tables of the aggregate."""
    _create_projects()
    _create_segments()
    _create_key_frames()
    _create_counts()
    _create_words()


def downgrade() -> None:
    """Drops them in reverse."""
    for table in ("project_words", "project_counts", "key_frames", "segments", "projects"):
        op.drop_table(table)


def _times() -> tuple[sa.Column, ...]:
    return (
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )


def _versioned() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.String(36), primary_key=True),
        *_times(),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _project() -> sa.Column:
    return sa.Column("project_id", sa.String(36), sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False)


def _create_projects() -> None:
    op.create_table(
        "projects",
        *_versioned(),
        sa.Column("owner_id", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("sort_name", SORT_NAME, nullable=False),
        sa.Column("story_prompt", sa.Text(), nullable=False),
        sa.Column("target_duration_sec", sa.Integer(), nullable=False),
        sa.Column("segment_len_sec", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("style", sa.String(500)),
        sa.Column("aspect_ratio", sa.String(32), nullable=False),
        sa.Column("resolution", sa.String(32), nullable=False),
        sa.Column("visuals", sa.String(32), nullable=False),
        sa.Column("providers", sa.JSON(), nullable=False),
        sa.Column("narration", sa.JSON(), nullable=False),
        sa.Column("music", sa.JSON()),
        sa.Column("captions", sa.JSON(), nullable=False),
        sa.Column("budget_micro_usd", sa.BigInteger()),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("plan_title", sa.String(255), nullable=False),
        sa.Column("continuity_notes", sa.Text(), nullable=False),
        sa.Column("voice_id", sa.String(256)),
        sa.Column("audio_sample_asset_id", sa.String(36)),
        sa.Column("film_asset_id", sa.String(36)),
        sa.Column("film_digest", sa.String(64)),
        sa.Column("film_variants", sa.JSON()),
        sa.Column("failure", sa.JSON()),
    )
    for order, column in (("creation", "created_at"), ("change", "updated_at"), ("name", "sort_name")):
        _list_index(f"ix_projects_by_{order}", "owner_id", column, "id")
        _list_index(f"ix_projects_by_status_{order}", "owner_id", "status", column, "id")
    op.create_index(
        "ix_projects_deleted_at", "projects", ["deleted_at"], sqlite_where=DELETED, postgresql_where=DELETED
    )
    for column in ("audio_sample_asset_id", "film_asset_id"):
        op.create_index(f"ix_projects_{column}", "projects", [column])


def _list_index(name: str, *columns: str) -> None:
    op.create_index(name, "projects", list(columns), sqlite_where=LIVING, postgresql_where=LIVING)


def _create_segments() -> None:
    op.create_table(
        "segments",
        *_versioned(),
        _project(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("duration_sec", sa.Integer(), nullable=False),
        sa.Column("video_prompt", sa.Text(), nullable=False),
        sa.Column("narration_text", sa.Text(), nullable=False),
        sa.Column("end_frame_prompt", sa.Text(), nullable=False),
        sa.Column("camera_commands", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("needs_attention", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.JSON()),
        sa.Column("reject_reason", sa.Text()),
        sa.Column("job_id", sa.String(36)),
        sa.Column("clip_asset_id", sa.String(36)),
        sa.Column("clip_take_id", sa.String(36)),
        sa.Column("clip_duration_seconds", sa.Float()),
        sa.Column("clip_digest", sa.String(64)),
        sa.Column("clip_last_frame_asset_id", sa.String(36)),
        sa.Column("narration_asset_id", sa.String(36)),
        sa.Column("narration_take_id", sa.String(36)),
        sa.Column("narration_duration_seconds", sa.Float()),
        sa.Column("narration_digest", sa.String(64)),
        sa.Column("narration_words", sa.JSON()),
        sa.UniqueConstraint("project_id", "position", name="uq_segments_project_id_position"),
    )
    for column in ("clip_asset_id", "narration_asset_id"):
        op.create_index(f"ix_segments_{column}", "segments", [column])


def _create_key_frames() -> None:
    op.create_table(
        "key_frames",
        *_versioned(),
        _project(),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(36)),
        sa.Column("origin", sa.String(32)),
        sa.Column("digest", sa.String(64)),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("project_id", "position", name="uq_key_frames_project_id_position"),
    )
    op.create_index("ix_key_frames_asset_id", "key_frames", ["asset_id"])


def _create_counts() -> None:
    op.create_table(
        "project_counts",
        sa.Column("id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        *_times(),
        *(sa.Column(status, sa.Integer(), nullable=False) for status in STATUSES),
    )


def _create_words() -> None:
    op.create_table(
        "project_words",
        sa.Column("owner_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("word", WORD, primary_key=True),
        sa.Column("project_id", sa.String(36), sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_project_words_project_id_word", "project_words", ["project_id", "word"])
