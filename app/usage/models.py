"""Tables of money: balances, holds, ledger lines and budgets."""

from datetime import date

from sqlalchemy import BigInteger, Date, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.tables import Base, Keyed, string_enum
from app.usage.domain import LimitKind


class Balance(Base):
    """What one account of a cap holds and has spent; guarded updates keep it under the cap."""

    __tablename__ = "balances"

    account: Mapped[str] = mapped_column(String(120), primary_key=True)
    held_micro_usd: Mapped[int] = mapped_column(BigInteger)
    spent_micro_usd: Mapped[int] = mapped_column(BigInteger)


class Hold(Keyed, Base):
    """Money put aside for one job; `drawn` is the part that open attempts may still cost.

    `service_` is the part of each that the operator is billed for, which alone counts against the service's day.
    """

    __tablename__ = "holds"

    job_id: Mapped[str] = mapped_column(String(36), unique=True)
    owner_id: Mapped[str] = mapped_column(String(36))
    project_id: Mapped[str | None] = mapped_column(String(36))
    key_id: Mapped[str | None] = mapped_column(String(36))
    day: Mapped[date] = mapped_column(Date)
    held_micro_usd: Mapped[int] = mapped_column(BigInteger)
    drawn_micro_usd: Mapped[int] = mapped_column(BigInteger)
    service_held_micro_usd: Mapped[int] = mapped_column(BigInteger, server_default="0")
    service_drawn_micro_usd: Mapped[int] = mapped_column(BigInteger, server_default="0")
    closed: Mapped[bool]


class LedgerEntry(Keyed, Base):
    """One bill of one attempt, written once."""

    __tablename__ = "ledger_entries"

    owner_id: Mapped[str] = mapped_column(String(36))
    project_id: Mapped[str | None] = mapped_column(String(36))
    job_id: Mapped[str] = mapped_column(String(36))
    attempt_id: Mapped[str] = mapped_column(String(36), unique=True)
    job_kind: Mapped[str] = mapped_column(String(64))
    provider: Mapped[str] = mapped_column(String(64))
    operation: Mapped[str] = mapped_column(String(64))
    day: Mapped[date] = mapped_column(Date)
    charged_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_ledger_entries_owner_id_day", "owner_id", "day"),
        Index("ix_ledger_entries_project_id", "project_id"),
        Index("ix_ledger_entries_job_id", "job_id"),
    )


class Budget(Keyed, Base):
    """A cap that a user sets; the settings' caps hold besides."""

    __tablename__ = "budgets"

    owner_id: Mapped[str] = mapped_column(String(36))
    kind: Mapped[LimitKind] = mapped_column(string_enum(LimitKind))
    target_id: Mapped[str] = mapped_column(String(36), default="")
    limit_micro_usd: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("owner_id", "kind", "target_id"),)
