"""What a backup reads of the rows, and what a restore changes in them; on either database, by their common metadata."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, inspect, literal, select, update

from app.accounts.avatar_links import AvatarSize
from app.accounts.domain import SYSTEM_ACCOUNT
from app.core.tables import UtcDateTime
from app.jobs.domain import ACTIVE, OPEN_ATTEMPTS, AttemptState
from app.library.domain import AssetState
from app.tables import METADATA

TABLES = METADATA.tables
COUNTED = ("users", "projects", "jobs", "assets", "provider_attempts", "ledger_entries")
OPEN = OPEN_ATTEMPTS - {AttemptState.PARKED}


@dataclass(frozen=True)
class NamedFile:
    """A file that a row names; where the row knows them, its size and hash."""

    key: str
    is_due: bool = True
    sha256: str = ""


@dataclass(frozen=True)
class Facts:
    """Sums by which a restored database is compared with the one that was backed up."""

    counts: dict[str, int]
    attempts: dict[str, int]
    ledger_micro_usd: int


@dataclass(frozen=True)
class Reopened:
    """What a restore has left open: calls whose vendors are asked, and jobs that go on carefully."""

    attempts: int
    jobs: int


def named_files(connection: Connection) -> Iterator[NamedFile]:
    """Every file of the store that a row names."""
    assets, users = TABLES["assets"].c, TABLES["users"].c
    for key, state, sha256 in connection.execute(select(assets.store_key, assets.state, assets.sha256)):
        is_ready = state is AssetState.READY
        yield NamedFile(key, is_due=is_ready, sha256=sha256 if is_ready else "")
    for (key,) in connection.execute(select(users.avatar_key).where(users.avatar_key.is_not(None))):
        for size in AvatarSize:
            yield NamedFile(f"{key}-{size.value}.webp")


def facts_of(connection: Connection) -> Facts:
    """What is counted and summed."""
    attempts, ledger = TABLES["provider_attempts"].c, TABLES["ledger_entries"].c
    by_state = connection.execute(select(attempts.state, func.count()).group_by(attempts.state))
    charged = connection.execute(select(func.coalesce(func.sum(ledger.charged_micro_usd), 0))).scalar_one()
    return Facts(
        counts={name: _count(connection, name) for name in COUNTED},
        attempts={state.value: count for state, count in by_state},
        ledger_micro_usd=int(charged),
    )


def is_empty(connection: Connection) -> bool:
    """Whether nobody has an account or a file here, and no work of people is done."""
    there = set(inspect(connection).get_table_names())
    if "users" not in there:
        return True
    people = select(func.count()).where(TABLES["users"].c.id != SYSTEM_ACCOUNT)
    return not connection.execute(people).scalar_one() and not ("assets" in there and _count(connection, "assets"))


def paid_since(connection: Connection, moment: datetime) -> dict[str, tuple[int, int]]:
    """Bills after a moment, by vendor: how many and how much."""
    if "ledger_entries" not in inspect(connection).get_table_names():
        return {}
    ledger = TABLES["ledger_entries"].c
    query = select(ledger.provider, func.count(), func.sum(ledger.charged_micro_usd))
    rows = connection.execute(query.where(ledger.created_at > moment).group_by(ledger.provider))
    return {provider: (count, int(charged)) for provider, count, charged in rows}


def reopen(connection: Connection, taken_at: datetime, now: datetime) -> Reopened:
    """Lets nothing be sent that may have been sent after the backup: its vendor is asked first.

    Calls that were open may have been sent and paid since then, those that were only meant included; and whatever an
    unfinished job has not begun yet may have been begun and paid, which the mark on the job says.
    """
    attempts, jobs, leases = TABLES["provider_attempts"], TABLES["jobs"], TABLES["leases"]
    moment = literal(taken_at, UtcDateTime())
    is_unsent = and_(attempts.c.state == AttemptState.INTENT, attempts.c.estimated_micro_usd == 0)
    opened = update(attempts).where(attempts.c.state.in_(OPEN), ~is_unsent)
    earlier = func.min if connection.dialect.name == "sqlite" else func.least
    sent_at = earlier(func.coalesce(attempts.c.sent_at, moment), moment)
    unknown: dict[str, Any] = {"state": AttemptState.UNKNOWN, "sent_at": sent_at, "send_until": now}
    unknown |= {"fence": None, "updated_at": now}
    marked = update(jobs).where(jobs.c.status.in_(ACTIVE), jobs.c.restored_from.is_(None))
    result = Reopened(
        attempts=connection.execute(opened.values(unknown)).rowcount,
        jobs=connection.execute(marked.values(restored_from=taken_at)).rowcount,
    )
    # Nobody of those who held them lives; runs are taken up at once.
    connection.execute(delete(leases))
    return result


def forget_dispatch(connection: Connection) -> None:
    """Lets every unfinished job be started again, because the engine knows of none."""
    jobs = TABLES["jobs"]
    connection.execute(update(jobs).where(jobs.c.status.in_(ACTIVE)).values(dispatched_at=None))


def _count(connection: Connection, name: str) -> int:
    return int(connection.execute(select(func.count()).select_from(TABLES[name])).scalar_one())
