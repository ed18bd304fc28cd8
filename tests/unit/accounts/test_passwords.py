"""Passwords: strong parameters, exact characters, a bounded queue, the worst ones refused."""

import asyncio
import threading

import pytest
from pwdlib.hashers.argon2 import ARGON2_ENCODED_HASH_REGEX

from app.accounts.errors import PasswordsBusy, PasswordTooCommon
from app.accounts.passwords import NOBODYS_HASH, Argon2, Hasher, Passwords, refuse_common
from app.core.threads import Threads


@pytest.fixture
def threads():
    pool = Threads(8)
    yield pool
    pool.close()


class SlowHasher(Hasher):
    """Waits until it is let go, and remembers how many ran at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.running = self.most = self.calls = 0
        self._lock = threading.Lock()

    def hash(self, password: str) -> str:
        with self._lock:
            self.calls += 1
            self.running += 1
            self.most = max(self.most, self.running)
        self.gate.wait(10)
        with self._lock:
            self.running -= 1
        return f"hash of {password}"

    def verify(self, password: str, against: str) -> tuple[bool, str | None]:
        return self.hash(password) == against, None


@pytest.mark.parametrize("stored", [Argon2().hash("three small green apples"), NOBODYS_HASH], ids=["made", "nobodys"])
def test_hashes_have_at_least_the_recommended_strength(stored: str) -> None:
    found = ARGON2_ENCODED_HASH_REGEX.fullmatch(stored)
    assert found is not None
    assert found["variant"] == "argon2id"
    assert int(found["memory_cost"]) >= 19_456
    assert int(found["time_cost"]) >= 2


def test_every_character_counts_and_nothing_is_cut() -> None:
    hasher = Argon2()
    stored = hasher.hash("x" * 1023 + "y")
    assert hasher.verify("x" * 1023 + "y", stored) == (True, None)
    assert not hasher.verify("x" * 1023 + "z", stored)[0]
    assert not hasher.verify(" " + "x" * 1023 + "y", stored)[0]


def test_an_outdated_hash_is_replaced_when_the_password_is_right() -> None:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),)).hash("correct words here")
    good, better = Argon2().verify("correct words here", weak)
    assert good
    assert better is not None
    assert "m=19456,t=2,p=1" in better


def test_an_unreadable_hash_fits_no_password() -> None:
    assert Argon2().verify("anything", "plain text") == (False, None)


async def test_nobodys_hash_fits_nobody(threads: Threads) -> None:
    assert await Passwords(threads, Argon2()).verify("anything", None) == (False, None)


async def test_a_hasher_that_would_accept_cannot_open_an_account_without_a_hash(threads: Threads) -> None:
    class Yes(Hasher):
        def hash(self, password: str) -> str:
            return password

        def verify(self, password: str, against: str) -> tuple[bool, str | None]:
            return True, None

    good, _ = await Passwords(threads, Yes()).verify("x", None)
    assert not good


async def test_only_so_many_hash_at_once_and_only_so_many_wait(threads: Threads) -> None:
    hasher = SlowHasher()
    passwords = Passwords(threads, hasher, at_once=2, waiting=20)
    tasks = [asyncio.ensure_future(passwords.hash(str(number))) for number in range(30)]
    async with asyncio.timeout(5):
        while sum(task.done() for task in tasks) < 8 or hasher.running < 2:
            await asyncio.sleep(0.001)
    hasher.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    busy = [result for result in results if isinstance(result, PasswordsBusy)]
    assert (len(busy), hasher.calls, hasher.most) == (8, 22, 2)
    assert busy[0].retry_after_seconds == 1
    assert await passwords.hash("later") == "hash of later", "there is room again"


@pytest.mark.parametrize("word", ["password", "Password1", "QWERTYUIOP", "12345678", "haslo123", "iloveyou"])
def test_passwords_that_attackers_try_first_are_refused(word: str) -> None:
    with pytest.raises(PasswordTooCommon):
        refuse_common(word)


def test_the_accounts_own_name_is_no_password() -> None:
    with pytest.raises(PasswordTooCommon):
        refuse_common("Ada@Example.com", "ada@example.com", None)
    refuse_common("three small green apples", "ada@example.com", "ada")
