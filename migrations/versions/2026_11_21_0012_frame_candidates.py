"""Pictures that were made for key frames."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table and its indexes."""
    op.create_table(
        "frame_candidates",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("frame_id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("asset_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reference_asset_id", sa.String(length=36), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=True),
        sa.Column("model", sa.String(length=120), nullable=True),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_id"], ["key_frames.id"], name=op.f("fk_frame_candidates_frame_id_key_frames"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_frame_candidates_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame_candidates")),
        sa.UniqueConstraint("job_id", "frame_id", name=op.f("uq_frame_candidates_job_id_frame_id")),
    )
    op.create_index(op.f("ix_frame_candidates_asset_id"), "frame_candidates", ["asset_id"], unique=False)
    op.create_index(
        "ix_frame_candidates_frame_id_created_at_id", "frame_candidates", ["frame_id", "created_at", "id"], unique=False
    )
    op.create_index("ix_frame_candidates_project_id", "frame_candidates", ["project_id"], unique=False)


def downgrade() -> None:
    """Drops it again."""
    op.drop_table("frame_candidates")
