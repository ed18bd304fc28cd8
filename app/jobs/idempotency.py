"""Insert-first record of a POST that carries a key, and its replay."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

from app.jobs.errors import KeyInUse, KeyReused, KeyUnusable
from app.jobs.models import IdempotencyRecord
from app.jobs.repository.idempotency import ANY_ROUTE, IdempotencyRepository
from app.resources import Resources

__all__ = ["MAX_KEY_CHARACTERS", "Answer", "Idempotency", "Replay", "answering", "body_hash", "current_record"]
__all__ += ["request_hash", "unquoted"]

KEPT = timedelta(hours=24)
# No request runs longer than the longest held reply; a record still open after that belongs to a crashed process.
ABANDONED = timedelta(minutes=15)
MAX_KEY_CHARACTERS = 255
_RECORD: ContextVar[str | None] = ContextVar("idempotency_record", default=None)


def current_record() -> str | None:
    """The record of the request that this task answers; None without a key."""
    return _RECORD.get()


@contextmanager
def answering(record_id: str) -> Iterator[None]:
    """Jobs that begin inside the block are what this record stands for."""
    token = _RECORD.set(record_id)
    try:
        yield
    finally:
        _RECORD.reset(token)


@dataclass(frozen=True)
class Answer:
    """What the first request was answered."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Replay:
    """The key is known: its answer, or the job it started when the answer was never written."""

    answer: Answer | None
    job_id: str | None


def unquoted(header: str) -> str:
    """The key of a header, bare or as an RFC 8941 string."""
    key = header.strip()
    if len(key) > 1 and key.startswith('"') and key.endswith('"'):
        key = key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise KeyUnusable
    return key


def body_hash(body: bytes, content_type: str) -> str:
    """One hash for bodies that mean the same; a multipart body counts without its random boundary."""
    if "json" in content_type:
        try:
            body = json.dumps(json.loads(body), sort_keys=True).encode()
        except (ValueError, RecursionError):
            return hashlib.sha256(body).hexdigest()
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    return hashlib.sha256(body.replace(boundary, b"") if boundary else body).hexdigest()


def request_hash(path: str, query: str, body: str) -> str:
    """One hash for requests that ask for the same: path, query in any order, and the hash of the body."""
    asked = [path.rstrip("/"), sorted(parse_qsl(query, keep_blank_values=True)), body]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


class Idempotency:
    """One record per user and key; it is committed before the request does anything."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock

    async def begin(self, owner_id: str, key: str, hashed: str) -> str | Replay:
        """The id of a fresh record, or what the key stands for already."""
        now = self._clock.now()
        async with self._resources.database.unit_of_work() as session:
            records = IdempotencyRepository(session, self._clock)
            await records.forget_expired(now)
            fresh = IdempotencyRecord(
                owner_id=owner_id, route=ANY_ROUTE, key=key, body_hash=hashed, expires_at=now + KEPT
            )
            if await records.begin(fresh):
                return fresh.id
            known = await records.known(owner_id, key)
            if known is None:
                raise KeyInUse(retry_after_seconds=1)
            if known.body_hash != hashed:
                raise KeyReused
            if known.status is not None:
                return Replay(Answer(known.status, known.headers or {}, self._opened(known)), known.job_id)
            if known.job_id is not None:
                return Replay(None, known.job_id)
            if now - known.updated_at < ABANDONED:
                raise KeyInUse(retry_after_seconds=2)
            await records.renew(known.id)
            return known.id

    async def finish(self, record_id: str, answer: Answer, *, is_secret: bool = False) -> None:
        """Keeps the answer for a day; one that tells a secret is sealed."""
        body = self._resources.sealer.seal(answer.body, _place(record_id)) if is_secret else answer.body
        async with self._resources.database.unit_of_work() as session:
            await IdempotencyRepository(session, self._clock).finish(
                record_id, status=answer.status, headers=dict(answer.headers), body=body
            )

    async def drop(self, record_id: str) -> None:
        """Frees the key of a request that was refused, unless a job was started: the key stands for it then."""
        async with self._resources.database.unit_of_work() as session:
            await IdempotencyRepository(session, self._clock).drop(record_id)

    def _opened(self, record: IdempotencyRecord) -> str:
        body, sealer = record.body or "", self._resources.sealer
        return sealer.open(body, _place(record.id)) if sealer.is_sealed(body) else body


def _place(record_id: str) -> str:
    return f"idempotency:{record_id}"
