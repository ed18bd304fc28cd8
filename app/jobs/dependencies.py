"""What routes of jobs need: the job that is named, keys that make a POST repeatable, and the two answers."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl

import structlog
from fastapi import Depends, Header, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from typing_extensions import override

from app.accounts.dependencies import CurrentUser, Public, ResourcesDep, WorkerKey
from app.accounts.domain import Account, Scope
from app.audit.service import AuditLog
from app.core.database import may_be_committed
from app.core.dependencies import FILE_FORM, ReadSession, SessionDep
from app.core.routing import documents, joined
from app.core.schema import Reply
from app.jobs.domain import JobStatus, JobView, Preference, read_preference, targets
from app.jobs.errors import IllegalJobMove, KeyInUse, KeyReused, KeyUnusable
from app.jobs.models import IdempotencyRecord
from app.jobs.queue import answering
from app.jobs.repository.jobs import ANY_ROUTE, IdempotencyRepository
from app.jobs.schemas import JobRead
from app.jobs.service import JobService, unless_broken
from app.jobs.settlement import JobControl
from app.resources import Resources

KEPT = timedelta(hours=24)
# No request runs longer than the longest held reply; a record still open after that belongs to a crashed process.
ABANDONED = timedelta(minutes=15)
MAX_KEY_CHARACTERS = 255
log = structlog.get_logger("audit")
ENDED_BY_ADMINS = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})
REPLAYED = "Idempotency-Replayed"
FORM_CHUNK_BYTES = 64 * 1024
# Printable, and more than spaces: only for the API document, because a key that does not fit has a refusal of its own.
KEY_PATTERN = r"^[ -~]*[!-~][ -~]*$"
KEPT_HEADERS = ("content-type", "location", "preference-applied", "retry-after", "etag")
OK, ACCEPTED = 200, 202
NO_STORE = {"Cache-Control": "private, no-store"}
RETRY_AFTER_SECONDS = "2"
STILL_AT_WORK: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {"model": JobRead, "description": "The job goes on; read it at Location"}
}


@dataclass(frozen=True)
class FirstAnswer:
    """What the first request was answered."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Replay:
    """The key is known: its answer, or the job it started when the answer was never written."""

    answer: FirstAnswer | None
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
                return Replay(FirstAnswer(known.status, known.headers or {}, self._opened(known)), known.job_id)
            if known.job_id is not None:
                return Replay(None, known.job_id)
            if now - known.updated_at < ABANDONED:
                raise KeyInUse(retry_after_seconds=2)
            await records.renew(known.id)
            return known.id

    async def finish(self, record_id: str, answer: FirstAnswer, *, is_secret: bool = False) -> None:
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


class _Replayed(Exception):
    """Ends the request with the answer of an earlier one."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        super().__init__()


async def keyed_request(
    request: Request,
    user: CurrentUser,
    resources: ResourcesDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Your own id of this request; repeats within 24 hours get the first answer",
            json_schema_extra={"minLength": 1, "maxLength": MAX_KEY_CHARACTERS, "pattern": KEY_PATTERN},
        ),
    ] = None,
) -> AsyncIterator[None]:
    """Inserts the key's record before anything else happens, or ends the request with the known answer.

    It stands before the route's session: what is named first ends last, so the answer is kept after the commit.
    """
    if idempotency_key is None:
        yield
        return
    records = Idempotency(resources)
    hashed = request_hash(request.url.path, request.url.query, await _hash_of(request))
    begun = await records.begin(user.id, unquoted(idempotency_key), hashed)
    if isinstance(begun, Replay):
        raise _Replayed(begun)
    try:
        with answering(begun):
            yield
    except BaseException as fault:
        # The same request would start the work a second time, and pay for it.
        if not may_be_committed(fault):
            await records.drop(begun)
        raise
    is_secret = isinstance(request.scope["route"], SecretRoute)
    await records.finish(begun, _answer_of(request.state.first_answer), is_secret=is_secret)


class IdempotentRoute(APIRoute):
    """A route whose first answer to a key is kept and given again; every POST that needs an account takes keys."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        stated: list[Dependency] = list(options.get("dependencies") or ())
        if "POST" in (options.get("methods") or ()) and Public not in stated:
            options["dependencies"] = [Depends(keyed_request, scope="function"), *stated]
            options["responses"] = joined(options.get("responses") or {}, documents(KeyReused, KeyInUse, KeyUnusable))
        super().__init__(path, endpoint, **options)

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def replaying(request: Request) -> Response:
            try:
                response = await handle(request)
            except _Replayed as found:
                return _replay(found.replay)
            request.state.first_answer = response
            return response

        return replaying


class SecretRoute(IdempotentRoute):
    """A route whose answer tells a secret: it is kept sealed."""


class StreamedRoute(IdempotentRoute):
    """A route that reads its body as a stream: to a key, the length of the body stands for its bytes."""


async def preference(
    prefer: Annotated[str | None, Header(description="`respond-async`, or `wait=N` seconds")] = None,
) -> Preference:
    """How long the caller wants to wait."""
    return read_preference(prefer)


async def job_service(session: ReadSession, resources: ResourcesDep) -> JobService:
    """Reading service of this request."""
    return JobService.over(session, resources)


async def job_steering(session: SessionDep, resources: ResourcesDep) -> JobControl:
    """Changing service of this request."""
    return JobControl.over(session, resources)


