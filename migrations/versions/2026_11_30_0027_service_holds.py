"""Which part of a hold counts against what the service itself may spend."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; what is held already was held against the service's day."""
    for name in ("service_held_micro_usd", "service_drawn_micro_usd"):
        op.add_column("holds", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE holds SET service_held_micro_usd = held_micro_usd, service_drawn_micro_usd = drawn_micro_usd")


def downgrade() -> None:
    """Drops them."""
    for name in ("service_held_micro_usd", "service_drawn_micro_usd"):
        op.drop_column("holds", name)
