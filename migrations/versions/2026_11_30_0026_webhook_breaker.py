"""The circuit breaker of a webhook: how often in a row nobody answered, and until when nothing is sent."""

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns."""
    op.add_column("webhook_endpoints", sa.Column("unanswered", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("webhook_endpoints", sa.Column("paused_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("webhook_endpoints", "paused_until")
    op.drop_column("webhook_endpoints", "unanswered")