async def owned_job(job_id: str, user: CurrentUser, resources: ResourcesDep) -> JobView:
    """The caller's own job; a foreign one is not found."""
    async with resources.database.reading() as session:
        return await JobService.over(session, resources).owned(job_id, user.id)


async def explicable_job(job_id: str, user: CurrentUser, resources: ResourcesDep) -> JobView:
    """The caller's own job; for administrators any user's, because they explain calls that nobody else answers for."""
    async with resources.database.reading() as session:
        jobs = JobService.over(session, resources)
        if not user.may(Scope.ADMIN):
            return await jobs.owned(job_id, user.id)
        job = await jobs.any(job_id)
    if job.owner_id != user.id:
        log.info("admin_job_access", who=user.id, what="job.explain", object=job_id)
    return job


async def any_job(job_id: str, worker: WorkerKey, resources: ResourcesDep) -> JobView:
    """Any user's job, for admins and outside workers."""
    async with resources.database.reading() as session:
        job = await JobService.over(session, resources).any(job_id)
    log.info("admin_job_access", who=worker.id, what="job.status", object=job_id)
    if worker.may(Scope.ADMIN):
        await _record(resources, worker, "job.move", job)
    return job


async def stoppable_job(job_id: str, user: CurrentUser, resources: ResourcesDep) -> JobView:
    """The caller's own job; for administrators any user's, which is written to the audit log."""
    job = await explicable_job(job_id, user, resources)
    if job.owner_id != user.id:
        await _record(resources, user, "job.cancel", job)
    return job


async def answerable_job(job_id: str, user: CurrentUser, resources: ResourcesDep) -> JobView:
    """The same for the word on what a job asks."""
    job = await explicable_job(job_id, user, resources)
    if job.owner_id != user.id:
        await _record(resources, user, "job.answer", job)
    return job


async def _record(resources: Resources, account: Account, action: str, job: JobView) -> None:
    """Keeps who reached for a job of somebody else; the act itself may still be refused."""
    async with resources.database.unit_of_work() as session:
        entries = AuditLog.over(session, resources.clock)
        await entries.record(account.id, action, f"job:{job.id}", owner_id=job.owner_id, kind=job.kind)


def check_move(job: JobView, to: JobStatus, account: Account) -> None:
    """An administrator ends jobs and leaves their steps to the workers."""
    if account.may(Scope.ADMIN) and to not in ENDED_BY_ADMINS:
        allowed = [status.value for status in targets(job.status) if status in ENDED_BY_ADMINS]
        raise IllegalJobMove(facts={"current": job.status.value, "allowed": list(allowed)})


Jobs = Annotated[JobService, Depends(job_service)]
Control = Annotated[JobControl, Depends(job_steering)]
AnswerableJob = Annotated[JobView, Depends(answerable_job)]
AnyJob = Annotated[JobView, Depends(any_job)]
ExplicableJob = Annotated[JobView, Depends(explicable_job)]
OwnedJob = Annotated[JobView, Depends(owned_job)]
StoppableJob = Annotated[JobView, Depends(stoppable_job)]
Prefer = Annotated[Preference, Depends(preference)]


async def _hash_of(request: Request) -> str:
    """What was sent, whatever the boundaries of a form are called this time."""
    if isinstance(request.scope["route"], StreamedRoute):
        return request.headers.get("content-length", "")
    media_type = request.headers.get("content-type", "")
    if not media_type.startswith("multipart/form-data"):
        return body_hash(await request.body(), media_type)
    digest = hashlib.sha256()
    for name, value in (await request.form(**FILE_FORM)).multi_items():
        if isinstance(value, str):
            digest.update(repr((name, value)).encode())
            continue
        digest.update(repr((name, value.filename, value.size, value.content_type)).encode())
        while chunk := await value.read(FORM_CHUNK_BYTES):
            digest.update(chunk)
        await value.seek(0)
    return digest.hexdigest()


def _replay(replay: Replay) -> Response:
    if replay.answer is None:
        raise KeyInUse(hint=f"The request started job {replay.job_id}; read it at GET /api/v1/jobs/{replay.job_id}.")
    headers: dict[str, Any] = {**replay.answer.headers, REPLAYED: "true"}
    return Response(replay.answer.body, status_code=replay.answer.status, headers=headers)


def _answer_of(response: Response) -> FirstAnswer:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return FirstAnswer(response.status_code, headers, bytes(response.body).decode())


def job_url(job: JobView) -> str:
    """Where the job is read."""
    return f"/api/v1/jobs/{job.id}"


async def job_reply(
    job: JobView, prefer: Preference, made: Callable[[], Awaitable[Reply]], status: int = OK
) -> Response:
    """What was made, shown only once the job has completed, else the job; a failed one is told as its refusal."""
    headers = {**NO_STORE, **prefer.header(), "Location": job_url(job)}
    if unless_broken(job).status is JobStatus.COMPLETED:
        return JSONResponse((await made()).model_dump(mode="json"), status, headers)
    waiting = headers | {"Retry-After": RETRY_AFTER_SECONDS}
    return JSONResponse(JobRead.of(job).model_dump(mode="json"), ACCEPTED, waiting)


async def result_reply(job: JobView, prefer: Preference, shape: type[Reply]) -> Response:
    """The job's own result in this shape once it has completed, else the job."""

    async def made() -> Reply:
        return shape.model_validate(job.result)

    return await job_reply(job, prefer, made)
