"""Which video another one was remixed from."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column."""
    op.add_column("videos", sa.Column("remixed_from_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("videos", "remixed_from_id")
