"""Verdicts of moderation."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table and its index."""
    op.create_table(
        "verdicts",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=False),
        sa.Column("judge", sa.String(length=120), nullable=True),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("excerpt", sa.String(length=500), nullable=False),
        sa.Column("reviewed_by", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
        sa.UniqueConstraint("subject", "content_hash", name=op.f("uq_verdicts_subject_content_hash")),
    )
    op.create_index("ix_verdicts_decision_created_at", "verdicts", ["decision", "created_at"], unique=False)


def downgrade() -> None:
    """Drops it again."""
    op.drop_index("ix_verdicts_decision_created_at", table_name="verdicts")
    op.drop_table("verdicts")
