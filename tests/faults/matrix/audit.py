"""verify(): what must hold once a fault is over, read from the database, the store, the vendors and the process."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.books import Books
from tests.faults.matrix.faults import Site
from tests.faults.matrix.services import Service, Usage
from tests.faults.matrix.vendors import Vendors

__all__ = ["Audit", "verify"]

SETTLE_SECONDS = 30.0
LOOK_SECONDS = 0.3
# Pools grow as they are used, up to their sizes; a row that leaks does so with each of its films and requests.
MOST_DESCRIPTORS_MORE, MOST_THREADS_MORE = 20, 16
MOST_RSS_MORE_MB = 40.0
OPEN = "status NOT IN ('completed', 'failed', 'cancelled')"
JOBS = f"SELECT kind, stage, question IS NOT NULL FROM jobs WHERE {OPEN}"
ATTEMPTS = "SELECT operation, state, settled_at IS NOT NULL, estimated_micro_usd FROM provider_attempts"
LEDGER = "SELECT attempt_id, charged_micro_usd FROM ledger_entries"
HOLDS = "SELECT held_micro_usd, drawn_micro_usd, closed FROM holds"
BALANCES = "SELECT account, held_micro_usd, spent_micro_usd FROM balances"
# One current take of a segment is its clip; a second one was kept though nobody asked for it.
TAKES = "SELECT segment_id, count(*) FROM takes GROUP BY segment_id HAVING count(*) > 1"
CANDIDATES = "SELECT frame_id, count(*) FROM frame_candidates GROUP BY frame_id, origin HAVING count(*) > 1"
ASSETS = "SELECT store_key, kind FROM assets WHERE state = 'ready'"
FILMS = "SELECT count(*) FROM jobs WHERE kind = 'film.produce' AND status = 'completed'"
# Kinds of which a film of one segment keeps exactly so many.
KEPT = {"narration": 1, "clip": 1, "film": 1, "poster": 1, "sound": 1, "captions": 2, "key_frame": 3}
EXPLAINED = {"bound", "refused", "not_received"}


@dataclass
class Audit:
    """Everything that is wrong; empty when nothing is."""

    wrongs: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    def demand(self, condition: object, wrong: str) -> None:
        if not condition:
            self.wrongs.append(wrong)


async def verify(site: Site, before: Sequence[Usage | None]) -> Audit:
    """Looks until nothing is wrong, or until what is wrong is there to stay."""
    until = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while True:
        audit = Audit()
        await _jobs(audit, site.ground.books)
        await _money(audit, site.ground.books, site.vendors)
        await _files(audit, site.ground.books, await asyncio.to_thread(site.store.names))
        for service, usage in zip(site.services, before, strict=True):
            await _process(audit, service, usage)
        if not audit.wrongs or asyncio.get_running_loop().time() > until:
            return audit
        await asyncio.sleep(LOOK_SECONDS)


async def _jobs(audit: Audit, books: Books) -> None:
    still = Counter((kind, stage) for kind, stage, asks in await books.rows(JOBS) if not asks)
    audit.demand(not still, f"jobs that neither ended nor wait for a word: {dict(still)}")
    audit.demand(await books.is_sound(), "the database is damaged")


async def _money(audit: Audit, books: Books, vendors: Vendors) -> None:
    attempts = await books.rows(ATTEMPTS)
    states = Counter(state for _, state, _, _ in attempts)
    open_ = {state: count for state, count in states.items() if state not in EXPLAINED}
    audit.demand(not open_, f"attempts nobody has explained: {open_}")
    bound = [(settled, estimated) for _, state, settled, estimated in attempts if state == "bound"]
    audit.demand(all(settled for settled, _ in bound), f"{sum(not s for s, _ in bound)} answers without a bill")
    unanswered = sum(spoiled.is_lost for spoiled in vendors.spoiled)
    kept = f"the vendors were paid {vendors.calls_paid}x, {len(bound)} answers are kept, {unanswered} were never given"
    audit.demand(len(bound) <= vendors.calls_paid <= len(bound) + unanswered, kept)
    ledger = await books.rows(LEDGER)
    audit.demand(len(ledger) == len(bound), f"{len(ledger)} ledger lines for {len(bound)} answers")
    holds = [row for row in await books.rows(HOLDS) if row[0] or row[1] or not row[2]]
    audit.demand(not holds, f"{len(holds)} holds left")
    held = {account: held for account, held, _ in await books.rows(BALANCES) if held}
    audit.demand(not held, f"balances still held: {held}")
    audit.figures |= {"paid": vendors.calls_paid, "booked": sum(int(charged) for _, charged in ledger)}


async def _files(audit: Audit, books: Books, kept_files: set[str]) -> None:
    rows = dict(await books.rows(ASSETS))
    files = {name for name in kept_files if name.startswith("assets/")}
    audit.demand(files <= set(rows), f"files without a row: {len(files - set(rows))}")
    audit.demand(set(rows) <= files, f"rows without a file: {len(set(rows) - files)}")
    parts = [name for name in kept_files if name.endswith(".part")]
    audit.demand(not parts, f"half-written files: {len(parts)}")
    audit.demand(not await books.rows(TAKES), "a segment has more than one take")
    audit.demand(not await books.rows(CANDIDATES), "a frame has more than one picture")
    films = int((await books.rows(FILMS))[0][0])
    kept = Counter(rows.values())
    twice = {kind: kept[kind] for kind, one in KEPT.items() if kept[kind] > one * max(films, 1)}
    audit.demand(not twice, f"kept more than {films} films need: {twice}")
    audit.figures |= {"films": films, "files": len(files)}


async def _process(audit: Audit, service: Service, before: Usage | None) -> None:
    audit.demand(service.alive.is_alive(), f"the process ended with {service.alive.exitcode}")
    if not service.alive.is_alive():
        return
    for path in ("/livez", "/readyz"):
        status = await service.status(path)
        audit.demand(status == 200, f"{path} says {status}")
    if before is None:
        return
    now = service.usage()
    audit.demand(now.descriptors <= before.descriptors + MOST_DESCRIPTORS_MORE, f"descriptors: {before} -> {now}")
    audit.demand(now.threads <= before.threads + MOST_THREADS_MORE, f"threads: {before} -> {now}")
    audit.demand(now.rss_mb <= before.rss_mb + MOST_RSS_MORE_MB, f"memory: {before} -> {now}")
    audit.figures |= {
        "rss_mb": f"{before.rss_mb:.0f}->{now.rss_mb:.0f}",
        "fds": f"{before.descriptors}->{now.descriptors}",
    }
