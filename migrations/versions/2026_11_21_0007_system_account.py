"""The account that owns the service's own jobs; nobody can sign in as it."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SYSTEM_OWNER = "00000000-0000-7000-8000-000000000000"
MADE_AT = datetime(2026, 11, 21, tzinfo=UTC)
USERS = sa.table(
    "users",
    sa.Column("id", sa.String(36)),
    sa.Column("created_at", UtcDateTime()),
    sa.Column("updated_at", UtcDateTime()),
    sa.Column("name", sa.String),
    sa.Column("subject", sa.String),
    sa.Column("role", sa.String),
    sa.Column("is_active", sa.Boolean),
)


def upgrade() -> None:
    """Adds the account."""
    account = {"name": "System", "subject": "system", "role": "user", "is_active": False}
    op.bulk_insert(USERS, [{"id": SYSTEM_OWNER, "created_at": MADE_AT, "updated_at": MADE_AT, **account}])


def downgrade() -> None:
    """Takes the account and its jobs away."""
    for name in ("job_events", "jobs"):
        owned = sa.table(name, sa.Column("owner_id", sa.String(36)))
        op.execute(sa.delete(owned).where(owned.c.owner_id == SYSTEM_OWNER))
    op.execute(sa.delete(USERS).where(USERS.c.id == SYSTEM_OWNER))
