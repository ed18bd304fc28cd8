"""A vendor that charges per accepted task, knows no idempotency keys, and loses some of its answers."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from app.core.clock import SystemClock

ACCEPT_SECONDS = 0.016
ANSWER_SECONDS = 0.024
VISIBLE_SECONDS = 0.06
DONE_SECONDS = 0.1
CLOSE_SECONDS = 5.0
CHEAPEST_MICRO_USD = 270_000


class Fault(StrEnum):
    """What may go wrong with one paid request."""

    NONE = "none"
    BUSY = "busy"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    SWALLOWED = "swallowed"


WEIGHTS = {Fault.NONE: 82, Fault.BUSY: 5, Fault.RESET_BEFORE: 3, Fault.RESET_AFTER: 5, Fault.SWALLOWED: 5}


@dataclass(frozen=True)
class Charge:
    """One accepted paid request; `job_id` and `attempt_id` are for the oracle only and never told to clients."""

    task_id: str
    account: str
    job_id: str
    attempt_id: str
    micro_usd: int
    accepted_at: float


@dataclass
class Vendor:
    """Serves over real HTTP; its charges are the oracle."""

    dice: Random
    weights: dict[Fault, int] = field(default_factory=lambda: dict(WEIGHTS))
    charges: list[Charge] = field(default_factory=list)
    faults: Counter[Fault] = field(default_factory=Counter)
    scripted: list[Fault] = field(default_factory=list)
    address: str = ""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Vendor"]:
        """Listens on a free loopback port; its address is known inside the block."""
        server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
            async with asyncio.timeout(CLOSE_SECONDS):
                while self._open:
                    for writer in tuple(self._open):
                        writer.transport.abort()
                    await asyncio.sleep(0.01)

    def charged_per_job(self) -> Counter[str]:
        """Money per job."""
        charged: Counter[str] = Counter()
        for charge in self.charges:
            charged[charge.job_id] += charge.micro_usd
        return charged

    def paid_per(self, of: str) -> Counter[str]:
        """Accepted requests per job or per attempt."""
        return Counter(getattr(charge, of) for charge in self.charges)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            method, path, body = await _heard(reader)
            answer = await self._paid(path, body, reader, writer) if method == "POST" else self._told(path)
            if answer is not None:
                writer.write(_packed(*answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            # A killed client leaves half a request, or nobody to answer.
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _paid(
        self, path: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, Any] | None:
        [fault] = (
            [self.scripted.pop(0)] if self.scripted else self.dice.choices([*self.weights], [*self.weights.values()])
        )
        self.faults[fault] += 1
        if fault is Fault.BUSY:
            return 429, {"error": "busy"}
        await asyncio.sleep(self.dice.uniform(0, ACCEPT_SECONDS))
        if fault is Fault.RESET_BEFORE:
            writer.transport.abort()
            return None
        charge = self._accept(path.split("/")[1], json.loads(body))
        await asyncio.sleep(self.dice.uniform(0, ANSWER_SECONDS))
        if fault is Fault.RESET_AFTER:
            writer.transport.abort()
            return None
        if fault is Fault.SWALLOWED:
            # The client hears nothing until it gives up or dies.
            await reader.read()
            return None
        return 200, {"task_id": charge.task_id}

    def _accept(self, account: str, order: dict[str, str]) -> Charge:
        charge = Charge(
            task_id=f"task-{len(self.charges) + 1}",
            account=account,
            job_id=order["job_id"],
            attempt_id=order["attempt_id"],
            micro_usd=CHEAPEST_MICRO_USD + self.dice.randrange(1000),
            accepted_at=_now(),
        )
        self.charges.append(charge)
        return charge

    def _told(self, path: str) -> tuple[int, Any]:
        """The list of an account since a moment, after the visibility bound; or one task."""
        _, account, *rest = path.split("/")
        now = _now()
        own = [charge for charge in self.charges if charge.account == account]
        if rest[:2] == ["tasks", "since"]:
            shown = [c for c in own if float(rest[2]) <= c.accepted_at <= now - VISIBLE_SECONDS]
            return 200, {"tasks": [charge.task_id for charge in shown]}
        for charge in own:
            if rest == ["tasks", charge.task_id]:
                done = now - charge.accepted_at >= DONE_SECONDS
                return 200, {"status": "succeeded" if done else "running", "charged_micro_usd": charge.micro_usd}
        return 404, {"error": "unknown task"}


def _now() -> float:
    return SystemClock().now().timestamp()


async def _heard(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, path, _ = head.split("\r\n", 1)[0].split(" ")
    sizes = [line.partition(":")[2] for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    return method, path, await reader.readexactly(int(sizes[0]) if sizes else 0)


def _packed(status: int, document: Any) -> bytes:
    content = json.dumps(document).encode()
    head = (f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(content)}")
    return "\r\n".join((*head, "Connection: close", "", "")).encode() + content
