"""How what was paid for outlives a database, a store or a disk that is away: repeated writes and a local spool."""

import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import structlog
from pydantic import JsonValue

from app.core.clock import Clock
from app.core.errors import NotNow
from app.core.tasks import Backoff
from app.core.telemetry import CallUnit
from app.core.threads import Threads
from app.resources import Resources
from app.storage.locks import FileLock

log = structlog.get_logger(__name__)

T = TypeVar("T")

# The longest pause is shorter than the time that a sender has to bring its answer once the database is back.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 10.0
# Every waiter is woken when the connection that carries notices is back, so few sit out a long pause.
RETURN_TOPIC = "database_is_back"
FOLDER = ".spool"
READY, PART, UNREADABLE = ".answer", ".part", ".unreadable"
KEPT = frozenset({READY, UNREADABLE})
MOST_BYTES = 256 * 1024 * 1024


def passes(fault: Exception) -> bool:
    """Whether the same act may succeed later: database, store or disk do not take it now."""
    return isinstance(fault, OSError | NotNow)


def short_backoff(clock: Clock) -> Backoff:
    """Pauses that end soon enough after the database is back for a sender to bring its answer."""
    return Backoff(clock, first_seconds=FIRST_PAUSE_SECONDS, longest_seconds=LONGEST_PAUSE_SECONDS)


class Persistence:
    """Goes on with pauses that grow to ten seconds."""

    def __init__(self, resources: Resources) -> None:
        self._notifier = resources.notifier
        self._clock = resources.clock
        self._delays = resources.once(Delays)

    async def repeat(self, name: str, job_id: str, act: Callable[[], Awaitable[T]]) -> T:
        """The result of the act, which may be begun again at any point; the job shows what it waits for."""
        try:
            return await self._repeated(name, job_id, act)
        finally:
            self._delays.end(job_id)

    async def _repeated(self, name: str, job_id: str, act: Callable[[], Awaitable[T]]) -> T:
        backoff = short_backoff(self._clock)
        with self._notifier.subscribe(RETURN_TOPIC) as ring:
            while True:
                try:
                    return await act()
                except Exception as fault:
                    if not passes(fault):
                        raise
                    log.warning("write_postponed", act=name, job_id=job_id, fault=type(fault).__name__)
                    self._delays.begin(job_id, fault.awaited if isinstance(fault, NotNow) else "the disk")
                await self._notifier.wait(ring, backoff.seconds())


class Delays:
    """What the jobs of this process wait for; while the database is away nothing else can tell."""

    def __init__(self, _resources: Resources) -> None:
        self._awaited: dict[str, str] = {}

    def begin(self, job_id: str, awaited: str) -> None:
        """A job waits for this from now on."""
        self._awaited[job_id] = awaited

    def end(self, job_id: str) -> None:
        """It waits no more."""
        self._awaited.pop(job_id, None)

    def shown(self, job_id: str, stage: str) -> str:
        """The stage as it is shown: what is waited for goes before what is done."""
        awaited = self._awaited.get(job_id)
        return stage if awaited is None else stage_of(awaited)


def stage_of(awaited: str) -> str:
    """The stage of a job that waits for this."""
    return f"waiting_for_{awaited.replace(' ', '_')}"


@dataclass(frozen=True)
class Payload:
    """Bytes that a vendor has answered with, and the key of the store where they belong."""

    store_key: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class VendorAnswer:
    """What the vendor answered: its own id of the work, and what must be kept."""

    remote_id: str | None
    reply: dict[str, JsonValue] = field(default_factory=dict)
    actual_micro_usd: int | None = None
    used: Mapping[CallUnit, int] = field(default_factory=dict)
    payload: Payload | None = None


@dataclass(frozen=True)
class PaidAnswer:
    """An answer and the attempt that paid for it."""

    attempt_id: str
    job_id: str
    sent: VendorAnswer


@dataclass(frozen=True)
class SpooledAnswer:
    """An answer on the disk, claimed by whoever has this object."""

    path: Path
    lock: FileLock
    answer: PaidAnswer


