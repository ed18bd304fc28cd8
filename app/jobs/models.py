"""Tables of jobs, their events, paid attempts and idempotency records."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, UtcDateTime, Versioned, string_enum
from app.jobs.domain import AttemptState, JobStatus, Lane, Priority

ACTIVE_SQL = "status NOT IN ('completed', 'failed', 'cancelled')"
BIG_ID = BigInteger().with_variant(Integer(), "sqlite")


class Job(Versioned, Base):
    """One piece of work that takes time."""

    __tablename__ = "jobs"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(64))
    project_id: Mapped[str | None] = mapped_column(String(36))
    segment_id: Mapped[str | None] = mapped_column(String(36))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    retry_of: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    # The API key that the work was asked for with; parts have that of the whole.
    key_id: Mapped[str | None] = mapped_column(String(36))
    # While a job is active no second one may carry the same value: the same work is done once.
    same_work: Mapped[str | None] = mapped_column(String(200))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[JobStatus] = mapped_column(string_enum(JobStatus))
    stage: Mapped[str] = mapped_column(String(64), default="")
    progress: Mapped[int] = mapped_column(default=0)
    step_index: Mapped[int | None]
    step_total: Mapped[int | None]
    step_label: Mapped[str | None] = mapped_column(String(200))
    lane: Mapped[Lane] = mapped_column(string_enum(Lane))
    direct: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[Priority] = mapped_column(string_enum(Priority))
    question: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    estimated_micro_usd: Mapped[int] = mapped_column(BigInteger, default=0)
    actual_micro_usd: Mapped[int] = mapped_column(BigInteger, default=0)
    # The moment of the backup that a job was restored from: calls since then may have been paid for already.
    restored_from: Mapped[datetime | None] = mapped_column(UtcDateTime())
    cancel_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    start_by: Mapped[datetime | None] = mapped_column(UtcDateTime())
    deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    dispatched_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        Index("ix_jobs_owner_id_created_at_id", "owner_id", "created_at", "id"),
        Index("ix_jobs_project_id_created_at", "project_id", "created_at"),
        Index("ix_jobs_parent_id", "parent_id"),
        Index("ix_jobs_retry_of", "retry_of"),
        Index("ix_jobs_kind_finished_at", "kind", "finished_at"),
        Index(
            "uq_jobs_same_work",
            "owner_id",
            "same_work",
            unique=True,
            sqlite_where=text(f"same_work IS NOT NULL AND {ACTIVE_SQL}"),
            postgresql_where=text(f"same_work IS NOT NULL AND {ACTIVE_SQL}"),
        ),
        Index(
            "ix_jobs_active",
            "owner_id",
            "created_at",
            sqlite_where=text(ACTIVE_SQL),
            postgresql_where=text(ACTIVE_SQL),
        ),
        Index(
            "ix_jobs_undispatched",
            "priority",
            "created_at",
            sqlite_where=text(f"dispatched_at IS NULL AND {ACTIVE_SQL}"),
            postgresql_where=text(f"dispatched_at IS NULL AND {ACTIVE_SQL}"),
        ),
    )


class JobEvent(Base):
    """One line of the append-only log; its id is the stream's position."""

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(BIG_ID, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    owner_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(64))
    # A step that runs again writes the same key, so that nothing is said twice.
    key: Mapped[str] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("job_id", "key"),
        Index("ix_job_events_owner_id_id", "owner_id", "id"),
        Index("ix_job_events_job_id_id", "job_id", "id"),
        # Without this SQLite hands out the ids of deleted events again, and a stream would skip them.
        {"sqlite_autoincrement": True},
    )


class ProviderAttempt(Keyed, Base):
    """One call that costs money, written before it is sent."""

    __tablename__ = "provider_attempts"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    owner_id: Mapped[str] = mapped_column(String(36))
    operation: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    provider: Mapped[str] = mapped_column(String(64))
    account: Mapped[str] = mapped_column(String(128))
    nonce: Mapped[str] = mapped_column(String(64), unique=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    exclusive: Mapped[bool]
    state: Mapped[AttemptState] = mapped_column(string_enum(AttemptState))
    fence: Mapped[str | None] = mapped_column(String(128))
    send_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    remote_id: Mapped[str | None] = mapped_column(String(200))
    reply: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    estimated_micro_usd: Mapped[int] = mapped_column(BigInteger)
    actual_micro_usd: Mapped[int | None] = mapped_column(BigInteger)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("job_id", "operation", "number"),
        UniqueConstraint("account", "operation", "remote_id"),
        Index("ix_provider_attempts_state", "state", "sent_at"),
        Index("ix_provider_attempts_request_hash", "owner_id", "request_hash"),
        Index(
            "uq_provider_attempts_submit_lane",
            "account",
            "operation",
            unique=True,
            sqlite_where=text("state = 'sending' AND exclusive"),
            postgresql_where=text("state = 'sending' AND exclusive"),
        ),
    )


class IdempotencyRecord(Keyed, Base):
    """A POST that carried a key, and what was answered."""

    __tablename__ = "idempotency_records"

    owner_id: Mapped[str] = mapped_column(String(36))
    route: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(255))
    body_hash: Mapped[str] = mapped_column(String(64))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("owner_id", "route", "key"),
        Index("ix_idempotency_records_expires_at", "expires_at"),
    )
