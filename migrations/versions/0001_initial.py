"""The first schema: every table, slice by slice, and the account of the service itself."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

# The last revision of the migrations that this one replaces: a database that stands there has this schema already.
revision = "0035"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36)
MOMENT = sa.DateTime(timezone=True)
# SQLite numbers rows by itself only where the key is an INTEGER.
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Compared byte by byte on Postgres, as SQLite does, so that both sort alike and an index serves prefixes.
SORT_NAME = sa.String(255).with_variant(sa.String(255, collation="C"), "postgresql")
WORD = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")

ACTIVE_JOB = "status NOT IN ('completed', 'failed', 'cancelled')"
HARD_CUT = '{"kind": "cut", "duration_ms": 500}'
SILENT_CLIPS = '{"keep": false, "volume": 0.4}'
SYSTEM_OWNER = "00000000-0000-7000-8000-000000000000"
SYSTEM_CREATED_AT = datetime(2026, 11, 21, tzinfo=UTC)
TABLES = (
    "users",
    "credentials",
    "refresh_families",
    "api_keys",
    "login_buckets",
    "provider_keys",
    "user_settings",
    "mail_tokens",
    "invitations",
    "second_factors",
    "recovery_codes",
    "audit_entries",
    "assets",
    "storage_use",
    "film_names",
    "film_shares",
    "projects",
    "segments",
    "key_frames",
    "project_counts",
    "project_words",
    "jobs",
    "idempotency_records",
    "job_events",
    "provider_attempts",
    "leases",
    "balances",
    "budgets",
    "holds",
    "ledger_entries",
    "stream_tickets",
    "webhook_endpoints",
    "webhook_deliveries",
    "verdicts",
    "frame_candidates",
    "takes",
    "consents",
    "voices",
    "narrations",
    "videos",
    "movies",
    "movie_chapters",
    "shows",
    "show_files",
    "pieces",
)


def upgrade() -> None:
    """Creates the tables in the order in which they refer to each other."""
    _create_accounts()
    _create_system_account()
    _create_audit()
    _create_library()
    _create_gallery()
    _create_projects()
    _create_jobs()
    _create_leases()
    _create_usage()
    _create_notifications()
    _create_moderation()
    _create_frames()
    _create_generation()
    _create_narration()
    _create_production()
    _create_movies()
    _create_shows()
    _create_pieces()


def downgrade() -> None:
    """Drops them all."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _keyed() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", ID, primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )


def _versioned() -> tuple[sa.Column[object], ...]:
    return (*_keyed(), sa.Column("version", sa.Integer, nullable=False))


