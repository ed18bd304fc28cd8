"""Users, credentials, sessions, API keys and buckets of failed sign-ins."""

import sqlalchemy as sa
from alembic import op

from app.core.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UNPURGED = sa.text("closed_at IS NOT NULL AND purged_at IS NULL")


def upgrade() -> None:
    """Creates the tables of people."""
    _create_users()
    _create_credentials()
    _create_families()
    _create_keys()
    _create_buckets()


def downgrade() -> None:
    """Drops them in reverse."""
    for table in ("login_buckets", "api_keys", "refresh_families", "credentials", "users"):
        op.drop_table(table)


def _keyed() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )


def _create_users() -> None:
    op.create_table(
        "users",
        *_keyed(),
        sa.Column("email", sa.String(254)),
        sa.Column("username", sa.String(64)),
        sa.Column("name", sa.String(200)),
        sa.Column("login_email", sa.String(254)),
        sa.Column("login_username", sa.String(128)),
        sa.Column("subject", sa.String(160)),
        sa.Column("entra_id", sa.String(64)),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("theme_pref", sa.String(32)),
        sa.Column("avatar_key", sa.String(120)),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("purged_at", UtcDateTime()),
        sa.UniqueConstraint("login_email", name="uq_users_login_email"),
        sa.UniqueConstraint("login_username", name="uq_users_login_username"),
        sa.UniqueConstraint("subject", name="uq_users_subject"),
    )
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"])
    op.create_index("ix_users_unpurged", "users", ["closed_at"], sqlite_where=UNPURGED, postgresql_where=UNPURGED)


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        *_keyed(),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.UniqueConstraint("user_id", name="uq_credentials_user_id"),
    )


def _create_families() -> None:
    op.create_table(
        "refresh_families",
        *_keyed(),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("family_hash", sa.String(64), nullable=False),
        sa.Column("current_hash", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64)),
        sa.Column("client_hash", sa.String(64)),
        sa.Column("rotated_at", UtcDateTime()),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
        sa.UniqueConstraint("family_hash", name="uq_refresh_families_family_hash"),
    )
    op.create_index("ix_refresh_families_user_id", "refresh_families", ["user_id"])
    op.create_index("ix_refresh_families_expires_at", "refresh_families", ["expires_at"])


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        *_keyed(),
        sa.Column("owner_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_index("ix_api_keys_owner_id_created_at_id", "api_keys", ["owner_id", "created_at", "id"])


def _create_buckets() -> None:
    op.create_table(
        "login_buckets",
        *_keyed(),
        sa.Column("bucket", sa.String(100), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("window_started_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("bucket", name="uq_login_buckets_bucket"),
    )
    op.create_index("ix_login_buckets_window_started_at", "login_buckets", ["window_started_at"])
