"""Users' own keys of vendors, settings and mailed codes; secrets of webhooks are known by a hint."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

HINT_HEAD, HINT_TAIL = 10, 4


def upgrade() -> None:
    """Creates the tables; secrets that stand openly are sealed by the job secrets.reseal, which knows SECRET_KEY."""
    op.add_column("users", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "provider_keys",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("hint", sa.String(length=16), nullable=False),
        *_keyed(),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_provider_keys_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_keys")),
        sa.UniqueConstraint("owner_id", "provider", name=op.f("uq_provider_keys_owner_id_provider")),
    )
    op.create_table(
        "user_settings",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        *_keyed(),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_user_settings_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_settings")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_user_settings_owner_id_name")),
    )
    op.create_table(
        "mail_tokens",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        *_keyed(),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_mail_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_tokens_token_hash")),
    )
    op.create_index("ix_mail_tokens_user_id", "mail_tokens", ["user_id", "purpose", "created_at"], unique=False)
    op.create_index("ix_mail_tokens_expires_at", "mail_tokens", ["expires_at"], unique=False)
    _hint_at_secrets()


def downgrade() -> None:
    """Drops them in reverse; an earlier version cannot open sealed secrets, so their webhooks are switched off."""
    op.execute(
        sa.text(
            "UPDATE webhook_endpoints SET enabled = :off, disabled_reason = 'sealed' WHERE secret LIKE 's1.%'"
        ).bindparams(off=False)
    )
    op.drop_column("webhook_endpoints", "secret_hint")
    op.drop_index("ix_mail_tokens_expires_at", table_name="mail_tokens")
    op.drop_index("ix_mail_tokens_user_id", table_name="mail_tokens")
    op.drop_table("mail_tokens")
    op.drop_table("user_settings")
    op.drop_table("provider_keys")
    op.drop_column("users", "email_verified_at")


def _keyed() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def _hint_at_secrets() -> None:
    hint = sa.Column("secret_hint", sa.String(length=32), nullable=False, server_default="")
    op.add_column("webhook_endpoints", hint)
    rows = op.get_bind().execute(sa.text("SELECT id, secret FROM webhook_endpoints")).all()
    for row_id, secret in rows:
        shown = f"{secret[:HINT_HEAD]}…{secret[-HINT_TAIL:]}"
        op.execute(
            sa.text("UPDATE webhook_endpoints SET secret_hint = :hint WHERE id = :id").bindparams(hint=shown, id=row_id)
        )
