"""A backup taken while films are made, all destroyed, restored: nothing that it held is lost, and films go on."""

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.backup.archive import BackupManifest
from app.backup.errors import DatabaseInUse
from app.backup.making import take_backup
from app.backup.restoring import Restored, restore
from app.resources import open_resources
from tests.doubles.shared_clock import SharedClock, set_ahead
from tests.faults.matrix.faults import Ground, Kind, Store, StoreKind, ground
from tests.faults.matrix.films import CELLS, Client, Wave
from tests.faults.matrix.gates import Gatekeeper
from tests.faults.matrix.runs import clients, crowd, order_for
from tests.faults.matrix.services import Service, running
from tests.faults.matrix.stores import BucketStore, opened_store
from tests.faults.matrix.vendors import Step, Vendors, vendors
from tests.faults.outages import OwnPostgres, own_postgres

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
# How long the service goes on after the backup, paying for what the backup knows nothing of.
GOES_ON_SECONDS = 3.0
HOUR_SECONDS = 3600.0
LEAP_SECONDS, LEAP_EVERY_SECONDS = 1000.0, 5.0
HELD_AT = [cell for cell in CELLS if cell.step in {Step.FRAME, Step.SPEECH, Step.CLIP} or cell.name == "assembly"]
ASSETS = "SELECT store_key, sha256 FROM assets WHERE state = 'ready'"
LEDGER = "SELECT count(*), coalesce(sum(charged_micro_usd), 0) FROM ledger_entries"


async def backed_up(service: Service, target: Path) -> BackupManifest:
    """Taken as it seems an hour ago: whoever restores a fresh backup waits for vendors who may still tell."""
    clock = target.with_name("earlier")
    set_ahead(clock, -HOUR_SECONDS)
    async with open_resources(service.settings, is_beside=True, clock=SharedClock(clock)) as resources:
        return await take_backup(resources, target, with_secrets=True)


async def brought_back(service: Service, source: Path) -> Restored:
    async with open_resources(service.settings) as resources:
        return await restore(resources, source, replace=True)


async def destroy(place: Ground, store: Store, folder: Path) -> None:
    """Takes database and media away."""
    if place.kind is not Kind.SQLITE:
        await place.executed("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA engine CASCADE")
    if isinstance(store, BucketStore):
        store.bucket.objects.clear()
    await asyncio.to_thread(delete_files, folder)


def delete_files(folder: Path) -> None:
    for path in (*folder.glob("film.*"), *(folder / "storage").iterdir()):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


async def lost_assets(place: Ground, service: Service) -> list[str]:
    """Rows whose file is not there, or not what was stored."""
    lost = []
    async with open_resources(service.settings, is_beside=True) as resources:
        for key, sha256 in await place.books.rows(ASSETS):
            digest = hashlib.sha256()
            async for chunk in resources.store.open(key):
                digest.update(chunk)
            lost += [] if digest.hexdigest() == sha256 else [key]
    return lost


async def answered(client: Client, wave: Wave, clock: Path) -> int:
    """Every film until it has ended; its owner says of each call that nobody can tell of that it is sent again.

    Time passes in leaps, because vendors who cannot tell are waited for a quarter of an hour each time. Gives how many
    calls the owner has let be sent again.
    """
    again: list[str] = []

    async def give_answers() -> None:
        passed_seconds = 0.0
        while True:
            passed_seconds += LEAP_SECONDS
            set_ahead(clock, passed_seconds, passed_seconds=passed_seconds)
            for job in (await client.ask("GET", "/jobs?phase=awaiting_input&limit=100"))["jobs"]:
                choices = job["question"]["choices"]
                choice = next(
                    (word for word in ("send_again", "not_charged", "approve") if word in choices), choices[0]
                )
                answer = await client.once("POST", f"/jobs/{job['id']}/answer", {"choice": choice})
                if choice == "send_again" and answer is not None and answer.is_success:
                    again.append(job["id"])
            await asyncio.sleep(LEAP_EVERY_SECONDS)

    answering = asyncio.ensure_future(give_answers())
    try:
        await wave.followed()
    finally:
        answering.cancel()
    return len(again)


@contextmanager
def own_server(kind: Kind) -> Iterator[OwnPostgres | None]:
    if kind is Kind.SQLITE:
        yield None
        return
    with own_postgres() as server:
        yield server


@pytest.mark.parametrize(
    ("kind", "store_kind"), [(Kind.SQLITE, StoreKind.FOLDER), (Kind.UNIX, StoreKind.FOLDER), (Kind.UNIX, StoreKind.S3)]
)
async def test_what_was_backed_up_under_load_is_whole_after_everything_was_destroyed(
    kind: Kind, store_kind: StoreKind, tmp_path: Path
) -> None:
    with vendors() as both, own_server(kind) as server, opened_store(store_kind, tmp_path) as store:
        async with ground(kind, tmp_path, server, "m_backup") as place:
            await drill(place, store, both, tmp_path)


async def is_whole(place: Ground, service: Service, manifest: BackupManifest, restored: Restored) -> None:
    """Every row, every bill and every file of the backup is there."""
    assert restored.facts.counts == manifest.counts
    assert restored.facts.ledger_micro_usd == manifest.ledger_micro_usd
    assert manifest.missing == ()
    assert manifest.counts["assets"] > 0
    assert await lost_assets(place, service) == []


async def drill(place: Ground, store: Store, both: Vendors, folder: Path) -> None:
    archive = folder / "backup.tar"
    with Gatekeeper(place.books).serving() as keeper:
        order = order_for(place, both, store, keeper.address, folder)
        clock = folder / "clock"
        set_ahead(clock, 0.0)
        async with running(order, clock=clock) as (service,), clients(service) as client:
            wave = Wave(client, keeper, both, HELD_AT)
            await wave.begin()
            await wave.until_held()
            async with crowd(client, 4):
                manifest = await backed_up(service, archive)
                if place.kind is not Kind.SQLITE:
                    with pytest.raises(DatabaseInUse):
                        await brought_back(service, archive)
                wave.let_go()
                await asyncio.sleep(GOES_ON_SECONDS)
            await service.kill()
            paid_before = both.calls_paid
            await destroy(place, store, folder)
            # The engine ends the pool of the loop that it ran in, so the restore has one of its own, as a command has.
            restored = await asyncio.to_thread(asyncio.run, brought_back(service, archive))
            await is_whole(place, service, manifest, restored)
            await service.start()
            await service.until_status("/readyz", 200, seconds=90)
            again = await answered(client, wave, clock)
            assert {film.phase for film in wave.films} == {"succeeded"}, [
                (f.cell, f.phase, f.error) for f in wave.films
            ]
            assert await lost_assets(place, service) == []
            clips = [both.bill(film.marker)[Step.CLIP] for film in wave.films]
            print("paid before", paid_before, "after", both.calls_paid, "clips", clips, "again", again)
            assert sum(max(0, count - 1) for count in clips) <= again
