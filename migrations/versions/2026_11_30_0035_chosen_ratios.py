"""Whether the shape of a film was chosen, or follows its first picture."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the mark in place; films that exist keep their shape as if it had been chosen."""
    op.add_column("projects", sa.Column("ratio_is_chosen", sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Takes the mark away."""
    op.drop_column("projects", "ratio_is_chosen")
