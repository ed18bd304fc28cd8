"""How segments follow each other, and whether the clips' own sound is heard."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None

CUT = '{"kind": "cut", "duration_ms": 500}'
SILENT = '{"keep": false, "volume": 0.4}'


def upgrade() -> None:
    """Adds both to every project, as films were cut before: hard cuts, clips not heard.

    The columns are added in place: SQLite would delete all segments with a table that is made anew.
    """
    op.add_column("projects", sa.Column("transitions", sa.JSON(), nullable=False, server_default=CUT))
    op.add_column("projects", sa.Column("clip_sound", sa.JSON(), nullable=False, server_default=SILENT))


def downgrade() -> None:
    """Takes both away; films are cut hard again."""
    op.drop_column("projects", "clip_sound")
    op.drop_column("projects", "transitions")
