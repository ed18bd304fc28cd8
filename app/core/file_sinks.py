"""A sink that writes to a file of this machine, off the loop and up to a cap."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import BinaryIO, Self

from typing_extensions import override

from app.core.errors import TooLarge
from app.core.sinks import BinarySink
from app.core.threads import Threads


class FileSink(BinarySink):
    """Writes to a file of this machine off the loop, up to a cap; the file is open while the block lasts."""

    def __init__(self, path: Path, threads: Threads, max_bytes: int) -> None:
        self._path = path
        self._threads = threads
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._opened = AsyncExitStack()
        self._file: BinaryIO | None = None

    async def __aenter__(self) -> Self:
        """Opens an empty file."""
        self._file = await self._opened.enter_async_context(self._threads.opened(self._path, "wb"))
        return self

    async def __aexit__(self, *_cause: object) -> None:
        """Closes it."""
        await self._opened.aclose()

    @override
    async def write(self, chunk: bytes) -> None:
        self._size_bytes += len(chunk)
        if self._size_bytes > self._max_bytes:
            raise TooLarge
        await self._threads.run(self._open_file().write, chunk)

    @override
    async def restart(self) -> None:
        self._size_bytes = 0
        await self._threads.run(self._open_file().seek, 0)
        await self._threads.run(self._open_file().truncate)

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            message = "the file is written only while the block lasts"
            raise RuntimeError(message)
        return self._file
