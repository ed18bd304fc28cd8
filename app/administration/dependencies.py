"""What the administrators' routes need: services of this request, for the administrator who asks."""

from typing import Annotated

from fastapi import Depends, Query

from app.accounts.dependencies import AdminUser, ResourcesDep
from app.accounts.domain import AccountRole, UserSearch
from app.administration.accounts import AccountAdministration, Act
from app.administration.schemas import Reason
from app.administration.work import WorkAdministration
from app.audit.domain import AuditFilter
from app.audit.service import AuditLog
from app.core.dependencies import ReadSession, SessionDep
from app.core.schema import Utc
from app.jobs.domain import JobFilter, JobStatus, Phase
from app.jobs.service import JobService
from app.library.quotas import StorageQuotas
from app.usage.service import UsageService

ReasonQuery = Annotated[Reason, Query(description="Why; kept in the audit log")]


async def accounts(session: ReadSession, resources: ResourcesDep, admin: AdminUser) -> AccountAdministration:
    """Reading service of accounts."""
    return AccountAdministration.over(session, resources, Act(admin.id))


async def account_changes(session: SessionDep, resources: ResourcesDep, admin: AdminUser) -> AccountAdministration:
    """Changing service of accounts."""
    return AccountAdministration.over(session, resources, Act(admin.id))


async def work_changes(session: SessionDep, resources: ResourcesDep, admin: AdminUser) -> WorkAdministration:
    """Changing service of jobs and paid calls."""
    return WorkAdministration.over(session, resources, Act(admin.id))


async def audit_log(session: ReadSession, resources: ResourcesDep, _admin: AdminUser) -> AuditLog:
    """The audit log of this request."""
    return AuditLog.over(session, resources.clock)


async def work_lists(session: ReadSession, resources: ResourcesDep, _admin: AdminUser) -> JobService:
    """Lists of jobs and paid calls."""
    return JobService.over(session, resources)


async def holds(session: ReadSession, resources: ResourcesDep, _admin: AdminUser) -> UsageService:
    """Lists of money that is put aside."""
    return UsageService.over(session, resources)


async def storage(session: ReadSession, resources: ResourcesDep, _admin: AdminUser) -> StorageQuotas:
    """Sums of what is stored."""
    return StorageQuotas.over(session, resources)


async def audit_filter(
    actor: Annotated[str | None, Query(max_length=64)] = None,
    action: Annotated[str | None, Query(max_length=64)] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[Utc | None, Query(description="Entries from this moment on")] = None,
    until: Annotated[Utc | None, Query(description="Entries before this moment")] = None,
) -> AuditFilter:
    """Which entries are wanted."""
    return AuditFilter(actor, action, subject, since, until)


async def users_wanted(
    *,
    search: Annotated[str, Query(max_length=254, description="Part of a name, an e-mail address or an id")] = "",
    role: AccountRole | None = None,
    is_active: bool | None = None,
) -> UserSearch:
    """Which accounts are wanted."""
    return UserSearch(words=search, role=role, is_active=is_active)


async def jobs_wanted(
    status: JobStatus | None = None,
    phase: Phase | None = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    project_id: Annotated[str | None, Query(max_length=36)] = None,
    owner_id: Annotated[str | None, Query(max_length=36)] = None,
) -> JobFilter:
    """Which jobs are wanted."""
    return JobFilter(status, phase, kind, project_id, owner_id)


Accounts = Annotated[AccountAdministration, Depends(accounts)]
AccountChanges = Annotated[AccountAdministration, Depends(account_changes)]
AuditWanted = Annotated[AuditFilter, Depends(audit_filter)]
Holds = Annotated[UsageService, Depends(holds)]
JobsWanted = Annotated[JobFilter, Depends(jobs_wanted)]
Log = Annotated[AuditLog, Depends(audit_log)]
Storage = Annotated[StorageQuotas, Depends(storage)]
UsersWanted = Annotated[UserSearch, Depends(users_wanted)]
WorkChanges = Annotated[WorkAdministration, Depends(work_changes)]
WorkLists = Annotated[JobService, Depends(work_lists)]
