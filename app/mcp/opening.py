"""Serves MCP over HTTP from the first request on: the SDK is loaded then, not by every process that serves pages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from typing import Any

from app.core.tasks import Background
from app.resources import Resources

# Under this name the door leaves the caller's account in the state of a request.
ACCOUNT = "mcp_account"
Message = MutableMapping[str, Any]
AsgiHandler = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class Opening:
    """The one server of a process, begun when it is first asked for."""

    def __init__(self, resources: Resources, tasks: Background) -> None:
        self._resources = resources
        self._tasks = tasks
        self._one_at_a_time = asyncio.Lock()
        self._over = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._handler: AsgiHandler | None = None

    async def handler(self) -> AsgiHandler:
        """What answers requests whose callers are known."""
        async with self._one_at_a_time:
            if self._handler is None:
                module = await self._resources.threads.run(import_module, "app.mcp.server")
                begun: asyncio.Future[AsgiHandler] = asyncio.get_running_loop().create_future()
                self._serving = self._tasks.start(self._serve(module.http_handler(self._resources), begun))
                self._handler = await begun
            return self._handler

    async def close(self) -> None:
        """Ends what was begun."""
        self._over.set()
        if self._serving is not None:
            await self._serving

    async def _serve(
        self, server: AbstractAsyncContextManager[AsgiHandler], begun: "asyncio.Future[AsgiHandler]"
    ) -> None:
        # The SDK wants the block of its requests to be left by the task that has entered it.
        try:
            async with server as handler:
                begun.set_result(handler)
                await self._over.wait()
        except Exception as fault:
            if begun.done():
                raise
            begun.set_exception(fault)


@asynccontextmanager
async def mcp_served(resources: Resources) -> AsyncIterator[Opening]:
    """Serves for the length of the block."""
    async with Background() as tasks:
        opening = Opening(resources, tasks)
        try:
            yield opening
        finally:
            await opening.close()
