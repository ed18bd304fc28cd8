"""Whatever becomes of paid calls, the ledger sums to what the vendor charged, and nothing stays held."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core.settings import Settings
from app.jobs.attempts import Attempts, PaidCall
from app.jobs.domain import AttemptView, JobFailure, JobView
from app.jobs.persistence import VendorAnswer
from app.jobs.repository import AttemptRepository, JobRepository
from app.jobs.settlement import JobRuntime, Settlement
from app.providers.errors import ContentBlocked, OutcomeUnknown
from app.resources import Resources, open_resources
from app.usage.ledger import LedgerBudget
from app.usage.models import Balance, Hold, LedgerEntry
from tests import factories
from tests.integration.jobs.test_runs import Fresh

ESTIMATE = 270_000
SECRET = "ledger-0123456789-0123456789-0123456789-0123456789"


class Fate(Enum):
    """What becomes of one call."""

    BILLED = "answered and billed"
    UNBILLED = "answered, and the job ends before its bill is known"
    REFUSED = "refused"
    NOT_TAKEN = "lost on the way, and the vendor has nothing of it"
    FOUND = "its answer was lost, and found later"
    LATE = "its answer comes after the job has ended"


class Ending(Enum):
    """How the job ends."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


CHARGED = frozenset({Fate.BILLED, Fate.UNBILLED, Fate.FOUND, Fate.LATE})
CALLS = st.lists(st.tuples(st.sampled_from(Fate), st.integers(0, 2 * ESTIMATE)), max_size=5)
STORIES = st.lists(st.tuples(CALLS, st.sampled_from(Ending)), min_size=1, max_size=3)


@dataclass
class Vendor:
    """Charges for what it takes, in full even when nobody hears the answer."""

    fate: Fate = Fate.BILLED
    charges: list[int] = field(default_factory=list)

    async def send(self, attempt: AttemptView) -> VendorAnswer:
        if self.fate is Fate.REFUSED:
            raise ContentBlocked(provider="vendor")
        if self.fate in {Fate.NOT_TAKEN, Fate.FOUND, Fate.LATE}:
            raise OutcomeUnknown(provider="vendor")
        return VendorAnswer(f"task-{attempt.id}")


class Story:
    """Some jobs with some calls each, and the books afterwards."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.vendor = Vendor()
        budget = LedgerBudget(resources)
        runtime = JobRuntime(resources, [], budget, Fresh())
        self.attempts: Attempts = runtime.attempts
        self.settlement: Settlement = runtime.settlement

    async def tell(self, owner: str, calls: list[tuple[Fate, int]], ending: Ending) -> None:
        job = await factories.job(self.resources, owner)
        late: list[AttemptView] = []
        for number, (fate, bill) in enumerate(calls, 1):
            attempt = await self._call(job, number, fate, bill)
            if fate is Fate.LATE:
                late.append(attempt)
        await self._end(job, ending)
        for attempt in late:
            await self.attempts.bind(await self._now(job), attempt, VendorAnswer(f"task-{attempt.id}"))

    async def _call(self, job: JobView, number: int, fate: Fate, bill: int) -> AttemptView:
        call = PaidCall("video", "vendor", "vendor:key", f"hash-{number}", ESTIMATE)
        self.vendor.fate = fate
        attempt = await self.attempts.intend(job, call, number)
        await self.attempts.submit(job, attempt, call, self.vendor.send, stop=asyncio.Event())
        match fate:
            case Fate.BILLED:
                await self.attempts.settle(job, attempt, bill)
                # A step that runs again settles again.
                await self.attempts.settle(job, attempt, bill)
            case Fate.NOT_TAKEN:
                await self.attempts.not_received(job, attempt)
            case Fate.FOUND:
                await self.attempts.bind(job, attempt, VendorAnswer(f"task-{attempt.id}"))
                await self.attempts.settle(job, attempt, bill)
            case Fate.UNBILLED | Fate.REFUSED | Fate.LATE:
                pass
        if fate in CHARGED:
            self.vendor.charges.append(ESTIMATE if fate in {Fate.UNBILLED, Fate.LATE} else bill)
        return attempt

    async def _end(self, job: JobView, ending: Ending) -> None:
        async with self.resources.database.unit_of_work() as session:
            now = await self._now(job)
            match ending:
                case Ending.COMPLETED:
                    await self.settlement.complete(session, now, {})
                case Ending.FAILED:
                    await self.settlement.fail(session, now, JobFailure("test.failed", "It failed."))
                case Ending.CANCELLED:
                    await self.settlement.cancel(session, now)

    async def _now(self, job: JobView) -> JobView:
        async with self.resources.database.reading() as session:
            found = await JobRepository(session, self.resources.clock).view(job.id)
        assert found is not None
        return found

    async def bills(self) -> tuple[int, int, int, int]:
        """Sums of the ledger, of what the jobs show, of what is still held and of the spent and held balances."""
        async with self.resources.database.reading() as session:
            ledger = await session.scalar(select(func.coalesce(func.sum(LedgerEntry.charged_micro_usd), 0)))
            held = await session.scalar(select(func.coalesce(func.sum(Hold.held_micro_usd), 0)))
            kept = await session.scalar(select(func.coalesce(func.max(Balance.held_micro_usd), 0)))
            spent = await session.scalar(select(func.coalesce(func.max(Balance.spent_micro_usd), 0)))
            attempts = AttemptRepository(session, self.resources.clock)
            shown = sum([a.actual_micro_usd or 0 for a in await attempts.all(select(attempts.table))])
        return ledger, shown, held + kept, spent


async def told(template: Path, stories: list[tuple[list[tuple[Fate, int]], Ending]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "ledger.db")
        values = {
            "security": {"secret_key": SECRET},
            "storage": {"storage_path": Path(folder), "storage_reserve_mb": 0},
            "database": {"database_url": f"sqlite+aiosqlite:///{folder}/ledger.db"},
        }
        groups = {n: kind(_env_file=None, **values.get(n, {})) for n, kind in Settings.groups().items()}
        async with open_resources(Settings(**groups)) as resources:
            story, owner = Story(resources), await factories.user(resources)
            for calls, ending in stories:
                await story.tell(owner, calls, ending)
            charged = sum(story.vendor.charges)
            assert await story.bills() == (charged, charged, 0, charged)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories=STORIES)
def test_the_ledger_sums_to_what_the_vendor_charged(
    sqlite_template: Path, stories: list[tuple[list[tuple[Fate, int]], Ending]]
) -> None:
    asyncio.run(told(sqlite_template, stories))