def _partial_index(name: str, table: str, columns: Sequence[str], *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _create_accounts() -> None:
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
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("theme_pref", sa.String(32)),
        sa.Column("avatar_key", sa.String(120)),
        sa.Column("closed_at", MOMENT),
        sa.Column("purged_at", MOMENT),
        sa.Column("email_verified_at", MOMENT),
        sa.UniqueConstraint("login_email"),
        sa.UniqueConstraint("login_username"),
        sa.UniqueConstraint("subject"),
    )
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"])
    _partial_index("ix_users_unpurged", "users", ["closed_at"], where="closed_at IS NOT NULL AND purged_at IS NULL")
    op.create_table(
        "credentials",
        *_keyed(),
        sa.Column("user_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.UniqueConstraint("user_id"),
    )
    op.create_table(
        "refresh_families",
        *_keyed(),
        sa.Column("user_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("family_hash", sa.String(64), nullable=False),
        sa.Column("current_hash", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64)),
        sa.Column("client_hash", sa.String(64)),
        sa.Column("rotated_at", MOMENT),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("agent", sa.String(300)),
        sa.Column("last_seen_at", MOMENT),
        sa.UniqueConstraint("family_hash"),
    )
    op.create_index("ix_refresh_families_user_id", "refresh_families", ["user_id"])
    op.create_index("ix_refresh_families_expires_at", "refresh_families", ["expires_at"])
    op.create_table(
        "api_keys",
        *_keyed(),
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.Column("budget_micro_usd", sa.BigInteger),
        sa.UniqueConstraint("key_hash"),
    )
    op.create_index("ix_api_keys_owner_id_created_at_id", "api_keys", ["owner_id", "created_at", "id"])
    op.create_table(
        "login_buckets",
        *_keyed(),
        sa.Column("bucket", sa.String(100), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("running", sa.Integer, nullable=False),
        sa.Column("window_started_at", MOMENT, nullable=False),
        sa.UniqueConstraint("bucket"),
    )
    op.create_index("ix_login_buckets_window_started_at", "login_buckets", ["window_started_at"])
    op.create_table(
        "provider_keys",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        *_keyed(),
        sa.UniqueConstraint("owner_id", "provider"),
    )
    op.create_table(
        "user_settings",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("owner_id", "name"),
    )
    op.create_table(
        "mail_tokens",
        sa.Column("user_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        *_keyed(),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_mail_tokens_user_id", "mail_tokens", ["user_id", "purpose", "created_at"])
    op.create_index("ix_mail_tokens_expires_at", "mail_tokens", ["expires_at"])
    op.create_table(
        "invitations",
        sa.Column("created_by", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("used_by", ID),
        sa.Column("revoked_at", MOMENT),
        *_keyed(),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index("ix_invitations_created_at_id", "invitations", ["created_at", "id"])
    op.create_index("ix_invitations_expires_at", "invitations", ["expires_at"])
    op.create_index("ix_invitations_created_by", "invitations", ["created_by"])
    op.create_table(
        "second_factors",
        sa.Column("user_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("user_id"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", MOMENT),
        *_keyed(),
        sa.UniqueConstraint("user_id", "code_hash"),
    )


def _create_system_account() -> None:
    """Owns the service's own jobs; nobody can sign in as it."""
    users = sa.table(
        "users",
        *(sa.column(name) for name in ("id", "name", "subject", "role", "is_active")),
        sa.column("created_at", MOMENT),
        sa.column("updated_at", MOMENT),
    )
    account = {"id": SYSTEM_OWNER, "name": "System", "subject": "system", "role": "user", "is_active": False}
    op.bulk_insert(users, [{**account, "created_at": SYSTEM_CREATED_AT, "updated_at": SYSTEM_CREATED_AT}])


def _create_audit() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", ID, primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_index("ix_audit_entries_actor_id", "audit_entries", ["actor", "id"])
    op.create_index("ix_audit_entries_action_id", "audit_entries", ["action", "id"])
    op.create_index("ix_audit_entries_subject_id", "audit_entries", ["subject", "id"])


def _create_library() -> None:
    op.create_table(
        "assets",
        *_keyed(),
        sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("store_key", sa.String(160), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content_type", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.UniqueConstraint("store_key"),
    )
    op.create_index("ix_assets_owner_id_created_at_id", "assets", ["owner_id", "created_at", "id"])
    op.create_index("ix_assets_owner_id_kind_created_at_id", "assets", ["owner_id", "kind", "created_at", "id"])
    _partial_index("ix_assets_pending", "assets", ["expires_at"], where="state = 'pending'")
    op.create_table(
        "storage_use",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("most_bytes", sa.BigInteger),
        sa.Column("most_files", sa.Integer),
    )


def _create_gallery() -> None:
    op.create_table(
        "film_names",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("asset_id", ID, sa.ForeignKey("assets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("is_current", sa.Boolean, nullable=False),
        *_keyed(),
    )
    op.create_index("uq_film_names_owner_id_name", "film_names", ["owner_id", "name"], unique=True)
    op.create_index("ix_film_names_asset_id", "film_names", ["asset_id"])
    op.create_table(
        "film_shares",
        sa.Column("asset_id", ID, sa.ForeignKey("assets.id", ondelete="CASCADE"), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_film_shares_asset_id", "film_shares", ["asset_id"])


def _create_projects() -> None:
    op.create_table(
        "projects",
        *_versioned(),
        sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("deleted_at", MOMENT),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("sort_name", SORT_NAME, nullable=False),
        sa.Column("story_prompt", sa.Text, nullable=False),
        sa.Column("target_duration_sec", sa.Integer, nullable=False),
        sa.Column("segment_len_sec", sa.Integer, nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("style", sa.String(500)),
        sa.Column("aspect_ratio", sa.String(32), nullable=False),
        sa.Column("resolution", sa.String(32), nullable=False),
        sa.Column("visuals", sa.String(32), nullable=False),
        sa.Column("providers", sa.JSON, nullable=False),
        sa.Column("narration", sa.JSON, nullable=False),
        sa.Column("music", sa.JSON),
        sa.Column("captions", sa.JSON, nullable=False),
        sa.Column("budget_micro_usd", sa.BigInteger),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("plan_title", sa.String(255), nullable=False),
        sa.Column("continuity_notes", sa.Text, nullable=False),
        sa.Column("voice_id", sa.String(256)),
        sa.Column("audio_sample_asset_id", ID),
        sa.Column("film_asset_id", ID),
        sa.Column("film_digest", sa.String(64)),
        sa.Column("film_variants", sa.JSON),
        sa.Column("failure", sa.JSON),
        sa.Column("transitions", sa.JSON, nullable=False, server_default=HARD_CUT),
        sa.Column("clip_sound", sa.JSON, nullable=False, server_default=SILENT_CLIPS),
        sa.Column("ratio_is_chosen", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    for order, column in (("creation", "created_at"), ("change", "updated_at"), ("name", "sort_name")):
        for name, first in ((f"by_{order}", ["owner_id"]), (f"by_status_{order}", ["owner_id", "status"])):
            _partial_index(f"ix_projects_{name}", "projects", [*first, column, "id"], where="deleted_at IS NULL")
    _partial_index("ix_projects_deleted_at", "projects", ["deleted_at"], where="deleted_at IS NOT NULL")
    op.create_index("ix_projects_audio_sample_asset_id", "projects", ["audio_sample_asset_id"])
    op.create_index("ix_projects_film_asset_id", "projects", ["film_asset_id"])
    op.create_table(
        "segments",
        *_versioned(),
        sa.Column("project_id", ID, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("duration_sec", sa.Integer, nullable=False),
        sa.Column("video_prompt", sa.Text, nullable=False),
        sa.Column("narration_text", sa.Text, nullable=False),
        sa.Column("end_frame_prompt", sa.Text, nullable=False),
        sa.Column("camera_commands", sa.JSON, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("needs_attention", sa.Boolean, nullable=False),
        sa.Column("failure", sa.JSON),
        sa.Column("reject_reason", sa.Text),
        sa.Column("job_id", ID),
        sa.Column("clip_asset_id", ID),
        sa.Column("clip_take_id", ID),
        sa.Column("clip_duration_seconds", sa.Float),
        sa.Column("clip_digest", sa.String(64)),
        sa.Column("clip_last_frame_asset_id", ID),
        sa.Column("narration_asset_id", ID),
        sa.Column("narration_take_id", ID),
        sa.Column("narration_duration_seconds", sa.Float),
        sa.Column("narration_digest", sa.String(64)),
        sa.Column("narration_words", sa.JSON),
        sa.UniqueConstraint("project_id", "position"),
    )
    op.create_index("ix_segments_clip_asset_id", "segments", ["clip_asset_id"])
    op.create_index("ix_segments_narration_asset_id", "segments", ["narration_asset_id"])
    op.create_table(
        "key_frames",
        *_versioned(),
        sa.Column("project_id", ID, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("asset_id", ID),
        sa.Column("origin", sa.String(32)),
        sa.Column("digest", sa.String(64)),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.UniqueConstraint("project_id", "position"),
    )
    op.create_index("ix_key_frames_asset_id", "key_frames", ["asset_id"])
    op.create_table(
        "project_counts",
        sa.Column("id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("media_uploaded", sa.Integer, nullable=False),
        sa.Column("voice_cloning", sa.Integer, nullable=False),
        sa.Column("plan_generating", sa.Integer, nullable=False),
        sa.Column("plan_ready", sa.Integer, nullable=False),
        sa.Column("generating", sa.Integer, nullable=False),
        sa.Column("finalizing", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
    )
    op.create_table(
        "project_words",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("word", WORD, primary_key=True),
        sa.Column("project_id", ID, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_project_words_project_id_word", "project_words", ["project_id", "word"])


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("project_id", ID),
        sa.Column("segment_id", ID),
        sa.Column("parent_id", ID, sa.ForeignKey("jobs.id", ondelete="SET NULL")),
        sa.Column("retry_of", ID, sa.ForeignKey("jobs.id", ondelete="SET NULL")),
        sa.Column("same_work", sa.String(200)),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(64), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("step_index", sa.Integer),
        sa.Column("step_total", sa.Integer),
        sa.Column("step_label", sa.String(200)),
        sa.Column("lane", sa.String(32), nullable=False),
        sa.Column("direct", sa.Boolean, nullable=False),
        sa.Column("priority", sa.String(32), nullable=False),
        sa.Column("question", sa.JSON),
        sa.Column("result", sa.JSON),
        sa.Column("failure", sa.JSON),
        sa.Column("estimated_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("actual_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("cancel_requested_at", MOMENT),
        sa.Column("start_by", MOMENT),
        sa.Column("deadline_at", MOMENT),
        sa.Column("dispatched_at", MOMENT),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        *_keyed(),
        sa.Column("key_id", ID),
        sa.Column("restored_from", MOMENT),
    )
    _partial_index("ix_jobs_active", "jobs", ["owner_id", "created_at"], where=ACTIVE_JOB)
    op.create_index("ix_jobs_kind_finished_at", "jobs", ["kind", "finished_at"])
    op.create_index("ix_jobs_owner_id_created_at_id", "jobs", ["owner_id", "created_at", "id"])
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"])
    op.create_index("ix_jobs_project_id_created_at", "jobs", ["project_id", "created_at"])
    op.create_index("ix_jobs_retry_of", "jobs", ["retry_of"])
    _partial_index(
        "ix_jobs_undispatched", "jobs", ["priority", "created_at"], where=f"dispatched_at IS NULL AND {ACTIVE_JOB}"
    )
    _partial_index(
        "uq_jobs_same_work",
        "jobs",
        ["owner_id", "same_work"],
        where=f"same_work IS NOT NULL AND {ACTIVE_JOB}",
        unique=True,
    )
    op.create_table(
        "idempotency_records",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("job_id", ID, sa.ForeignKey("jobs.id", ondelete="SET NULL")),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.JSON),
        sa.Column("body", sa.Text),
        sa.Column("expires_at", MOMENT, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("owner_id", "route", "key"),
    )
    op.create_index("ix_idempotency_records_expires_at", "idempotency_records", ["expires_at"])
    op.create_table(
        "job_events",
        sa.Column("id", ROW_NUMBER, primary_key=True),
        sa.Column("job_id", ID, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("job_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_events_job_id_id", "job_events", ["job_id", "id"])
    op.create_index("ix_job_events_owner_id_id", "job_events", ["owner_id", "id"])
    op.create_table(
        "provider_attempts",
        sa.Column("job_id", ID, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("account", sa.String(128), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("exclusive", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("fence", sa.String(128)),
        sa.Column("send_until", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("remote_id", sa.String(200)),
        sa.Column("reply", sa.JSON),
        sa.Column("failure", sa.JSON),
        sa.Column("estimated_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("actual_micro_usd", sa.BigInteger),
        sa.Column("settled_at", MOMENT),
        *_keyed(),
        sa.UniqueConstraint("account", "operation", "remote_id"),
        sa.UniqueConstraint("job_id", "operation", "number"),
        sa.UniqueConstraint("nonce"),
    )
    op.create_index("ix_provider_attempts_request_hash", "provider_attempts", ["owner_id", "request_hash"])
    op.create_index("ix_provider_attempts_state", "provider_attempts", ["state", "sent_at"])
    _partial_index(
        "uq_provider_attempts_submit_lane",
        "provider_attempts",
        ["account", "operation"],
        where="state = 'sending' AND exclusive",
        unique=True,
    )


def _create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("executor", sa.String(128), primary_key=True),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )


def _create_usage() -> None:
    op.create_table(
        "balances",
        sa.Column("account", sa.String(120), primary_key=True),
        sa.Column("held_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("spent_micro_usd", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "budgets",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("limit_micro_usd", sa.BigInteger, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("owner_id", "kind", "target_id"),
    )
    op.create_table(
        "holds",
        sa.Column("job_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("project_id", ID),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("held_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("drawn_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        *_keyed(),
        sa.Column("service_held_micro_usd", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("service_drawn_micro_usd", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("key_id", ID),
        sa.UniqueConstraint("job_id"),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("project_id", ID),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("job_kind", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("charged_micro_usd", sa.BigInteger, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("attempt_id"),
    )
    op.create_index("ix_ledger_entries_job_id", "ledger_entries", ["job_id"])
    op.create_index("ix_ledger_entries_owner_id_day", "ledger_entries", ["owner_id", "day"])
    op.create_index("ix_ledger_entries_project_id", "ledger_entries", ["project_id"])


def _create_notifications() -> None:
    op.create_table(
        "stream_tickets",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("ix_stream_tickets_expires_at", "stream_tickets", ["expires_at"])
    op.create_table(
        "webhook_endpoints",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("disabled_reason", sa.String(64)),
        sa.Column("secret", sa.String(120), nullable=False),
        sa.Column("old_secret", sa.String(120)),
        sa.Column("old_secret_until", MOMENT),
        sa.Column("heard_up_to", sa.BigInteger, nullable=False),
        sa.Column("failing_since", MOMENT),
        *_keyed(),
        sa.Column("secret_hint", sa.String(32), nullable=False, server_default=""),
        sa.Column("unanswered", sa.Integer, nullable=False, server_default="0"),
        sa.Column("paused_until", MOMENT),
    )
    op.create_index("ix_webhook_endpoints_owner_id", "webhook_endpoints", ["owner_id", "created_at", "id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("endpoint_id", ID, sa.ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("claimed_until", MOMENT),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_fault", sa.String(64)),
        *_keyed(),
        sa.UniqueConstraint("endpoint_id", "message_id"),
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["state", "due_at"])
    op.create_index("ix_webhook_deliveries_endpoint_id", "webhook_deliveries", ["endpoint_id", "created_at", "id"])


def _create_moderation() -> None:
    op.create_table(
        "verdicts",
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(32), nullable=False),
        sa.Column("judge", sa.String(120)),
        sa.Column("categories", sa.JSON, nullable=False),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("excerpt", sa.String(500), nullable=False),
        sa.Column("reviewed_by", ID),
        *_keyed(),
        sa.UniqueConstraint("subject", "content_hash"),
    )
    op.create_index("ix_verdicts_decision_created_at", "verdicts", ["decision", "created_at"])


def _create_frames() -> None:
    op.create_table(
        "frame_candidates",
        sa.Column("project_id", ID, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("frame_id", ID, sa.ForeignKey("key_frames.id", ondelete="CASCADE"), nullable=False),
        sa.Column("job_id", ID),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("asset_id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reference_asset_id", ID),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("provider", sa.String(64)),
        sa.Column("model", sa.String(120)),
        sa.Column("cost_micro_usd", sa.BigInteger, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("job_id", "frame_id"),
    )
    op.create_index("ix_frame_candidates_asset_id", "frame_candidates", ["asset_id"])
    op.create_index("ix_frame_candidates_frame_id_created_at_id", "frame_candidates", ["frame_id", "created_at", "id"])
    op.create_index("ix_frame_candidates_project_id", "frame_candidates", ["project_id"])


def _create_generation() -> None:
    op.create_table(
        "takes",
        sa.Column("segment_id", ID, sa.ForeignKey("segments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("asset_id", ID, nullable=False),
        sa.Column("last_picture_asset_id", ID, nullable=False),
        sa.Column("first_frame_asset_id", ID, nullable=False),
        sa.Column("last_frame_asset_id", ID),
        sa.Column("hands_on", sa.Boolean, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("resolution", sa.String(16), nullable=False),
        sa.Column("look", sa.JSON, nullable=False),
        sa.Column("duration_seconds", sa.Float, nullable=False),
        sa.Column("width_px", sa.Integer, nullable=False),
        sa.Column("height_px", sa.Integer, nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("model", sa.String(120), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("job_id"),
        sa.UniqueConstraint("segment_id", "number"),
    )
    op.create_index("ix_takes_asset_id", "takes", ["asset_id"])
    op.create_index("ix_takes_last_picture_asset_id", "takes", ["last_picture_asset_id"])


def _create_narration() -> None:
    op.create_table(
        "consents",
        *_keyed(),
        sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("sample_asset_id", ID, nullable=False),
        sa.Column("sample_sha256", sa.String(64), nullable=False),
    )
    op.create_index("ix_consents_owner_id", "consents", ["owner_id"])
    op.create_table(
        "voices",
        *_keyed(),
        sa.Column("owner_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("voice_id", sa.String(256), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("job_id", ID),
        sa.Column("sample_asset_id", ID),
        sa.Column("sample_is_own", sa.Boolean, nullable=False),
        sa.Column("preview_asset_id", ID),
        sa.Column("consent_id", ID, sa.ForeignKey("consents.id")),
        sa.Column("consent_at", MOMENT),
        sa.Column("expires_at", MOMENT),
        sa.Column("spoken_at", MOMENT),
        sa.Column("lost_at", MOMENT),
        sa.Column("deleted_at", MOMENT),
        sa.Column("is_brought", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("job_id"),
    )
    op.create_index("ix_voices_voice_id", "voices", ["voice_id"])
    op.create_index("ix_voices_owner_id_created_at_id", "voices", ["owner_id", "created_at", "id"])
    op.create_table(
        "narrations",
        *_keyed(),
        sa.Column("segment_id", ID, sa.ForeignKey("segments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("asset_id", ID, nullable=False),
        sa.Column("voice_id", sa.String(256), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("spoken_seconds", sa.Float, nullable=False),
        sa.Column("duration_seconds", sa.Float, nullable=False),
        sa.Column("tempo", sa.Float, nullable=False),
        sa.Column("words_to_cut", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("words", sa.JSON, nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("job_id"),
        sa.UniqueConstraint("segment_id", "number"),
    )
    op.create_index("ix_narrations_asset_id", "narrations", ["asset_id"])
    op.create_index("ix_narrations_attempt_id", "narrations", ["attempt_id"])


def _create_production() -> None:
    op.create_table(
        "videos",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("project_id", ID, sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("style", sa.String(32), nullable=False),
        sa.Column("quality", sa.String(32), nullable=False),
        sa.Column("duration_sec", sa.Integer, nullable=False),
        sa.Column("narrated", sa.Boolean, nullable=False),
        *_keyed(),
        sa.Column("notes", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("remixed_from_id", ID),
        sa.UniqueConstraint("project_id"),
    )
    op.create_index("ix_videos_owner_id_created_at_id", "videos", ["owner_id", "created_at", "id"])


def _create_movies() -> None:
    op.create_table(
        "movies",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("style", sa.String(32), nullable=False),
        sa.Column("preset", sa.String(32)),
        sa.Column("quality", sa.String(32), nullable=False),
        sa.Column("aspect_ratio", sa.String(32), nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("narrated", sa.Boolean, nullable=False),
        sa.Column("job_id", ID),
        sa.Column("film_asset_id", ID),
        sa.Column("film_digest", sa.String(64)),
        sa.Column("film_variants", sa.JSON),
        *_keyed(),
    )
    op.create_index("ix_movies_owner_id_created_at_id", "movies", ["owner_id", "created_at", "id"])
    op.create_index("ix_movies_film_asset_id", "movies", ["film_asset_id"])
    op.create_table(
        "movie_chapters",
        sa.Column("movie_id", ID, sa.ForeignKey("movies.id", ondelete="CASCADE"), nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("duration_sec", sa.Integer, nullable=False),
        *_keyed(),
        sa.UniqueConstraint("movie_id", "position"),
    )
    op.create_index("ix_movie_chapters_project_id", "movie_chapters", ["project_id"])


def _create_shows() -> None:
    op.create_table(
        "shows",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("door", sa.String(32), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("sort_title", sa.String(255), nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("language", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("script_text", sa.Text, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("extra", sa.JSON, nullable=False),
        sa.Column("made", sa.JSON, nullable=False),
        sa.Column("draft_key", sa.String(64)),
        sa.Column("expires_at", MOMENT),
        *_keyed(),
        sa.UniqueConstraint("owner_id", "draft_key"),
    )
    op.create_index("ix_shows_expires_at", "shows", ["expires_at"])
    op.create_index("ix_shows_owner_id_door_updated_at_id", "shows", ["owner_id", "door", "updated_at", "id"])
    op.create_table(
        "show_files",
        sa.Column("show_id", ID, sa.ForeignKey("shows.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("asset_id", ID, primary_key=True),
    )
    op.create_index("ix_show_files_asset_id", "show_files", ["asset_id"])


def _create_pieces() -> None:
    op.create_table(
        "pieces",
        sa.Column("owner_id", ID, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("style", sa.String(64), nullable=False),
        sa.Column("quality", sa.String(64), nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("source_id", ID),
        sa.Column("job_id", ID),
        sa.Column("asset_id", ID),
        *_keyed(),
    )
    op.create_index("ix_pieces_owner_id_kind_created_at_id", "pieces", ["owner_id", "kind", "created_at", "id"])
