"""A zip as a stream: each file is read while it is sent, and nothing is held but the piece on its way."""

import zipfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast

__all__ = ["Part", "packed"]


@dataclass(frozen=True)
class Part:
    """One file of a zip; its bytes are asked for when its turn comes."""

    name: str
    chunks: AsyncIterator[bytes]


class _Outlet:
    """Takes what a zip writer says and gives it away; a place to go back to does not exist."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, piece: bytes) -> int:
        self._waiting += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece


async def packed(parts: Iterable[Part], moment: datetime) -> AsyncIterator[bytes]:
    """The bytes of a zip; media are stored as they are, because they do not become smaller."""
    outlet = _Outlet()
    # A writer without `tell` and `seek` puts sizes behind each file, which every reader understands.
    with zipfile.ZipFile(cast("IO[bytes]", outlet), "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            head = zipfile.ZipInfo(part.name, moment.timetuple()[:6])
            head.external_attr = 0o644 << 16
            with archive.open(head, "w", force_zip64=True) as entry:
                async for chunk in part.chunks:
                    entry.write(chunk)
                    yield outlet.taken()
            yield outlet.taken()
    yield outlet.taken()
