"""Stored files, and how much each user keeps."""

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Creates the tables and their indexes."""
    op.create_table(
        "assets",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("store_key", sa.String(160), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content_type", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("expires_at", UtcDateTime()),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_assets_owner_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_assets"),
        sa.UniqueConstraint("store_key", name="uq_assets_store_key"),
    )
    op.create_index("ix_assets_owner_id_created_at_id", "assets", ["owner_id", "created_at", "id"])
    op.create_index("ix_assets_owner_id_kind_created_at_id", "assets", ["owner_id", "kind", "created_at", "id"])
    op.create_index("ix_assets_pending", "assets", ["expires_at"], sqlite_where=PENDING, postgresql_where=PENDING)
    op.create_table(
        "storage_use",
        sa.Column("owner_id", sa.String(36), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_storage_use_owner_id_users"),
        sa.PrimaryKeyConstraint("owner_id", name="pk_storage_use"),
    )


def downgrade() -> None:
    """Drops them in reverse."""
    op.drop_table("storage_use")
    op.drop_table("assets")
