"""From which device a session was opened, and when it was last used."""

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; of older sessions neither is known."""
    op.add_column("refresh_families", sa.Column("agent", sa.String(length=300), nullable=True))
    op.add_column("refresh_families", sa.Column("last_seen_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("refresh_families", "last_seen_at")
    op.drop_column("refresh_families", "agent")
