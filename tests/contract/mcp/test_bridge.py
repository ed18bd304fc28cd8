"""The bridge of `avc mcp`: a request that its client cancels is not waited for any longer."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
from typing_extensions import override

from app.cli.mcp import McpBridge
from app.core.tasks import Background
from app.core.threads import Threads


class Unanswered(httpx.AsyncByteStream):
    """A stream of events in which no answer ever comes."""

    def __init__(self) -> None:
        self.is_read = asyncio.Event()
        self.is_closed = asyncio.Event()

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.is_read.set()
        yield b": still at it\n\n"
        await asyncio.Event().wait()

    @override
    async def aclose(self) -> None:
        self.is_closed.set()


def message(**fields: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **fields}).encode()


async def test_a_cancelled_request_hangs_up_on_its_answer_and_no_other() -> None:
    streams: list[Unanswered] = []
    asked: list[bytes] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(await request.aread())
        streams.append(Unanswered())
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=streams[-1])

    threads = Threads(1)
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http, Background() as tasks:
        bridge = McpBridge(http, threads, tasks)
        async with asyncio.timeout(30):
            for request_id in (1, "1"):
                bridge.take(message(id=request_id, method="tools/call", params={}))
            while len(streams) < 2:
                await asyncio.sleep(0.01)
            bridge.take(message(method="notifications/cancelled", params={"requestId": "1"}))
            bridge.take(message(method="notifications/cancelled", params={"requestId": 7}))
            closed = streams[[json.loads(each)["id"] for each in asked].index("1")]
            await closed.is_closed.wait()
            assert [stream.is_closed.is_set() for stream in streams if stream is not closed] == [False]
    assert len(asked) == 2
    threads.close()
