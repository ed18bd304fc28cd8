"""Measures how a burst of films by one user delays another's single film, and a third user's reads.

Run it with `python -m benchmarks.fairness.run --films 30`; it ends with 1 when a figure is missed. All films are made
offline and small by one process, so that the figures hold for work that needs processors, not only for vendors' queues.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from tests import factories
from tests.e2e.conftest import Json, Person, service

MOST_DELAY = 3.0
MOST_READ_SECONDS = 0.3
READ_EVERY_SECONDS = 0.1
IDLE_SECONDS = 10.0
STORY = "A fox walks into the wood at dawn, looks for a lost lantern, meets an owl and they walk home together. "
PASSWORD = "a long pass phrase 1"


async def produced(person: Person, name: str, segments: int) -> str:
    """The job of a new film."""
    wish = {"name": name, "story_prompt": STORY, "target_duration_sec": 6 * segments, "language": "en"}
    project = await person.post("/projects", wish)
    path = f"/projects/{project['id']}"
    await person.upload(f"{path}/first-frame", "first.png", factories.picture(640, 360), "image/png")
    job: dict[str, Any] = await person.post(f"{path}/produce", {"auto_approve": True})
    return str(job["id"])


async def alone(person: Person, segments: int, *, patience_seconds: float) -> float:
    """Seconds that one film takes its owner, from the wish to the film."""
    begun = time.monotonic()
    job_id = await produced(person, "Single", segments)
    try:
        await person.done(job_id, within_seconds=patience_seconds)
    finally:
        await show_parts(person, job_id)
    return time.monotonic() - begun


async def show_parts(person: Person, job_id: str) -> None:
    """When each part of a film was wanted, begun and done, in seconds since the film was wanted."""
    job = await person.get(f"/jobs/{job_id}")
    since = datetime.fromisoformat(job["created_at"])

    def moment_of(part: Json, name: str) -> str:
        moment = part.get(name)
        return f"{(datetime.fromisoformat(moment) - since).total_seconds():6.1f}" if moment else "     -"

    for part in (job, *(await person.get(f"/jobs/{job_id}/manifest"))["children"]):
        moments = (moment_of(part, name) for name in ("created_at", "started_at", "finished_at"))
        print(f"  {part['kind']:16} {' '.join(moments)}", flush=True)


@asynccontextmanager
async def reads(person: Person, *, label: str) -> AsyncIterator[list[float]]:
    """How long each of a third user's reads took while the block ran, in seconds; the shortest first."""
    taken: list[float] = []

    async def reading() -> None:
        while True:
            for path in ("/projects", "/jobs", "/auth/me"):
                begun = time.monotonic()
                await person.get(path)
                taken.append(time.monotonic() - begun)
            await asyncio.sleep(READ_EVERY_SECONDS)

    task = asyncio.ensure_future(reading())
    try:
        yield taken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    taken.sort()
    shown = ", ".join(f"p{share:.0%} {at(taken, share) * 1000:.0f} ms".replace("%", "") for share in (0.5, 0.95, 0.99))
    print(f"reads {label}: {len(taken)}, {shown}", flush=True)


def at(taken: list[float], share: float) -> float:
    """What this share of them keeps to."""
    return taken[int(len(taken) * share)]


@asynccontextmanager
async def another(first: Person, name: str) -> AsyncIterator[Person]:
    """Somebody else at the same service."""
    async with httpx2.AsyncClient(base_url=first.http.base_url, timeout=120) as http:
        wish = {"email": f"{name}@example.com", "password": PASSWORD}
        (await http.post("/api/v1/auth/register", json=wish)).raise_for_status()
        answer = (await http.post("/api/v1/auth/login", json=wish)).raise_for_status()
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Person(http)


async def measured(films: int, segments: int, *, patience_seconds: float) -> tuple[float, float]:
    """How many times its time alone a film takes beside the burst, and the p95 of reads meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        environment: dict[str, Any] = {
            "RATE_LIMIT_READS": "100000",
            "RATE_LIMIT_JOBS": "100000",
            "MAX_JOBS_PER_USER": "1000",
        }
        async with (
            service(Path(name), **environment) as many,
            another(many, "single") as single,
            another(many, "reader") as reader,
        ):
            # The first film of a process also loads what films are made with.
            await alone(single, 1, patience_seconds=patience_seconds)
            async with reads(reader, label="of an idle service"):
                await asyncio.sleep(IDLE_SECONDS)
            async with reads(reader, label="beside one film"):
                usual = await alone(single, segments, patience_seconds=patience_seconds)
            print(f"alone: {usual:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)
            async with reads(reader, label="while the burst is posted"):
                for number in range(films):
                    await produced(many, f"Film {number}", segments)
            async with reads(reader, label=f"beside {films} films") as taken:
                try:
                    beside = await alone(single, segments, patience_seconds=patience_seconds)
                except TimeoutError:
                    print(f"beside {films} films: not made within {patience_seconds:g} s", flush=True)
                    beside = patience_seconds
            left = (await many.get("/jobs?phase=running&limit=1"))["total"]
            slow = at(taken, 0.95)
            print(
                f"beside {films} films: {beside:.1f} s, {beside / usual:.2f} times; reads p95 {slow * 1000:.0f} ms; "
                f"{left} jobs of the burst still under way; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            return beside / usual, slow


def main() -> int:
    """Prints the figures and says whether both held."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--films", type=int, default=30)
    options.add_argument("--segments", type=int, default=2)
    options.add_argument("--patience", type=float, default=600.0)
    chosen = options.parse_args()
    print(f"{os.cpu_count()} cores; a burst of {chosen.films} films of {chosen.segments} segments")
    ratio, slow = asyncio.run(measured(chosen.films, chosen.segments, patience_seconds=chosen.patience))
    return int(ratio > MOST_DELAY or slow > MOST_READ_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
