"""Cancelled jobs are found by their family; the index of their own is used by nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NAME = "ix_jobs_cancelled"
WHERE = "cancel_requested_at IS NOT NULL AND status NOT IN ('completed', 'failed', 'cancelled')"


def upgrade() -> None:
    """Drops it."""
    op.drop_index(NAME, table_name="jobs")


def downgrade() -> None:
    """Creates it again."""
    op.create_index(NAME, "jobs", ["cancel_requested_at"], sqlite_where=sa.text(WHERE), postgresql_where=sa.text(WHERE))
