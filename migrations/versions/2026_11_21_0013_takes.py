"""Clips that were made for segments."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table and its indexes."""
    op.create_table(
        "takes",
        sa.Column("segment_id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("asset_id", sa.String(length=36), nullable=False),
        sa.Column("last_picture_asset_id", sa.String(length=36), nullable=False),
        sa.Column("first_frame_asset_id", sa.String(length=36), nullable=False),
        sa.Column("last_frame_asset_id", sa.String(length=36), nullable=True),
        sa.Column("hands_on", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("resolution", sa.String(length=16), nullable=False),
        sa.Column("look", sa.JSON(), nullable=False),
        sa.Column("duration_seconds", sa.Float(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_takes_segment_id_segments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takes")),
        sa.UniqueConstraint("job_id", name=op.f("uq_takes_job_id")),
        sa.UniqueConstraint("segment_id", "number", name=op.f("uq_takes_segment_id_number")),
    )
    op.create_index(op.f("ix_takes_asset_id"), "takes", ["asset_id"], unique=False)
    op.create_index(op.f("ix_takes_last_picture_asset_id"), "takes", ["last_picture_asset_id"], unique=False)


def downgrade() -> None:
    """Drops it again."""
    op.drop_table("takes")
