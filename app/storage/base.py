"""FileStore protocol: put a stream, open a range, stat, delete; which keys a store takes."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from app.core.errors import NotFound, NotNow, TooLarge

CHUNK_BYTES = 256 * 1024


class FileMissing(NotFound):
    """The store has no file under this key."""

    code = "storage.file_missing"
    message = "This file is gone. Reload the object it belongs to for a fresh link."


class FileTooLarge(TooLarge):
    """A stream went on past its limit."""

    code = "storage.file_too_large"
    message = "The file is larger than allowed here. Send a smaller one."


class StoreUnreachable(NotNow):
    """The file store did not do what it was asked."""

    awaited = "the file store"
    code = "storage.unreachable"
    message = "The file store does not answer right now. Nothing was changed; try again shortly."


@dataclass(frozen=True)
class StoredFile:
    """What was written."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Stat:
    """A file as the store lists it."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class AnswerHeaders:
    """What a store says of a file that it serves without us."""

    content_type: str
    disposition: str
    cache_control: str


class FileStore(Protocol):
    """Files under opaque keys; a key is written whole or not at all, and never changed afterwards.

    A key is `folder/name` of letters, digits, `.`, `_` and `-`, made by us and never by a caller of the API.
    """

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        """Writes a stream; past the limit it raises FileTooLarge and leaves nothing behind."""

    async def put_file(self, key: str, path: Path) -> StoredFile:
        """Takes a finished file of this machine in; it may be moved away, and the caller removes what is left."""

    def open(self, key: str, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `begin` to before `end`; FileMissing when there is no such key."""

    async def stat(self, key: str) -> Stat | None:
        """Size and time, or None when there is no such key."""

    async def delete(self, key: str) -> None:
        """Removes a file; a missing one is no error."""

    def walk(self, prefix: str = "") -> AsyncIterator[Stat]:
        """Every file whose key begins so."""

    async def presign_get(self, key: str, until: datetime, headers: AnswerHeaders) -> str | None:
        """An address that serves the file without us as we would, one for the same end; None where only we can."""

    async def presign_put(self, key: str, life: timedelta, headers: Mapping[str, str]) -> str | None:
        """An address that takes the file without us when it is sent with these headers; None where only we can."""

    async def check(self) -> None:
        """Writes, reads and deletes a small file; raises when it cannot."""

    async def sweep_parts(self, older_than: timedelta, now: datetime) -> int:
        """Deletes unfinished files that a crash left behind; says how many."""

    async def close(self) -> None:
        """Gives connections up."""


KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,5}")


def is_key(text: str) -> bool:
    """Whether a text has the form of our keys."""
    return KEY.fullmatch(text) is not None


def checked_key(key: str) -> str:
    """The key itself when it is one of ours; anything else names no file."""
    if not is_key(key):
        raise FileMissing
    return key
