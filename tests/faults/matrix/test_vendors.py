"""Whatever a vendor does with a paid call: nothing is lost, and nothing is paid for twice without its owner's word."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from tests.doubles.shared_clock import set_ahead
from tests.faults.matrix.audit import verify
from tests.faults.matrix.faults import Kind, Site, StoreKind, ground
from tests.faults.matrix.films import Cell, Client, Film, Moment, Wave
from tests.faults.matrix.gates import Gatekeeper
from tests.faults.matrix.reporting import PROPERTY
from tests.faults.matrix.runs import Row, clients, order_for
from tests.faults.matrix.services import running
from tests.faults.matrix.stores import opened_store
from tests.faults.matrix.vendors import BILL, Mischief, Step, Vendors
from tests.faults.outages import OwnPostgres

# The servers of the harness end with connections of processes that it has killed.
pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# A lost plan and a lost recording are cheap and asked for once more; of a lost picture the owner is asked.
ONCE_MORE = {Step.PLAN, Step.SPEECH, Step.FRAME}
UNKNOWN = "SELECT count(*) FROM provider_attempts WHERE state = 'unknown'"
PARKED = "SELECT job_id FROM provider_attempts WHERE state = 'parked'"
LEAP_SECONDS = 160.0
AGED = f"UPDATE provider_attempts SET sent_at = sent_at - interval '{LEAP_SECONDS} seconds' WHERE state = 'unknown'"
PAUSE_SECONDS = 1.0
# The list shows a task late, but before it is believed to be complete.
FORGETS_SECONDS = 60.0


@dataclass
class Time:
    """Passes where an outcome is unknown, so that nobody waits for what will not come."""

    site: Site
    ahead_seconds: float = 0.0

    async def passes(self, client: Client) -> None:
        books = self.site.ground.books
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            if (await books.rows(UNKNOWN))[0][0]:
                await self._leap()
            for (job_id,) in await books.rows(PARKED):
                await client.once("POST", f"/jobs/{job_id}/answer", {"choice": "send_again"})

    async def _leap(self) -> None:
        self.site.vendors.minimax.advanced += LEAP_SECONDS
        if self.site.ground.kind is Kind.SQLITE:
            self.ahead_seconds += LEAP_SECONDS
            set_ahead(self.site.clock, self.ahead_seconds, passed_seconds=self.ahead_seconds)
        else:
            await self.site.ground.executed(AGED)


def verdict(wave: Wave, film: Film) -> str:
    """A step may be paid once more, and asked about, where its call was lost and that is said."""

    def allowed(step: Step) -> int:
        return BILL[step] + (film.cell.step is step and step in ONCE_MORE)

    return wave.verdict(film, allowed, may_ask=film.cell.step is Step.FRAME)


@pytest.mark.parametrize(("callbacks", "kind"), [("never", Kind.SQLITE), ("never", Kind.TCP), ("duplicate", Kind.TCP)])
async def test_films_outlive_what_a_vendor_does_at_every_step(
    callbacks: str,
    kind: Kind,
    request: pytest.FixtureRequest,
    both: Vendors,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    server: OwnPostgres | None = None if kind is Kind.SQLITE else request.getfixturevalue("own_server")
    told = {"never": "vendors: no callbacks", "duplicate": "vendors: callbacks, each twice"}[callbacks]
    row, clock = Row(told, kind), tmp_path / "clock"
    both.minimax.rules.callbacks = callbacks
    both.minimax.rules.listed_after_seconds = FORGETS_SECONDS
    set_ahead(clock, 0.0)
    async with ground(kind, tmp_path, server, f"m_{SystemClock().new_id().replace('-', '')}") as database:
        with Gatekeeper(database.books).serving() as keeper, opened_store(StoreKind.FOLDER, tmp_path) as store:
            keeper.open_all()
            order = order_for(database, both, store, keeper.address, tmp_path)
            async with running(order, 1, clock) as services, clients(services[0]) as client:
                site = Site(database, services, both, store, clock)
                wave = Wave(client, keeper, both, cells())
                await made(wave, site, client)
                row.cells = {film.cell.name: verdict(wave, film) for film in wave.films}
                audit = await verify(site, [None])
                row.wrongs, row.figures = audit.wrongs, audit.figures
    record_property(PROPERTY, row.as_json())
    assert (row.bad_cells, row.wrongs) == ({}, [])


def cells() -> Sequence[Cell]:
    """Each mischief at each step."""
    return [Cell(step, f"{step}: {mischief}", Moment.AFTER) for step in Step for mischief in Mischief]


async def made(wave: Wave, site: Site, client: Client) -> None:
    """Makes the films while the vendors do their worst and time passes."""
    site.vendors.release()
    for film in wave.films:
        assert film.cell.step is not None
        site.vendors.spoil(film.cell.step, film.marker, Mischief(film.cell.name.partition(": ")[2]))
    site.vendors.let_links_expire(3)
    await wave.begin()
    passing = asyncio.ensure_future(Time(site).passes(client))
    try:
        await wave.followed()
    finally:
        passing.cancel()
        with suppress(asyncio.CancelledError):
            await passing
    await wave.retried()
    assert all(spoiled.struck for spoiled in site.vendors.spoiled)
