"""/usage, /budgets and /providers."""

from typing import Annotated

from fastapi import Depends, Path, Query

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.core.dependencies import ReadSession, SessionDep
from app.core.routing import Router, documents
from app.providers.errors import EngineNotFound
from app.usage.domain import Grouping, PeriodUnusable
from app.usage.schemas import BudgetsBody, BudgetsRead, Day, EngineList, EngineRead, UsageRead
from app.usage.service import OfferService, UsageService

router = Router(tags=["usage"])


async def usage_reading(session: ReadSession, resources: ResourcesDep) -> UsageService:
    """Reading service of this request."""
    return UsageService.over(session, resources)


async def usage_writing(session: SessionDep, resources: ResourcesDep) -> UsageService:
    """Changing service of this request."""
    return UsageService.over(session, resources)


Reading = Annotated[UsageService, Depends(usage_reading)]
Writing = Annotated[UsageService, Depends(usage_writing)]


@router.get("/usage", operation_id="usage_report", responses=documents(PeriodUnusable))
async def report(
    user: CurrentUser,
    usage: Reading,
    begin: Annotated[Day | None, Query(alias="from", description="First day, UTC")] = None,
    end: Annotated[Day | None, Query(alias="to", description="Last day, UTC")] = None,
    group_by: Grouping = Grouping.DAY,
) -> UsageRead:
    """What you spent in a period, added up by day, project, provider or kind of job."""
    period = usage.period(begin, end)
    return UsageRead.of(period, group_by, await usage.report(user.id, period, group_by))


@router.get("/budgets", operation_id="budgets_read")
async def budgets(user: CurrentUser, usage: Reading) -> BudgetsRead:
    """Your caps and what today has used."""
    return BudgetsRead.of(await usage.budgets(user.id))


@router.put("/budgets", operation_id="budgets_replace")
async def replace_budgets(user: CurrentUser, body: BudgetsBody, usage: Writing) -> BudgetsRead:
    """Sets your caps; work that would pass one is refused before any money is spent."""
    await usage.set_budgets(user.id, body.user_day, body.caps())
    return BudgetsRead.of(await usage.budgets(user.id))


@router.get("/providers", operation_id="providers_list", tags=["providers"])
async def providers(_user: CurrentUser, resources: ResourcesDep) -> EngineList:
    """Engines with their roles, models, limits and prices; one that is absent says why."""
    return await OfferService(resources).listed()


@router.get("/providers/{name}", operation_id="providers_read", tags=["providers"], responses=documents(EngineNotFound))
async def provider(
    _user: CurrentUser, resources: ResourcesDep, name: Annotated[str, Path(max_length=64)]
) -> EngineRead:
    """One engine."""
    return await OfferService(resources).one(name)
