"""Our own bounded pool for blocking calls; the loop's default pool belongs to the job engine."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Literal, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


# How a file is opened here: read, written anew, made where nothing stands, or added to.
FileMode = Literal["rb", "wb", "xb", "ab"]


class Threads:
    """A named pool of worker threads; whoever builds it closes it."""

    def __init__(self, size: int, *, name: str = "avc") -> None:
        self.size = size
        self.executor = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a blocking call off the loop, with the caller's context variables."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, lambda: context.run(call, *args, **kwargs))

    @asynccontextmanager
    async def opened(self, path: Path, mode: FileMode) -> AsyncIterator[BinaryIO]:
        """A file off the loop; it is closed even if its user is cancelled while it opens or closes."""
        begun = self.executor.submit(_open, path, mode)
        try:
            file = await asyncio.shield(asyncio.wrap_future(begun))
        except asyncio.CancelledError:
            begun.add_done_callback(_close)
            raise
        try:
            yield file
        finally:
            await self._shut(file)

    async def _shut(self, file: BinaryIO) -> None:
        try:
            closing = self.executor.submit(file.close)
        except RuntimeError:
            # At the end of the process the pool may be closed before its last user.
            file.close()
        else:
            await asyncio.shield(asyncio.wrap_future(closing))

    def close(self) -> None:
        """Stops taking work and drops what has not begun; running calls finish by themselves."""
        self.executor.shutdown(wait=False, cancel_futures=True)


def _open(path: Path, mode: FileMode) -> BinaryIO:
    return path.open(mode)


def _close(begun: Future[BinaryIO]) -> None:
    if not begun.cancelled() and begun.exception() is None:
        begun.result().close()
