"""Shows of pictures under a voice."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates both tables and their indexes."""
    op.create_table(
        "shows",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sort_title", sa.String(length=255), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("script_text", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("made", sa.JSON(), nullable=False),
        sa.Column("draft_key", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_shows_owner_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shows")),
        sa.UniqueConstraint("owner_id", "draft_key", name=op.f("uq_shows_owner_id_draft_key")),
    )
    op.create_index(op.f("ix_shows_expires_at"), "shows", ["expires_at"], unique=False)
    op.create_index(
        "ix_shows_owner_id_door_updated_at_id", "shows", ["owner_id", "door", "updated_at", "id"], unique=False
    )
    op.create_table(
        "show_files",
        sa.Column("show_id", sa.String(length=36), nullable=False),
        sa.Column("asset_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["show_id"], ["shows.id"], name=op.f("fk_show_files_show_id_shows"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("show_id", "asset_id", name=op.f("pk_show_files")),
    )
    op.create_index(op.f("ix_show_files_asset_id"), "show_files", ["asset_id"], unique=False)


def downgrade() -> None:
    """Drops them again."""
    op.drop_table("show_files")
    op.drop_table("shows")
