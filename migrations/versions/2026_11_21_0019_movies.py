"""Movies and their chapters."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates both tables and their indexes."""
    op.create_table(
        "movies",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("style", sa.String(length=32), nullable=False),
        sa.Column("preset", sa.String(length=32), nullable=True),
        sa.Column("quality", sa.String(length=32), nullable=False),
        sa.Column("aspect_ratio", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("narrated", sa.Boolean(), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("film_asset_id", sa.String(length=36), nullable=True),
        sa.Column("film_digest", sa.String(length=64), nullable=True),
        sa.Column("film_variants", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_movies_owner_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movies")),
    )
    op.create_index("ix_movies_owner_id_created_at_id", "movies", ["owner_id", "created_at", "id"], unique=False)
    op.create_index(op.f("ix_movies_film_asset_id"), "movies", ["film_asset_id"], unique=False)
    op.create_table(
        "movie_chapters",
        sa.Column("movie_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("duration_sec", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["movie_id"], ["movies.id"], name=op.f("fk_movie_chapters_movie_id_movies"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movie_chapters")),
        sa.UniqueConstraint("movie_id", "position", name=op.f("uq_movie_chapters_movie_id_position")),
    )
    op.create_index(op.f("ix_movie_chapters_project_id"), "movie_chapters", ["project_id"], unique=False)


def downgrade() -> None:
    """Drops them again."""
    op.drop_table("movie_chapters")
    op.drop_table("movies")
