"""Both vendors of a film, who can hold the answer of a paid call until a fault has begun; each film's bill."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.faults.films.vendors import LISTED, PATHS, Stage
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, Fault
from tests.standins.minimax.world import World as MiniMaxWorld
from tests.standins.openai.app import openai_app
from tests.standins.openai.world import GOOD_KEY as OPENAI_KEY
from tests.standins.openai.world import World as OpenAIWorld
from tests.standins.running import served

__all__ = ["BILL", "Mischief", "Step", "Vendors", "vendors"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
LOOK_SECONDS = 0.02
# Beyond these the service's own patience would take minutes; the adapters' contract tests show it.
LATE_SECONDS, BROKEN_SECONDS, DRIP_SECONDS = 8.0, 3.0, 0.1


class Step(StrEnum):
    """Where a film of one segment pays."""

    PLAN = "plan"
    FRAME = "frame"
    SPEECH = "speech"
    CLIP = "clip"


PATH_OF = {
    Step.PLAN: PATHS[Stage.PLAN],
    Step.FRAME: PATHS[Stage.FRAMES],
    Step.SPEECH: PATHS[Stage.NARRATION],
    Step.CLIP: PATHS[Stage.CLIPS],
}
# What a film of one segment costs in calls.
BILL = {Step.PLAN: 1, Step.FRAME: 2, Step.SPEECH: 1, Step.CLIP: 1}


@dataclass
class Held:
    """The answer to one call of one film, kept back until it is released."""

    path: str
    marker: str
    arrived: threading.Event = field(default_factory=threading.Event)


class Mischief(StrEnum):
    """What a vendor does to one paid call of one film; only of `REFUSES` it takes no money."""

    BREAKS = "breaks off"
    DRIPS = "drips"
    FAILS = "500 after the work"
    REFUSES = "500 before the work"
    LATE = "answers late"


@dataclass
class Spoiled:
    """A call that goes wrong once."""

    path: str
    marker: str
    mischief: Mischief
    struck: bool = False

    @property
    def is_lost(self) -> bool:
        """Whether the work was done and paid for, and its answer never given."""
        return self.struck and self.mischief not in {Mischief.REFUSES, Mischief.LATE}


@dataclass
class Vendors:
    """The worlds behind the stand-ins; both live in threads of their own."""

    minimax: MiniMaxWorld = field(default_factory=MiniMaxWorld)
    openai: OpenAIWorld = field(default_factory=OpenAIWorld)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    spoiled: list[Spoiled] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def hold(self, step: Step, marker: str) -> Held:
        """Keeps back the answer to the first call of this step whose words hold the marker; it is charged."""
        held = Held(PATH_OF[step], marker)
        self.held.append(held)
        return held

    def release(self) -> None:
        """Lets all answers go."""
        self.released.set()

    def spoil(self, step: Step, marker: str, mischief: Mischief) -> None:
        """Plans one fault of the first call of this step whose words hold the marker."""
        self.spoiled.append(Spoiled(PATH_OF[step], marker, mischief))

    def let_links_expire(self, times: int) -> None:
        """The next links to clips have expired when they are followed."""
        self.minimax.faults.append(Fault("status", "/_files/clip", times=times, status=403))

    def bill(self, marker: str) -> dict[Step, int]:
        """How many calls of each step the film with this marker has paid for."""
        paid = [(each.path, each.text) for each in (*self.openai.paid, *self.minimax.paid)]
        books = Counter(path for path, text in paid if marker in text)
        return {step: books[PATH_OF[step]] for step in Step}

    @property
    def calls_paid(self) -> int:
        return len(self.openai.paid) + len(self.minimax.paid)


class Cut(Exception):
    """Ends the connection in the middle of an answer."""


class Holding:
    """A stand-in whose answers can be kept back or spoiled; what it was told and charged stays so."""

    def __init__(self, app: Any, vendors: Vendors) -> None:
        self._app = app
        self._vendors = vendors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = await _body(receive)

        async def whole() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        for spoiled in self._vendors.spoiled:
            if not spoiled.struck and scope["path"] == spoiled.path and spoiled.marker.encode() in body:
                spoiled.struck = True
                await self._spoil(spoiled.mischief, scope, whole, send)
                return
        await self._app(scope, whole, self._late(scope["path"], body, send))

    def _late(self, path: str, body: bytes, send: Send) -> Send:
        """Sends when the answer is released, where it is held."""
        held = next((h for h in self._vendors.held if self._fits(h, path, body)), None)

        async def late(message: MutableMapping[str, Any]) -> None:
            if held is not None and message["type"] == "http.response.start":
                held.arrived.set()
                while not self._vendors.released.is_set():
                    await asyncio.sleep(LOOK_SECONDS)
            await send(message)

        return late

    def _fits(self, held: Held, path: str, body: bytes) -> bool:
        return not held.arrived.is_set() and path == held.path and held.marker.encode() in body

    async def _spoil(self, mischief: Mischief, scope: Scope, receive: Receive, send: Send) -> None:
        if mischief is not Mischief.REFUSES:
            late = _after(LATE_SECONDS, send) if mischief is Mischief.LATE else _nowhere
            await self._app(scope, receive, late)
        if mischief in {Mischief.FAILS, Mischief.REFUSES}:
            await send({"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": b"<html>internal error</html>"})
        if mischief in {Mischief.BREAKS, Mischief.DRIPS}:
            await _broken(send, drips=mischief is Mischief.DRIPS)


def _after(seconds: float, send: Send) -> Send:
    async def late(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return late


async def _nowhere(_message: MutableMapping[str, Any]) -> None:
    return


async def _broken(send: Send, *, drips: bool) -> None:
    """Nothing, or a byte now and then, and then the end of the connection."""
    if drips:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100000")]})
    for _ in range(round(BROKEN_SECONDS / DRIP_SECONDS)):
        if drips:
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(DRIP_SECONDS)
    raise Cut


async def _body(receive: Receive) -> bytes:
    whole = b""
    while True:
        message = await receive()
        whole += message.get("body", b"")
        if not message.get("more_body"):
            return whole


@contextmanager
def vendors() -> Iterator[Vendors]:
    """The stand-ins, served over real HTTP."""
    both = Vendors()
    both.minimax.rules.task_seconds = 0.2
    both.minimax.rules.callbacks = "never"
    minimax, openai = Holding(minimax_app(both.minimax), both), Holding(openai_app(both.openai), both)
    with served(minimax) as address, served(openai) as openai_address:
        both.minimax.base_url = address
        pace = {"poll_seconds": 0.2, "rpm_video": 10_000, "rpm_image": 10_000, "rpm_speech": 10_000}
        both.settings = {
            "minimax": {"api_key": GOOD_KEY, "api_base": address, "max_inflight": 1000, **LISTED, **pace},
            "openai": {"api_key": OPENAI_KEY, "base_url": f"{openai_address}/v1"},
            "providers": {"image": "minimax", "moderation": "local"},
            "work": {"embedded_worker": True, "max_jobs_per_user": 1000, "productions_per_user": 100},
        }
        try:
            yield both
        finally:
            both.release()
