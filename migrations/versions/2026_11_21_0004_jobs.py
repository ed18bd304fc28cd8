"""Jobs, their events, paid attempts and idempotency records."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACTIVE = "status NOT IN ('completed', 'failed', 'cancelled')"


def upgrade() -> None:
    """Creates the tables and their indexes."""
    op.create_table(
        "jobs",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=True),
        sa.Column("segment_id", sa.String(length=36), nullable=True),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column("retry_of", sa.String(length=36), nullable=True),
        sa.Column("same_work", sa.String(length=200), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("step_index", sa.Integer(), nullable=True),
        sa.Column("step_total", sa.Integer(), nullable=True),
        sa.Column("step_label", sa.String(length=200), nullable=True),
        sa.Column("lane", sa.String(length=32), nullable=False),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.String(length=32), nullable=False),
        sa.Column("question", sa.JSON(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("estimated_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("actual_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("start_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_jobs_owner_id_users")),
        sa.ForeignKeyConstraint(["parent_id"], ["jobs.id"], name=op.f("fk_jobs_parent_id_jobs"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["retry_of"], ["jobs.id"], name=op.f("fk_jobs_retry_of_jobs"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(
        "ix_jobs_active",
        "jobs",
        ["owner_id", "created_at"],
        unique=False,
        sqlite_where=sa.text(ACTIVE),
        postgresql_where=sa.text(ACTIVE),
    )
    op.create_index(
        "ix_jobs_cancelled",
        "jobs",
        ["cancel_requested_at"],
        unique=False,
        sqlite_where=sa.text(f"cancel_requested_at IS NOT NULL AND {ACTIVE}"),
        postgresql_where=sa.text(f"cancel_requested_at IS NOT NULL AND {ACTIVE}"),
    )
    op.create_index("ix_jobs_kind_finished_at", "jobs", ["kind", "finished_at"], unique=False)
    op.create_index("ix_jobs_owner_id_created_at_id", "jobs", ["owner_id", "created_at", "id"], unique=False)
    op.create_index("ix_jobs_parent_id", "jobs", ["parent_id"], unique=False)
    op.create_index("ix_jobs_project_id_created_at", "jobs", ["project_id", "created_at"], unique=False)
    op.create_index("ix_jobs_retry_of", "jobs", ["retry_of"], unique=False)
    op.create_index(
        "ix_jobs_undispatched",
        "jobs",
        ["priority", "created_at"],
        unique=False,
        sqlite_where=sa.text(f"dispatched_at IS NULL AND {ACTIVE}"),
        postgresql_where=sa.text(f"dispatched_at IS NULL AND {ACTIVE}"),
    )
    op.create_index(
        "uq_jobs_same_work",
        "jobs",
        ["owner_id", "same_work"],
        unique=True,
        sqlite_where=sa.text(f"same_work IS NOT NULL AND {ACTIVE}"),
        postgresql_where=sa.text(f"same_work IS NOT NULL AND {ACTIVE}"),
    )
    op.create_table(
        "idempotency_records",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_idempotency_records_job_id_jobs"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_records")),
        sa.UniqueConstraint("owner_id", "route", "key", name=op.f("uq_idempotency_records_owner_id_route_key")),
    )
    op.create_index("ix_idempotency_records_expires_at", "idempotency_records", ["expires_at"], unique=False)
    op.create_table(
        "job_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_events_job_id_jobs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_events")),
        sa.UniqueConstraint("job_id", "key", name=op.f("uq_job_events_job_id_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_events_job_id_id", "job_events", ["job_id", "id"], unique=False)
    op.create_index("ix_job_events_owner_id_id", "job_events", ["owner_id", "id"], unique=False)
    op.create_table(
        "provider_attempts",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=128), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("fence", sa.String(length=128), nullable=True),
        sa.Column("send_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remote_id", sa.String(length=200), nullable=True),
        sa.Column("reply", sa.JSON(), nullable=True),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("estimated_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("actual_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_provider_attempts_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_attempts")),
        sa.UniqueConstraint(
            "account", "operation", "remote_id", name=op.f("uq_provider_attempts_account_operation_remote_id")
        ),
        sa.UniqueConstraint("job_id", "operation", "number", name=op.f("uq_provider_attempts_job_id_operation_number")),
        sa.UniqueConstraint("nonce", name=op.f("uq_provider_attempts_nonce")),
    )
    op.create_index(
        "ix_provider_attempts_request_hash", "provider_attempts", ["owner_id", "request_hash"], unique=False
    )
    op.create_index("ix_provider_attempts_state", "provider_attempts", ["state", "sent_at"], unique=False)
    op.create_index(
        "uq_provider_attempts_submit_lane",
        "provider_attempts",
        ["account", "operation"],
        unique=True,
        sqlite_where=sa.text("state = 'sending' AND exclusive"),
        postgresql_where=sa.text("state = 'sending' AND exclusive"),
    )


def downgrade() -> None:
    """Drops them in reverse."""
    op.drop_index(
        "uq_provider_attempts_submit_lane",
        table_name="provider_attempts",
        sqlite_where=sa.text("state = 'sending' AND exclusive"),
        postgresql_where=sa.text("state = 'sending' AND exclusive"),
    )
    op.drop_index("ix_provider_attempts_state", table_name="provider_attempts")
    op.drop_index("ix_provider_attempts_request_hash", table_name="provider_attempts")
    op.drop_table("provider_attempts")
    op.drop_index("ix_job_events_owner_id_id", table_name="job_events")
    op.drop_index("ix_job_events_job_id_id", table_name="job_events")
    op.drop_table("job_events")
    op.drop_index("ix_idempotency_records_expires_at", table_name="idempotency_records")
    op.drop_table("idempotency_records")
    op.drop_index(
        "uq_jobs_same_work",
        table_name="jobs",
        sqlite_where=sa.text(f"same_work IS NOT NULL AND {ACTIVE}"),
        postgresql_where=sa.text(f"same_work IS NOT NULL AND {ACTIVE}"),
    )
    op.drop_index(
        "ix_jobs_undispatched",
        table_name="jobs",
        sqlite_where=sa.text(f"dispatched_at IS NULL AND {ACTIVE}"),
        postgresql_where=sa.text(f"dispatched_at IS NULL AND {ACTIVE}"),
    )
    op.drop_index("ix_jobs_retry_of", table_name="jobs")
    op.drop_index("ix_jobs_project_id_created_at", table_name="jobs")
    op.drop_index("ix_jobs_parent_id", table_name="jobs")
    op.drop_index("ix_jobs_owner_id_created_at_id", table_name="jobs")
    op.drop_index("ix_jobs_kind_finished_at", table_name="jobs")
    op.drop_index(
        "ix_jobs_cancelled",
        table_name="jobs",
        sqlite_where=sa.text(f"cancel_requested_at IS NOT NULL AND {ACTIVE}"),
        postgresql_where=sa.text(f"cancel_requested_at IS NOT NULL AND {ACTIVE}"),
    )
    op.drop_index("ix_jobs_active", table_name="jobs", sqlite_where=sa.text(ACTIVE), postgresql_where=sa.text(ACTIVE))
    op.drop_table("jobs")
