"""Carries MCP messages between the standard streams and a running service, each as it comes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx

from app.cli.connecting import Proof
from app.core.tasks import Background
from app.core.threads import Threads

VERSION = "MCP-Protocol-Version"
BOTH_FORMS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
PATIENCE = httpx.Timeout(120.0, connect=5.0)
SERVICE_FAULT = -32000
EVENT = "data:"
CANCELLED = "notifications/cancelled"
Json = dict[str, Any]


async def carry(proof: Proof) -> None:
    """Carries until the client hangs up; answers that are under way then are nobody's any more."""
    threads = Threads(2, name="avc-mcp")
    try:
        async with (
            httpx.AsyncClient(
                base_url=proof.address,
                headers={**proof.headers, **BOTH_FORMS},
                auth=proof.auth,
                timeout=PATIENCE,
                trust_env=proof.trusts_environment,
            ) as http,
            Background() as tasks,
        ):
            bridge = Bridge(http, threads, tasks)
            while line := await threads.run(sys.stdin.buffer.readline):
                bridge.take(line)
    finally:
        threads.close()


class Bridge:
    """One conversation; the version that its two ends agree on is told to the service with every message."""

    def __init__(self, http: httpx.AsyncClient, threads: Threads, tasks: Background) -> None:
        self._http = http
        self._threads = threads
        self._tasks = tasks
        self._one_at_a_time = asyncio.Lock()
        self._waiting: dict[str, asyncio.Task[None]] = {}

    def take(self, line: bytes) -> None:
        """Passes a message on by itself; over HTTP a request is cancelled by hanging up on its answer."""
        message = _read(line)
        if message.get("method") == CANCELLED:
            self._hang_up(message.get("params"))
            return
        passing = self._tasks.start(self.pass_on(line))
        if "id" in message and "method" in message:
            key = _key(message["id"])
            self._waiting[key] = passing
            passing.add_done_callback(lambda _ended: self._waiting.pop(key, None))

    def _hang_up(self, cancelled: object) -> None:
        waiting = self._waiting.get(_key(cancelled.get("requestId"))) if isinstance(cancelled, dict) else None
        if waiting is not None:
            waiting.cancel()

    async def pass_on(self, line: bytes) -> None:
        """One message of the client, and whatever the service says to it."""
        try:
            async with self._http.stream("POST", "/mcp", content=line.strip()) as reply:
                async for message in _messages(reply):
                    await self._say(message)
        except (httpx.TransportError, ValueError) as fault:
            await self._say(_fault(line, f"{self._http.base_url} does not answer: {fault}"))

    async def _say(self, message: Json) -> None:
        agreed = message.get("result", {}).get("protocolVersion") if isinstance(message.get("result"), dict) else None
        if isinstance(agreed, str):
            self._http.headers[VERSION] = agreed
        async with self._one_at_a_time:
            await self._threads.run(_write, json.dumps(message, ensure_ascii=False))


async def _messages(reply: httpx.Response) -> AsyncIterator[Json]:
    if reply.headers.get("content-type", "").startswith("text/event-stream"):
        async for line in reply.aiter_lines():
            if line.startswith(EVENT) and line[len(EVENT) :].strip():
                yield json.loads(line[len(EVENT) :])
        return
    content = await reply.aread()
    if not content:
        return
    said = json.loads(content)
    if reply.is_success or "jsonrpc" in said:
        yield said
    else:
        yield _fault(reply.request.content, str(said.get("detail", reply.reason_phrase)))


def _fault(line: bytes, message: str) -> Json:
    """A refusal of the service itself, as an answer to the message that it refused."""
    return {"jsonrpc": "2.0", "id": _read(line).get("id"), "error": {"code": SERVICE_FAULT, "message": message}}


def _read(line: bytes) -> Json:
    """The message of a line; what is no message has nothing in it."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _key(request_id: object) -> str:
    """An id by which a request is found again: 1 and "1" are two."""
    return json.dumps(request_id)


def _write(line: str) -> None:
    sys.stdout.buffer.write(f"{line}\n".encode())
    sys.stdout.buffer.flush()
