"""OwnedJob, Prefer and IdempotentRoute: what a route needs before it starts or shows work."""

import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

import structlog
from fastapi import Depends, Header, Request, Response
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from typing_extensions import override

from app.accounts.dependencies import CurrentUser, Public, ResourcesDep, WorkerKey
from app.accounts.values import Account, Scope
from app.audit.service import AuditLog
from app.core.database import may_be_committed
from app.core.dependencies import FILE_FORM, ReadSession, SessionDep
from app.core.responses import documents, joined
from app.jobs.domain import JobStatus, JobView, Preference, read_preference, targets
from app.jobs.errors import IllegalJobMove, KeyInUse, KeyReused, KeyUnusable
from app.jobs.idempotency import (
    MAX_KEY_CHARACTERS,
    Answer,
    Idempotency,
    Replay,
    answering,
    body_hash,
    request_hash,
    unquoted,
)
from app.jobs.service import JobService
from app.jobs.steering import JobSteering
from app.resources import Resources

__all__ = ["AnswerableJob", "AnyJob", "ExplicableJob", "IdempotentRoute", "Jobs", "OwnedJob", "Prefer", "SecretRoute"]
__all__ += ["Steering", "StoppableJob", "StreamedRoute", "check_move", "keyed_request"]

log = structlog.get_logger("audit")

ENDED_BY_ADMINS = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})
REPLAYED = "Idempotency-Replayed"
FORM_CHUNK_BYTES = 64 * 1024
# Printable, and more than spaces: only for the API document, because a key that does not fit has a refusal of its own.
KEY_PATTERN = r"^[ -~]*[!-~][ -~]*$"
KEPT_HEADERS = ("content-type", "location", "preference-applied", "retry-after", "etag")


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


async def job_steering(session: SessionDep, resources: ResourcesDep) -> JobSteering:
    """Changing service of this request."""
    return JobSteering.over(session, resources)


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
Steering = Annotated[JobSteering, Depends(job_steering)]
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


def _answer_of(response: Response) -> Answer:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, headers, bytes(response.body).decode())
