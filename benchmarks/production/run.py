"""Measures one produced film against its critical path, with vendors that take their time, without and with a limit.

Run it with `python -m benchmarks.production.run`; it ends with 1 when the film took over 1.08 times its critical path.
"""

import argparse
import asyncio
import heapq
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests import factories
from tests.e2e.conftest import Json, Person, service
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.running import served

MOST_RATIO = 1.08
STORY = "Lis wychodzi o świcie do lasu, szuka zgubionej latarni, spotyka sowę i wraca z nią do domu. " * 3


@dataclass(frozen=True)
class Latencies:
    """How long the vendor takes, in seconds."""

    clip: float = 20.0
    picture: float = 4.0
    speech: float = 1.0


class Slow:
    """The stand-in, answering pictures and speech as late as a vendor does."""

    def __init__(self, app: Any, latencies: Latencies) -> None:
        self._app = app
        self._by_path = {"image_generation": latencies.picture, "t2a": latencies.speech}

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Waits by the path, then lets the stand-in answer."""
        path = scope.get("path", "")
        await asyncio.sleep(next((late for name, late in self._by_path.items() if name in path), 0.0))
        await self._app(scope, receive, send)


def optimum_seconds(segments: int, latencies: Latencies, limit: int) -> float:
    """When the last clip ends at best: each begins when its second frame is drawn and a place is free."""
    free = [0.0] * limit
    ended = 0.0
    for index in range(segments):
        begun = max((index + 1) * latencies.picture, heapq.heappop(free))
        heapq.heappush(free, begun + latencies.clip)
        ended = max(ended, begun + latencies.clip)
    return ended


def seconds_of(children: list[Json], kind: str) -> float:
    """How long the job of one kind ran."""
    job = next(child for child in children if child["kind"] == kind)
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("started_at", "finished_at"))
    return (ended - begun).total_seconds()


async def produced(person: Person, segments: int) -> tuple[float, list[Json]]:
    """The wall time of one film, and the jobs it was made by."""
    wish = {"name": "Film", "story_prompt": STORY, "target_duration_sec": 6 * segments}
    project = await person.post("/projects", wish)
    path = f"/projects/{project['id']}"
    await person.upload(f"{path}/first-frame", "first.png", factories.picture(1280, 720), "image/png")
    begun = time.monotonic()
    job = await person.post(f"{path}/produce", {"auto_approve": True})
    await person.done(job["id"])
    elapsed = time.monotonic() - begun
    return elapsed, (await person.get(f"/jobs/{job['id']}/manifest"))["children"]


async def measured(segments: int, latencies: Latencies, limit: int) -> float:
    """The ratio of one film, printed."""
    world = World()
    world.rules.task_seconds = latencies.clip
    with tempfile.TemporaryDirectory() as name, served(Slow(minimax_app(world), latencies)) as address:
        world.base_url = address
        folder = Path(name)
        environment = {
            "MINIMAX_API_KEY": GOOD_KEY,
            "MINIMAX_API_BASE": address,
            "MINIMAX_POLL_SECONDS": "1",
            "MINIMAX_MAX_INFLIGHT": str(limit),
            **dict.fromkeys(("MINIMAX_RPM_VIDEO", "MINIMAX_RPM_IMAGE", "MINIMAX_RPM_SPEECH"), "1000"),
        }
        async with service(folder, **environment) as person:
            elapsed, children = await produced(person, segments)
    plan, cut = seconds_of(children, "plan.create"), seconds_of(children, "film.assemble")
    path = plan + optimum_seconds(segments, latencies, limit) + cut
    ratio = elapsed / path
    print(
        f"at most {limit} clips at once: {elapsed:.1f} s, critical path {path:.1f} s "
        f"(plan {plan:.1f}, frames and clips {path - plan - cut:.1f}, cut {cut:.1f}): {ratio:.3f}",
        flush=True,
    )
    return ratio


def main() -> int:
    """Prints each film's ratio and says whether all held."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--segments", type=int, default=10)
    options.add_argument("--limits", type=int, nargs="+", default=[100, 3])
    chosen = options.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; clip, picture and speech: {Latencies()}")
    ratios = [asyncio.run(measured(chosen.segments, Latencies(), limit)) for limit in chosen.limits]
    return int(max(ratios) > MOST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
