"""Where streamed bytes go: the shape a download writes into, and a bounded one in memory."""

from typing import Protocol

from typing_extensions import override

from app.core.errors import TooLarge


class BinarySink(Protocol):
    """Takes bytes in order; whoever made it opens, keeps and closes it."""

    async def write(self, chunk: bytes) -> None:
        """Appends; returns once the bytes are handed over."""

    async def restart(self) -> None:
        """Forgets everything written: the source begins again from its first byte."""


class MemorySink(BinarySink):
    """Keeps what is written in memory, up to a cap."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept = bytearray()

    @property
    def content(self) -> bytes:
        """What was written."""
        return bytes(self._kept)

    @override
    async def write(self, chunk: bytes) -> None:
        if len(self._kept) + len(chunk) > self._max_bytes:
            raise TooLarge
        self._kept += chunk

    @override
    async def restart(self) -> None:
        self._kept.clear()
