"""Upgrades the service from an older commit while films are in progress: nothing may be lost or paid for twice.

Run it with `python -m benchmarks.upgrade.run REVISION [--films N] [--postgres]` in a clone that has this revision.
The older code buys films of the vendors' stand-ins and is told to stop in their middle; this code brings the database
to its head, starts, and makes the films ready. It ends with 1 unless every film succeeds at the price of one, and with
2 where the older code's schema is one that this code cannot upgrade.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx2

from app.core.migrations import SchemaTooNew, SchemaTooOld, missing_from
from app.core.settings import Settings
from tests.faults.books import Books
from tests.faults.matrix.audit import verify
from tests.faults.matrix.faults import Ground, Kind, Site
from tests.faults.matrix.films import ENDED, Cell, Client, Film, Moment
from tests.faults.matrix.services import ServiceOrder, running
from tests.faults.matrix.stores import FolderStore
from tests.faults.matrix.vendors import BILL, Step, Vendors, vendors
from tests.faults.outages import OwnPostgres, own_postgres, until
from tests.replicas.processes import free_port

ROOT = Path(__file__).parents[2]
READY_SECONDS, STOP_SECONDS, ENDS_SECONDS = 90.0, 60.0, 300.0
LOOK_SECONDS = 0.3
# Films begin one after the other, so that the stop meets each at another step.
BETWEEN_SECONDS = 1.0
TASK_SECONDS = 3.0
SECRET = "upgrade-secret-0123456789-abcdefghijklmnopqrstuvwxyz"
REVISION = "SELECT version_num FROM alembic_version"
WHOLE_FILM = Cell(None, "film", Moment.DURING)


def unpacked(revision: str, folder: Path) -> Path:
    """The code of a revision of this clone."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return folder


def environment_of(order: ServiceOrder) -> dict[str, str]:
    """The order's settings as a process of its own reads them."""
    known = {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING"}
    for group, fields in order.settings.items():
        names = Settings.groups()[group].variables()
        known |= {names[field][0]: str(value) for field, value in fields.items()}
    return known


@asynccontextmanager
async def older(code: Path, order: ServiceOrder) -> AsyncIterator[httpx2.AsyncClient]:
    """The service of the older code; at the end of the block it is told to stop."""
    port = free_port()
    known = environment_of(order) | {"PORT": str(port), "PYTHONPATH": str(code)}
    log = await asyncio.to_thread(order.log.open, "wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "serve", env=known, cwd=code, stdout=log, stderr=log
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            await until_ready(http)
            yield http
        process.terminate()
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        log.close()


async def until_ready(http: httpx2.AsyncClient) -> None:
    """Waits for a service that has just been started."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(LOOK_SECONDS)


async def begun(client: Client, count: int) -> list[Film]:
    """So many films, of which each is further on its way than the next."""
    films = [Film(number, WHOLE_FILM) for number in range(count)]
    for film in films:
        wish = {
            "name": film.marker,
            "story_prompt": f"{film.marker} a fox walks home at dawn.",
            "target_duration_sec": 6,
            "language": "en",
        }
        film.project_id = (await client.ask("POST", "/projects", wish))["id"]
        film.job_id = (await client.ask("POST", f"/projects/{film.project_id}/produce", {"auto_approve": True}))["id"]
        await asyncio.sleep(BETWEEN_SECONDS)
    return films


async def look(client: Client, films: list[Film]) -> list[Film]:
    """Asks where each film is; gives those that have not ended."""
    for film in films:
        found = await client.ask("GET", f"/jobs/{film.job_id}")
        film.phase, film.stages = found["phase"], {found["stage"]}
        film.error = (found["error"] or {}).get("code", "")
    return [film for film in films if film.phase not in ENDED]


async def finished(client: Client, films: list[Film]) -> None:
    """Follows the films until all have ended."""

    async def is_over() -> bool:
        return not await look(client, films)

    await until(is_over, seconds=ENDS_SECONDS)


def wrong_with(films: list[Film], both: Vendors) -> list[str]:
    """Films that did not succeed, or not at the price of one."""
    wrongs = [f"{film.marker} {film.phase} {film.error}" for film in films if film.phase != "succeeded"]
    for film in films:
        bill = both.bill(film.marker)
        wrongs += [f"{film.marker}: {step} paid {bill[step]}x" for step in Step if bill[step] != BILL[step]]
    return wrongs


@contextmanager
def database(folder: Path, *, postgres: bool) -> Iterator[Ground]:
    """An empty database that the older code brings to its own head."""
    if not postgres:
        url = f"sqlite+aiosqlite:///{folder}/film.db"
        yield Ground(Kind.SQLITE, url, Books(url))
        return
    with own_postgres() as server:
        asyncio.run(created(server))
        yield Ground(Kind.UNIX, server.url, Books(server.url), server)


async def created(server: OwnPostgres) -> None:
    """Makes the database."""
    await server.create_empty("upgrade")


async def upgraded(ground: Ground, order: ServiceOrder) -> None:
    """What an operator does between the two: the command of this code, with the same settings."""
    before = await standing(ground)
    command = (sys.executable, "-m", "app.cli", "db", "upgrade")
    process = await asyncio.create_subprocess_exec(*command, env=environment_of(order), cwd=ROOT)
    assert await process.wait() == 0
    print(f"database {before} -> {await standing(ground)}")


async def standing(ground: Ground) -> str:
    """The revision of the database."""
    revision: str = (await ground.books.rows(REVISION))[0][0]
    return revision


async def drill(ground: Ground, both: Vendors, folder: Path, revision: str, count: int) -> list[str]:
    """The whole of it; gives what was lost or paid for twice."""
    store = FolderStore(folder / "storage")
    settings = both.settings | {
        "database": {"database_url": ground.url},
        "storage": store.settings,
        "security": {"secret_key": SECRET, "access_token_expire_minutes": 10_000},
    }
    order = ServiceOrder(settings, folder / "service.log")
    code = await asyncio.to_thread(unpacked, revision, folder / "older")
    async with older(code, order) as http:
        # Refuses at once, not after the films are begun.
        missing_from([await standing(ground)])
        client = await Client(http).signed_in()
        films = await begun(client, count)
        going = await look(client, films)
        stages = Counter(next(iter(film.stages)) for film in going)
        print(f"{count} films, {len(going)} in progress when the older service was told to stop: {dict(stages)}")
        token = http.headers["Authorization"]
    await upgraded(ground, order)
    async with running(order) as (service,):
        async with httpx2.AsyncClient(base_url=service.address, timeout=60, headers={"Authorization": token}) as http:
            await finished(Client(http), films)
        audit = await verify(Site(ground, [service], both, store, folder / "clock"), [None])
    print(f"films {dict(Counter(film.phase for film in films))}, calls paid {both.calls_paid}, {audit.figures}")
    return wrong_with(films, both) + audit.wrongs + ([] if going else ["no film was in progress"])


def main() -> int:
    """Prints what came of it, and gives the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("revision")
    options.add_argument("--films", type=int, default=12)
    options.add_argument("--postgres", action="store_true")
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="avc-upgrade-"))
    try:
        with vendors() as both, database(folder, postgres=chosen.postgres) as ground:
            both.minimax.rules.task_seconds = TASK_SECONDS
            wrongs = asyncio.run(drill(ground, both, folder, chosen.revision, chosen.films))
    except (SchemaTooOld, SchemaTooNew) as refusal:
        print(f"{chosen.revision} cannot be tried: {refusal}")
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(wrongs) or "nothing lost, nothing paid for twice")
    return int(bool(wrongs))


if __name__ == "__main__":
    sys.exit(main())
