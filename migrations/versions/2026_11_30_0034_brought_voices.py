"""Voices that were made elsewhere and brought here by their owner, who keeps them at the vendor when they go here."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; every voice so far was made here or is everybody's."""
    op.add_column("voices", sa.Column("is_brought", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("voices", "is_brought")
