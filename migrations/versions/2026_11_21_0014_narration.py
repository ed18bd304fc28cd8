"""Voices, consents and narration takes."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _key() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade() -> None:
    """Creates the three tables."""
    op.create_table(
        "consents",
        *_key(),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sample_asset_id", sa.String(length=36), nullable=False),
        sa.Column("sample_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_consents_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_owner_id"), "consents", ["owner_id"], unique=False)
    op.create_table(
        "voices",
        *_key(),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("voice_id", sa.String(length=256), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("sample_asset_id", sa.String(length=36), nullable=True),
        sa.Column("sample_is_own", sa.Boolean(), nullable=False),
        sa.Column("preview_asset_id", sa.String(length=36), nullable=True),
        sa.Column("consent_id", sa.String(length=36), nullable=True),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spoken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_voices_owner_id_users")),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_voices_consent_id_consents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voices")),
        sa.UniqueConstraint("job_id", name=op.f("uq_voices_job_id")),
    )
    op.create_index(op.f("ix_voices_voice_id"), "voices", ["voice_id"], unique=False)
    op.create_index("ix_voices_owner_id_created_at_id", "voices", ["owner_id", "created_at", "id"], unique=False)
    op.create_table(
        "narrations",
        *_key(),
        sa.Column("segment_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("asset_id", sa.String(length=36), nullable=False),
        sa.Column("voice_id", sa.String(length=256), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("spoken_seconds", sa.Float(), nullable=False),
        sa.Column("duration_seconds", sa.Float(), nullable=False),
        sa.Column("tempo", sa.Float(), nullable=False),
        sa.Column("words_to_cut", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_narrations_segment_id_segments"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_narrations")),
        sa.UniqueConstraint("job_id", name=op.f("uq_narrations_job_id")),
        sa.UniqueConstraint("segment_id", "number", name=op.f("uq_narrations_segment_id_number")),
    )
    op.create_index(op.f("ix_narrations_asset_id"), "narrations", ["asset_id"], unique=False)
    op.create_index(op.f("ix_narrations_attempt_id"), "narrations", ["attempt_id"], unique=False)


def downgrade() -> None:
    """Drops them again."""
    op.drop_table("narrations")
    op.drop_table("voices")
    op.drop_table("consents")
