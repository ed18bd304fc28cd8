"""Gates: named moments of a film at which the harness holds it until a fault has begun."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.fairness import FairLimiter
from app.engine.port import NEVER, EngineRunner, JobContext, JobId, JobOrder, JsonObject, Retries, StepFailed
from app.jobs.settlement import JobRuntime
from app.resources import Resources
from app.worker import WorkerParts
from tests.faults.books import Books
from tests.standins.running import served

__all__ = ["GatedParts", "Gatekeeper", "Place"]

LOOK_SECONDS = 0.1
# Both films that are held at their cuts have begun them.
RENDERS_AT_ONCE = 2


@dataclass(frozen=True)
class Place:
    """A moment of a job: its kind, and a step with what is before, or after it."""

    kind: str
    point: str


@dataclass
class Gatekeeper:
    """The harness's end: which film waits where, and when all may go on. Lives in two threads."""

    books: Books
    # Project to the places at which it is held, one after the other.
    held_at: dict[str, list[Place]] = field(default_factory=dict)
    reached: dict[str, set[Place]] = field(default_factory=dict)
    passed: list[tuple[str, Place]] = field(default_factory=list)
    opened: set[tuple[str, Place]] = field(default_factory=set)
    address: str = ""
    _films: dict[str, str | None] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def serving(self) -> Iterator["Gatekeeper"]:
        """Listens on loopback for as long as the block lasts."""
        with served(Starlette(routes=[Route("/gate", self._gate, methods=["POST"])])) as self.address:
            try:
                yield self
            finally:
                self.over.set()

    def is_at(self, film: str, place: Place) -> bool:
        return place in self.reached.get(film, set())

    def let_pass(self, film: str, place: Place) -> None:
        """Opens one gate of one film."""
        self.opened.add((film, place))

    def open_all(self) -> None:
        """From now on nothing is held."""
        self.over.set()

    async def where(self, film: str) -> list[str]:
        """What the jobs of a film are at, and the last place that it passed."""
        jobs = await self.books.rows(f"SELECT kind, status, stage FROM jobs WHERE project_id = '{film}' ORDER BY id")
        passed = [f"passed {place.kind} {place.point}" for name, place in self.passed if name == film]
        return [*(" ".join(job) for job in jobs), *passed[-1:]]

    async def _gate(self, request: Request) -> Response:
        said = await request.json()
        place = Place(said["kind"], said["point"])
        film = None if self.over.is_set() else await self._film_of(said["job_id"])
        if film is not None:
            await self._held(film, place)
        return JSONResponse({"over": self.over.is_set()})

    async def _held(self, film: str, place: Place) -> None:
        self.passed.append((film, place))
        if place in self.held_at.get(film, ()):
            self.reached.setdefault(film, set()).add(place)
            while not self.over.is_set() and (film, place) not in self.opened:
                await asyncio.sleep(LOOK_SECONDS)

    async def _film_of(self, job_id: str) -> str | None:
        if job_id not in self._films:
            found = await self.books.rows(f"SELECT project_id FROM jobs WHERE id = '{job_id}'")
            self._films[job_id] = found[0][0]
        return self._films[job_id]


class GateClient:
    """The service's end: asks whether it may go on; once told that all is over it asks no more."""

    def __init__(self, address: str, places: Collection[Place]) -> None:
        self._http = httpx2.AsyncClient(base_url=address, timeout=None)
        self._places = frozenset(places)
        self._over = False

    async def reach(self, order: JobOrder, point: str) -> None:
        if self._over or Place(order.kind, point) not in self._places:
            return
        said = {"job_id": order.job_id, "kind": order.kind, "point": point}
        answer = await self._http.post("/gate", json=said)
        self._over = json.loads(answer.content)["over"]


class GatedContext(JobContext):
    """Reaches a gate before and after each step."""

    def __init__(self, inner: JobContext, gates: GateClient) -> None:
        self._inner = inner
        self._gates = gates

    @property
    def order(self) -> JobOrder:
        return self._inner.order

    async def step(self, name: str, call: Callable[..., Awaitable[Any]], *args: Any, retries: Retries = NEVER) -> Any:
        return await self._between(name, lambda: self._inner.step(name, call, *args, retries=retries))

    async def wait(
        self, name: str, look: Callable[..., Awaitable[Any]], *args: Any, every_seconds: float, until: datetime
    ) -> Any:
        waiting = self._inner.wait
        return await self._between(name, lambda: waiting(name, look, *args, every_seconds=every_seconds, until=until))

    async def alive(self) -> None:
        await self._inner.alive()

    async def emit(self, event: str, facts: JsonObject) -> None:
        await self._inner.emit(event, facts)

    async def _between(self, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        await self._gates.reach(self.order, f"{name}.before")
        try:
            result = await act()
        except StepFailed:
            await self._gates.reach(self.order, f"{name}.after")
            raise
        await self._gates.reach(self.order, f"{name}.after")
        return result


class GatedParts(WorkerParts):
    """The real worker whose jobs stop at gates; its pauses are short."""

    reap_seconds = 0.5
    sweep_seconds = 0.5

    def __init__(self, address: str, places: Collection[Place]) -> None:
        self._gates = GateClient(address, places)

    def runner(self, resources: Resources, runtime: JobRuntime) -> EngineRunner:
        inner = super().runner(replace(resources, renders=FairLimiter(RENDERS_AT_ONCE)), runtime)

        async def run(job_id: JobId, context: JobContext, /) -> JsonObject | None:
            return await inner(job_id, GatedContext(context, self._gates))

        return run
