"""Starts planning: the project is taken and the job is put in line in one unit of work."""

from dataclasses import dataclass
from typing import Self

from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.service import start_and_follow
from app.planning.errors import PlanNotOffered, PlanReplaces, StoryMissing
from app.projects.domain import ProjectStatus, ProjectView
from app.projects.errors import ProjectBusy
from app.projects.layout import is_busy
from app.projects.progress import ProgressService
from app.projects.schemas import ProjectEdit
from app.projects.service import ProjectService
from app.providers.planner import PlannerCapabilities, PlannerProvider
from app.providers.values import Role
from app.resources import Resources
from app.usage.domain import plan_micro_usd
from app.usage.ledger import LedgerBudget

KIND = "plan.create"


@dataclass(frozen=True)
class PlanWish:
    """What to plan, and how the caller waits for it."""

    story: str = ""
    keep_approved: bool = False
    wait_seconds: int = 0
    parent_id: str | None = None
    force: bool = False


class PlanningService:
    """Plans on behalf of a project's owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._progress = ProgressService.over(session, resources)
        self._projects = ProjectService.over(session, resources)
        self._queue = JobQueue(session, resources)
        self._budget = LedgerBudget(resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, project: ProjectView, wish: PlanWish, planner: PlannerProvider) -> JobView:
        """Puts the job in line and takes the project; while one is being planned, its job is given."""
        story = _story(project, wish)
        _check(planner.capabilities(), story, project)
        job, is_new = await self._queue.enqueue(_order(project, wish, story, planner))
        if not is_new:
            return job
        await self._budget.hold(self._session, job, job.estimated_micro_usd, planner)
        now = await self._projects.edit(project.id, ProjectEdit(story_prompt=story))
        if is_busy(now.segments):
            raise ProjectBusy
        await self._progress.begin(project.id, ProjectStatus.PLAN_GENERATING)
        _check_replaced(now, wish)
        return job


async def plan_and_follow(resources: Resources, project: ProjectView, wish: PlanWish) -> JobView:
    """The planning job of a project: at its end, or as it stands when the wait is over."""
    planner = resources.engines.planner(project.settings.providers.get(Role.PLANNER, "auto"))

    async def start(session: Session) -> JobView:
        return await PlanningService.over(session, resources).begin(project, wish, planner)

    return await start_and_follow(resources, start, wish.wait_seconds)


def _story(project: ProjectView, wish: PlanWish) -> str:
    story = wish.story.strip() or project.settings.story_prompt.strip()
    if not story:
        raise StoryMissing(param="story_prompt")
    return story


def _check(can: PlannerCapabilities, story: str, project: ProjectView) -> None:
    """Refuses before money is spent what the planner would refuse after."""
    if len(story) > can.story_limit_characters:
        said = f"This planner reads stories of at most {can.story_limit_characters} characters; cut {{}}."
        raise PlanNotOffered(said.format(len(story) - can.story_limit_characters), param="story_prompt")
    if len(project.segments) > can.most_segments:
        said = f"This planner writes at most {can.most_segments} segments. Make a shorter film, or choose another one."
        raise PlanNotOffered(said, param="target_duration_sec")
    if can.languages is not None and project.settings.language.value not in can.languages:
        said = f"This planner writes only in: {', '.join(sorted(can.languages))}. Choose one of these, or another one."
        raise PlanNotOffered(said, param="language")


def _check_replaced(project: ProjectView, wish: PlanWish) -> None:
    """Refuses to take approved words away unless that is said: with them clips and film go out of date."""
    approved = [segment.index for segment in project.segments if segment.approved]
    if approved and not (wish.force or wish.keep_approved):
        raise PlanReplaces.of(approved)


def _order(project: ProjectView, wish: PlanWish, story: str, planner: PlannerProvider) -> Order:
    return Order(
        owner_id=project.owner_id,
        kind=KIND,
        lane=Lane.REMOTE,
        params={"story": story, "keep_approved": wish.keep_approved},
        project_id=project.id,
        same_work=f"plan:{project.id}",
        parent_id=wish.parent_id,
        direct=wish.wait_seconds > 0 or wish.parent_id is not None,
        continues=True,
        estimated_micro_usd=plan_micro_usd(planner.name),
    )
