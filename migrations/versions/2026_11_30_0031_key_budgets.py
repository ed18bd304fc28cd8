"""API keys have a budget and a last use; jobs and their holds remember the key that they were asked for with."""

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; what was there before counts for no key."""
    op.add_column("api_keys", sa.Column("last_used_at", UtcDateTime(), nullable=True))
    op.add_column("api_keys", sa.Column("budget_micro_usd", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("key_id", sa.String(length=36), nullable=True))
    op.add_column("holds", sa.Column("key_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("holds", "key_id")
    op.drop_column("jobs", "key_id")
    op.drop_column("api_keys", "budget_micro_usd")
    op.drop_column("api_keys", "last_used_at")
