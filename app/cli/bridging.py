"""Carries MCP messages between the standard streams and a running service, each as it comes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx

from app.core.tasks import Background
from app.core.threads import Threads

__all__ = ["Bridge", "carry"]

VERSION = "MCP-Protocol-Version"
BOTH_FORMS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
PATIENCE = httpx.Timeout(120.0, connect=5.0)
SERVICE_FAULT = -32000
EVENT = "data:"

Json = dict[str, Any]


async def carry(address: str, secret: str) -> None:
    """Carries until the client hangs up; answers that are under way then are nobody's any more."""
    threads = Threads(2, name="avc-mcp")
    headers = {"Authorization": f"Bearer {secret}", **BOTH_FORMS}
    try:
        async with (
            httpx.AsyncClient(base_url=address, headers=headers, timeout=PATIENCE) as http,
            Background() as tasks,
        ):
            bridge = Bridge(http, threads)
            while line := await threads.run(sys.stdin.buffer.readline):
                tasks.start(bridge.pass_on(line))
    finally:
        threads.close()


class Bridge:
    """One conversation; the version that its two ends agree on is told to the service with every message."""

    def __init__(self, http: httpx.AsyncClient, threads: Threads) -> None:
        self._http = http
        self._threads = threads
        self._one_at_a_time = asyncio.Lock()

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
    asked = json.loads(line)
    asked_id = asked.get("id") if isinstance(asked, dict) else None
    return {"jsonrpc": "2.0", "id": asked_id, "error": {"code": SERVICE_FAULT, "message": message}}


def _write(line: str) -> None:
    sys.stdout.buffer.write(f"{line}\n".encode())
    sys.stdout.buffer.flush()
