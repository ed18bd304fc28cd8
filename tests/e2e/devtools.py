"""A Chromium without a window, told what to do by its own protocol: opens pages, runs expressions, says what it saw."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required")
FLAGS += ("--remote-debugging-port=0", "--no-first-run", "--disable-extensions", "--disable-background-networking")
PATIENCE_SECONDS = 60.0
LARGEST_MESSAGE = 64 * 1024 * 1024


class Tab:
    """One page of the browser: what goes wrong in it, and how often sound and film come over the net."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._media: set[str] = set()
        self.media_responses = 0
        """Answers that players have received from the network, not from a cache."""
        self.faults: list[str] = []

    async def listen(self) -> None:
        """Takes in what the browser says until it closes."""
        async for message in self._socket:
            told = json.loads(message)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told["method"], told["params"])

    def _note(self, event: str, facts: dict[str, Any]) -> None:
        match event:
            case "Log.entryAdded" if not facts["entry"].get("url", "").endswith("/favicon.ico"):
                self.faults.append(facts["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.faults.append(facts["exceptionDetails"]["text"])
            case "Network.requestWillBeSent" if facts.get("type") == "Media":
                self._media.add(facts["requestId"])
            case "Network.responseReceived" if facts["requestId"] in self._media:
                self.media_responses += not facts["response"]["fromDiskCache"]
            case _:
                pass

    async def call(self, method: str, **parameters: Any) -> Any:
        """The answer of one command."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        told = await asyncio.wait_for(answer, PATIENCE_SECONDS)
        assert "error" not in told, told
        return told["result"]

    async def open(self, address: str) -> None:
        """Goes to a page."""
        await self.call("Page.navigate", url=address)

    async def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        told = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return told["result"].get("value")

    async def until(self, expression: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
        """Waits for an expression to be true, and gives it."""
        async with asyncio.timeout(seconds):
            while not (found := await self.value(expression)):
                await asyncio.sleep(0.1)
        return found


@asynccontextmanager
async def browser(chromium: str, profile: Path) -> AsyncIterator[Tab]:
    """An open browser with one empty page; its cache is in the profile's folder."""
    command = (chromium, *FLAGS, f"--user-data-dir={profile}", "about:blank")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        port = await _told(lambda: _port(profile))
        page = await _told(lambda: _page(port))
        async with connect(page, max_size=LARGEST_MESSAGE) as socket:
            tab = Tab(socket)
            listening = asyncio.create_task(tab.listen())
            for part in ("Page", "Runtime", "Log", "Network"):
                await tab.call(f"{part}.enable")
            yield tab
            listening.cancel()
    finally:
        process.kill()
        await process.wait()


async def _told(ask: Callable[[], Awaitable[str | None]]) -> str:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await ask()) is None:
            await asyncio.sleep(0.1)
    return answer


async def _port(profile: Path) -> str | None:
    file = profile / "DevToolsActivePort"
    lines = file.read_text().splitlines() if file.is_file() else []
    return lines[0] if len(lines) > 1 else None


async def _page(port: str) -> str | None:
    async with httpx2.AsyncClient() as http:
        known = (await http.get(f"http://127.0.0.1:{port}/json/list")).json()
    pages = [each for each in known if each["type"] == "page"]
    return pages[0]["webSocketDebuggerUrl"] if pages else None
