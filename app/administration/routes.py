"""/admin: accounts, queue and jobs, money that waits, storage and the audit log, for administrators."""

from typing import Annotated

from fastapi import Path, Query, Response
from fastapi.responses import StreamingResponse

from app.accounts.dependencies import AdminUser, ResourcesDep
from app.accounts.errors import ScopeMissing, UserNotFound
from app.administration.accounts import LastAdministrator
from app.administration.dependencies import (
    AccountChanges,
    Accounts,
    AuditWanted,
    Holds,
    JobsWanted,
    Log,
    ReasonQuery,
    Storage,
    UsersWanted,
    WorkChanges,
    WorkLists,
)
from app.administration.schemas import (
    MEDIA_TYPES,
    AdminAttemptList,
    AdminAttemptRead,
    AdminJobList,
    AdminJobRead,
    AdminUserBody,
    AdminUserList,
    AdminUserRead,
    AnswerActBody,
    AuditList,
    AuditRead,
    ExportFormat,
    HoldList,
    HoldRead,
    QueueGroupRead,
    QueueRead,
    ReasonBody,
    StorageList,
    lines,
)
from app.audit.service import exported
from app.core.dependencies import NextLink, WindowDep
from app.core.routing import Router, documents
from app.jobs.dependencies import IdempotentRoute
from app.jobs.domain import OPEN_ATTEMPTS, AttemptState
from app.jobs.errors import AnswerNotOffered, AttemptNotAsked, AttemptNotFound, JobNotFound, NothingAsked

router = Router(prefix="/admin", tags=["admin"], route_class=IdempotentRoute, responses=documents(ScopeMissing))
MOST_GROUPS = 200
UserId = Annotated[str, Path(max_length=36)]
ObjectId = Annotated[str, Path(max_length=36)]
NO_STORE = {"Cache-Control": "private, no-store"}


@router.get("/users", operation_id="admin_users_list")
async def list_users(accounts: Accounts, wanted: UsersWanted, window: WindowDep, link: NextLink) -> AdminUserList:
    """Accounts, newest first, with what each keeps."""
    page, total = await accounts.searched(wanted, window)
    link.point_after(page)
    return AdminUserList(users=[AdminUserRead.of(account) for account in page.items], total=total)


@router.get("/users/{user_id}", operation_id="admin_users_read", responses=documents(UserNotFound))
async def read_user(user_id: UserId, accounts: Accounts) -> AdminUserRead:
    """One account."""
    return AdminUserRead.of(await accounts.find(user_id))


@router.patch(
    "/users/{user_id}", operation_id="admin_users_change", responses=documents(UserNotFound, LastAdministrator)
)
async def change_user(user_id: UserId, body: AdminUserBody, accounts: AccountChanges) -> AdminUserRead:
    """Gives or takes the administrator's role, disables or enables, sets a quota; each is kept with its reason."""
    return AdminUserRead.of(await accounts.because(body.reason).change(user_id, body.as_change()))


@router.delete(
    "/users/{user_id}",
    operation_id="admin_users_delete",
    status_code=204,
    responses=documents(UserNotFound, LastAdministrator),
)
async def delete_user(user_id: UserId, reason: ReasonQuery, accounts: AccountChanges) -> None:
    """Closes an account: its work stops, its names are free, its media is deleted by a job."""
    await accounts.because(reason).delete(user_id)


@router.get("/queue", operation_id="admin_queue")
async def read_queue(work: WorkLists) -> QueueRead:
    """What is unfinished, by kind, status and stage."""
    groups = [QueueGroupRead.model_validate(group) for group in await work.queue(MOST_GROUPS)]
    return QueueRead(unfinished=sum(group.count for group in groups), groups=groups)


@router.get("/jobs", operation_id="admin_jobs_list")
async def list_jobs(work: WorkLists, wanted: JobsWanted, window: WindowDep, link: NextLink) -> AdminJobList:
    """Anybody's jobs, newest first."""
    page, total = await work.found(wanted, window)
    link.point_after(page)
    return AdminJobList(jobs=[AdminJobRead.owned(job) for job in page.items], total=total)


@router.post("/jobs/{job_id}/cancel", operation_id="admin_jobs_cancel", responses=documents(JobNotFound))
async def cancel_job(job_id: ObjectId, body: ReasonBody, work: WorkChanges) -> AdminJobRead:
    """Stops anybody's job and all that it has started."""
    return AdminJobRead.owned(await work.because(body.reason).cancel(job_id))


@router.get("/attempts", operation_id="admin_attempts_list")
async def list_attempts(
    work: WorkLists, window: WindowDep, link: NextLink, state: AttemptState | None = None
) -> AdminAttemptList:
    """Paid calls whose outcome is open, or those of one state, newest first; `state=parked` waits for a word."""
    page, total = await work.attempts_in(OPEN_ATTEMPTS if state is None else {state}, window)
    link.point_after(page)
    return AdminAttemptList(attempts=[AdminAttemptRead.owned(found) for found in page.items], total=total)


@router.post(
    "/attempts/{attempt_id}/answer",
    operation_id="admin_attempts_answer",
    responses=documents(AttemptNotFound, AttemptNotAsked, AnswerNotOffered, NothingAsked),
)
async def answer_attempt(attempt_id: ObjectId, body: AnswerActBody, work: WorkChanges) -> AdminJobRead:
    """The word on a paid call of which nobody can tell whether it was charged; answers its job."""
    return AdminJobRead.owned(await work.because(body.reason).answer(attempt_id, body.choice))


@router.get("/holds", operation_id="admin_holds_list")
async def list_holds(holds: Holds, window: WindowDep, link: NextLink) -> HoldList:
    """Money that is put aside for anybody's jobs, newest first."""
    page, total = await holds.standing_holds(window)
    link.point_after(page)
    return HoldList(holds=[HoldRead.of(hold) for hold in page.items], total=total)


@router.get("/storage", operation_id="admin_storage")
async def read_storage(storage: Storage, window: WindowDep) -> StorageList:
    """What is stored, and who keeps how much, the largest first; pages go by `skip`."""
    return StorageList.of(await storage.overview(window))


@router.get("/audit", operation_id="admin_audit_list")
async def list_audit(log: Log, wanted: AuditWanted, window: WindowDep, link: NextLink) -> AuditList:
    """What operators and administrators did, to whom and why, newest first."""
    page, total = await log.listed(wanted, window)
    link.point_after(page)
    return AuditList(entries=[AuditRead.model_validate(entry) for entry in page.items], total=total)


@router.get("/audit/export", operation_id="admin_audit_export", response_class=StreamingResponse)
async def export_audit(
    _admin: AdminUser,
    resources: ResourcesDep,
    wanted: AuditWanted,
    form: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.JSONL,
) -> Response:
    """The whole log as JSON lines or CSV, streamed."""
    name = f'attachment; filename="audit.{form.value}"'
    written = lines(exported(resources.database, wanted), form)
    return StreamingResponse(written, media_type=MEDIA_TYPES[form], headers=NO_STORE | {"Content-Disposition": name})
