"""Wire shapes of administration, and the audit log as lines of JSON or of a table."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, JsonValue, StrictBool, StringConstraints

from app.accounts.domain import AccountRole
from app.administration.accounts import AccountChange, UserAccount
from app.audit.domain import AuditView
from app.core.schema import Body, Reply, Utc
from app.jobs.domain import JobStatus, JobView, OpenAttempt
from app.jobs.schemas import AttemptRead, JobRead, QuestionRead
from app.library.domain import StorageOverview
from app.usage.domain import MICRO, HoldView

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
MOST_MB = 100_000_000
MEBIBYTE = 1024 * 1024


class ExportFormat(StrEnum):
    """How the audit log is written out."""

    JSONL = "jsonl"
    CSV = "csv"


class ReasonBody(Body):
    """Why something is done."""

    reason: Reason


class AnswerActBody(ReasonBody):
    """The word on a paid call, and why."""

    choice: Annotated[str, Field(max_length=64)]


class AdminUserBody(ReasonBody):
    """What to change of an account; what is not named stays, and a quota of null is what the settings say."""

    role: AccountRole | None = None
    is_active: StrictBool | None = None
    quota_mb: Annotated[int | None, Field(strict=True, ge=0, le=MOST_MB)] = None
    quota_files: Annotated[int | None, Field(strict=True, ge=0, le=MOST_MB)] = None

    def as_change(self) -> AccountChange:
        """What the service is asked for."""
        quotas = {"quota_mb": "most_mb", "quota_files": "most_files"}
        named = {quotas[name]: getattr(self, name) for name in self.model_fields_set & quotas.keys()}
        return AccountChange(self.role, self.is_active, named)


class AdminUserRead(Reply):
    """An account as administrators see it."""

    id: str
    email: str | None
    username: str | None
    name: str | None
    role: AccountRole
    is_active: bool
    email_verified_at: Utc | None
    created_at: Utc
    updated_at: Utc
    stored_bytes: int
    stored_files: int
    quota_bytes: int
    quota_files: int

    @classmethod
    def of(cls, account: UserAccount) -> Self:
        """The wire form of an account."""
        user, kept = account.user, account.storage
        return cls(
            **{name: getattr(user, name) for name in cls.model_fields if hasattr(user, name)},
            stored_bytes=kept.size_bytes,
            stored_files=kept.files,
            quota_bytes=kept.most_bytes or 0,
            quota_files=kept.most_files or 0,
        )


class AdminUserList(Reply):
    """One page of accounts."""

    users: list[AdminUserRead]
    total: int


class AdminJobRead(JobRead):
    """A job and whose it is."""

    owner_id: str

    @classmethod
    def owned(cls, job: JobView) -> Self:
        """The wire form of anybody's job."""
        return cls(owner_id=job.owner_id, **dict(JobRead.of(job)))


class AdminJobList(Reply):
    """One page of anybody's jobs."""

    jobs: list[AdminJobRead]
    total: int


class QueueGroupRead(Reply):
    """Unfinished jobs of one kind, status and stage."""

    kind: str
    status: JobStatus
    stage: str
    count: int
    oldest_at: Utc


class QueueRead(Reply):
    """What is unfinished, the largest groups first."""

    unfinished: int
    groups: list[QueueGroupRead]


class AdminAttemptRead(AttemptRead):
    """A paid call, whose it is, and what its job asks about it."""

    job_id: str
    owner_id: str
    question: QuestionRead | None

    @classmethod
    def owned(cls, found: OpenAttempt) -> Self:
        """The wire form of anybody's paid call."""
        asked = found.question
        is_asked = asked is not None and asked.attempt_id == found.attempt.id
        return cls(
            job_id=found.attempt.job_id,
            owner_id=found.owner_id,
            question=QuestionRead.model_validate(asked) if is_asked else None,
            **dict(AttemptRead.of(found.attempt)),
        )


class AdminAttemptList(Reply):
    """One page of anybody's paid calls."""

    attempts: list[AdminAttemptRead]
    total: int


class HoldRead(Reply):
    """Money that is put aside for one job; `drawn` is what its open calls may still cost."""

    id: str
    job_id: str
    owner_id: str
    project_id: str | None
    day: date
    held: float
    drawn: float
    currency: str = "USD"
    closed: bool
    created_at: Utc

    @classmethod
    def of(cls, hold: HoldView) -> Self:
        """The wire form of a hold."""
        named = {name: getattr(hold, name) for name in cls.model_fields if hasattr(hold, name)}
        return cls(**named, held=hold.held_micro_usd / MICRO, drawn=hold.drawn_micro_usd / MICRO)


class HoldList(Reply):
    """One page of what is put aside."""

    holds: list[HoldRead]
    total: int


class StorageRead(Reply):
    """What one user keeps."""

    owner_id: str
    size_bytes: int
    files: int
    most_bytes: int
    most_files: int


class StorageList(Reply):
    """What is stored, and one page of who keeps how much, the largest first."""

    size_bytes: int
    files: int
    free_bytes: int = Field(description="Free bytes of the disk below STORAGE_PATH")
    reserve_bytes: int
    owners: list[StorageRead]
    total: int

    @classmethod
    def of(cls, overview: StorageOverview) -> Self:
        """The reply that shows this overview."""
        return cls.model_validate(overview)


class AuditRead(Reply):
    """One act of an operator or administrator."""

    id: str
    created_at: Utc
    actor: str
    action: str
    subject: str
    reason: str
    details: dict[str, JsonValue]


class AuditList(Reply):
    """One page of the audit log."""

    entries: list[AuditRead]
    total: int


MEDIA_TYPES = {ExportFormat.JSONL: "application/x-ndjson", ExportFormat.CSV: "text/csv; charset=utf-8"}
COLUMNS = tuple(AuditRead.model_fields)
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


async def lines(entries: AsyncIterator[AuditView], form: ExportFormat) -> AsyncIterator[str]:
    """The log, one entry a line."""
    if form is ExportFormat.CSV:
        yield _row(list(COLUMNS))
    async for entry in entries:
        shown = AuditRead.model_validate(entry).model_dump(mode="json")
        yield f"{json.dumps(shown, ensure_ascii=False)}\n" if form is ExportFormat.JSONL else _row(_cells(shown))


def _cells(shown: dict[str, object]) -> list[str]:
    texts = [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in shown.values()]
    return [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in texts]


def _row(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