class Spool:
    """A folder of this machine; several processes may share it, so every file is locked while somebody has it."""

    def __init__(self, storage: Path, threads: Threads, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = storage.resolve() / FOLDER
        self._threads = threads
        self._most_bytes = most_bytes

    async def save(self, answer: PaidAnswer) -> SpooledAnswer:
        """The answer on the disk, durable when this returns; OSError where the disk does not take it."""
        return await self._threads.run(self._write, answer)

    async def has(self, attempt_id: str) -> bool:
        """Whether an answer of this attempt lies here."""
        return await self._threads.run(self._path(attempt_id).exists)

    async def copied(self) -> Mapping[str, bytes]:
        """Every whole answer as it lies here, by the name of its file; for backups."""
        return await self._threads.run(self._contents)

    async def put_back(self, name: str, content: bytes) -> None:
        """Puts a file of a backup where it lay."""
        await self._threads.run(self._restore, name, content)

    async def waiting(self) -> Sequence[str]:
        """The attempts whose answers lie here, the oldest first."""
        return await self._threads.run(self._names)

    async def claim(self, attempt_id: str) -> SpooledAnswer | None:
        """The answer, unless somebody else has it in hand or it is gone."""
        return await self._threads.run(self._claim, attempt_id)

    async def drop(self, spooled: SpooledAnswer) -> None:
        """Deletes an answer that the database has, and lets go of it."""
        await self._threads.run(spooled.path.unlink, missing_ok=True)
        spooled.lock.release()

    def _path(self, attempt_id: str) -> Path:
        return self._folder / f"{attempt_id}{READY}"

    def _write(self, answer: PaidAnswer) -> SpooledAnswer:
        content = _packed(answer)
        if len(content) > self._most_bytes:
            message = f"an answer of {len(content)} bytes is more than one file of the spool may hold"
            raise OSError(message)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part, ready = self._folder / f"{answer.attempt_id}{PART}", self._path(answer.attempt_id)
        lock = FileLock.acquire(part)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(ready)
            _sync(self._folder)
        except BaseException:
            part.unlink(missing_ok=True)
            lock.release()
            raise
        return SpooledAnswer(ready, lock, answer)

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        for part in self._folder.glob(f"*{PART}"):
            self._forget_part(part)
        # Ids of attempts are UUIDv7, so their order is that of time.
        return sorted(path.name.removesuffix(READY) for path in self._folder.glob(f"*{READY}"))

    def _contents(self) -> dict[str, bytes]:
        found = {}
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            if path.suffix in KEPT:
                with suppress(FileNotFoundError):
                    found[path.name] = path.read_bytes()
        return found

    def _restore(self, name: str, content: bytes) -> None:
        target = self._folder / Path(name).name
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_bytes(content)

    def _forget_part(self, part: Path) -> None:
        """Deletes what a killed process had only half written; its answer was not complete."""
        lock = FileLock.try_acquire(part, create=False)
        if lock is not None:
            part.unlink(missing_ok=True)
            lock.release()

    def _claim(self, attempt_id: str) -> SpooledAnswer | None:
        path = self._path(attempt_id)
        lock = FileLock.try_acquire(path, create=False)
        if lock is None:
            return None
        try:
            return SpooledAnswer(path, lock, _unpacked(path.read_bytes()))
        except (ValueError, KeyError, TypeError):
            # It may be worth money, so it is put aside for a person and not deleted.
            log.exception("spooled_answer_unreadable", attempt_id=attempt_id)
            path.rename(path.with_suffix(UNREADABLE))
        except OSError as fault:
            log.warning("spooled_answer_not_read", attempt_id=attempt_id, fault=type(fault).__name__)
        lock.release()
        return None


def _packed(answer: PaidAnswer) -> bytes:
    """One line of JSON, then the bytes."""
    sent, payload = answer.sent, answer.sent.payload
    head = {
        "attempt_id": answer.attempt_id,
        "job_id": answer.job_id,
        "remote_id": sent.remote_id,
        "reply": sent.reply,
        "actual_micro_usd": sent.actual_micro_usd,
        "used": {unit.value: count for unit, count in sent.used.items()},
        "store_key": None if payload is None else payload.store_key,
    }
    return json.dumps(head).encode() + b"\n" + (b"" if payload is None else payload.content)


def _unpacked(content: bytes) -> PaidAnswer:
    line, _, rest = content.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    sent = VendorAnswer(
        head["remote_id"],
        head["reply"],
        head["actual_micro_usd"],
        {CallUnit(unit): count for unit, count in head["used"].items()},
        None if head["store_key"] is None else Payload(head["store_key"], rest),
    )
    return PaidAnswer(head["attempt_id"], head["job_id"], sent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
