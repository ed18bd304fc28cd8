"""The audit log, quotas of single users, and from which backup a job was restored."""

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the log and adds the columns; nobody has a quota of their own yet."""
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    for name in ("actor", "action", "subject"):
        op.create_index(f"ix_audit_entries_{name}_id", "audit_entries", [name, "id"])
    op.add_column("storage_use", sa.Column("most_bytes", sa.BigInteger(), nullable=True))
    op.add_column("storage_use", sa.Column("most_files", sa.Integer(), nullable=True))
    op.add_column("jobs", sa.Column("restored_from", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Drops them."""
    op.drop_column("jobs", "restored_from")
    op.drop_column("storage_use", "most_files")
    op.drop_column("storage_use", "most_bytes")
    op.drop_table("audit_entries")
