"""Argon2id with explicit parameters, off the loop, a few at once and a short queue; the worst passwords are refused."""

import asyncio
import os
from functools import cache
from importlib.resources import files
from typing import Final, Protocol

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from typing_extensions import override

from app.accounts.errors import (
    PasswordsBusy,
    PasswordTooCommon,
)
from app.core.database import outside_transaction
from app.core.threads import Threads

MEMORY_KIB: Final = 19_456
ROUNDS: Final = 2
LANES: Final = 1
MIN_CHARACTERS: Final = 8
MAX_CHARACTERS: Final = 1024
MAX_WAITING: Final = 20
# Compared with when there is no such user, so that the answer takes as long; no password is behind it.
NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$LLWYtOfMQuvH6blK1d0NzA$Kor9WP/NEhGKcAO5AeyCpeoWXE9zUQcdZeoBwaoJSzg"
)


class Hasher(Protocol):
    """Makes and checks password hashes; blocks while it does."""

    def hash(self, password: str) -> str:
        """A fresh hash."""

    def verify(self, password: str, against: str) -> tuple[bool, str | None]:
        """Whether it is the password, and a better hash when the stored one is out of date."""


class Argon2(Hasher):
    """The real one."""

    def __init__(self) -> None:
        self._hash = PasswordHash((Argon2Hasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES),))

    @override
    def hash(self, password: str) -> str:
        return self._hash.hash(password)

    @override
    def verify(self, password: str, against: str) -> tuple[bool, str | None]:
        try:
            return self._hash.verify_and_update(password, against)
        except UnknownHashError:
            return False, None


class Passwords:
    """Hashing for a whole process: as many at once as leave the loop a core, the others in line or sent away."""

    def __init__(
        self, threads: Threads, hasher: Hasher, *, at_once: int | None = None, waiting: int = MAX_WAITING
    ) -> None:
        self._threads = threads
        self._hasher = hasher
        self._lane = asyncio.Semaphore(at_once or max(1, (os.cpu_count() or 1) - 1))
        self._room = waiting
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The hash to store."""
        await self._enter()
        try:
            return await self._threads.run(self._hasher.hash, password)
        finally:
            self._lane.release()

    async def verify(self, password: str, against: str | None) -> tuple[bool, str | None]:
        """Whether it is the password (and a better hash); without a stored hash it takes as long and is never."""
        await self._enter()
        try:
            good, better = await self._threads.run(self._hasher.verify, password, against or NOBODYS_HASH)
        finally:
            self._lane.release()
        return good and against is not None, better

    async def _enter(self) -> None:
        # SQLite has one writer: a transaction held across a hash would stop everybody else's.
        outside_transaction()
        if self._waiting >= self._room:
            raise PasswordsBusy(retry_after_seconds=1)
        self._waiting += 1
        try:
            await self._lane.acquire()
        finally:
            self._waiting -= 1


def refuse_common(password: str, *own_words: str | None) -> None:
    """Refuses passwords that attackers try first, and the account's own names."""
    word = password.lower()
    if word in _common() or any(word == own.lower() for own in own_words if own):
        raise PasswordTooCommon


@cache
def _common() -> frozenset[str]:
    text = files("app.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line and not line.startswith("#"))
