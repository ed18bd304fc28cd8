"""Delays, trace ids and faults around every call of the stand-in."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tests.standins.minimax.world import Fault, World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BEFORE = ("status", "code", "body", "huge", "gzip_bomb", "hang", "drip")
AFTER = ("swallow", "swallow_hang", "swallow_status")
LONGEST_HANG_SECONDS = 60.0


class Cut(Exception):
    """Ends the connection in the middle of an answer."""


class Mischief:
    """Lets good calls through and spoils the others as the faults say."""

    def __init__(self, app: App, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        world = self._world
        world.calls.append((scope["method"], scope["path"]))
        if world.rules.latency_seconds:
            await asyncio.sleep(world.rules.latency_seconds)
        traced = self._traced(send)
        if (fault := world.fault_for(scope["path"], *BEFORE)) is not None:
            await self._spoil(fault, receive, traced)
        elif (fault := world.fault_for(scope["path"], *AFTER)) is not None:
            await self._app(scope, receive, _nowhere)
            await self._lose(fault, receive, traced)
        else:
            await self._app(scope, receive, traced)

    def _traced(self, send: Send) -> Send:
        async def traced(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                trace = f"trace{len(self._world.calls):08d}".encode()
                message["headers"] = [*message.get("headers", []), (b"trace-id", trace)]
            await send(message)

        return traced

    async def _spoil(self, fault: Fault, receive: Receive, send: Send) -> None:
        body = fault.body.encode()
        match fault.kind:
            case "hang":
                await _hang(receive, fault.seconds)
            case "drip":
                await _drip(send, fault)
            case "huge":
                await _answer(send, 200, b'{"padding":"' + b"x" * fault.size_bytes + b'"}')
            case "gzip_bomb":
                packed = gzip.compress(b'{"padding":"' + b"0" * fault.size_bytes + b'"}')
                await _answer(send, 200, packed, {"content-encoding": "gzip"})
            case "code":
                verdict = {"base_resp": {"status_code": fault.code, "status_msg": "as the fault says"}}
                await _answer(send, fault.status or 200, json.dumps(verdict).encode())
            case _:
                await _answer(send, fault.status or 200, body or b"<html>bad gateway</html>", fault.headers)

    async def _lose(self, fault: Fault, receive: Receive, send: Send) -> None:
        if fault.kind == "swallow_hang":
            await _hang(receive, fault.seconds)
        elif fault.kind == "swallow_status":
            await _answer(send, fault.status or 502, b"<html>bad gateway</html>")
        else:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            await send({"type": "http.response.body", "body": b'{"task', "more_body": True})
            raise Cut


async def _nowhere(_message: MutableMapping[str, Any]) -> None:
    return


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    said = {"content-type": "application/json", "content-length": str(len(body))} | (headers or {})
    encoded = [(name.lower().encode(), value.encode()) for name, value in said.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _hang(receive: Receive, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds or LONGEST_HANG_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass
    raise Cut


async def _drip(send: Send, fault: Fault) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100000")]})
    for _ in range(round(LONGEST_HANG_SECONDS / (fault.seconds or 0.05))):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(fault.seconds or 0.05)
    raise Cut
