"""plan.create: a story becomes the words of a project's segments."""

from dataclasses import replace
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.attempts import PaidCall, Repeat
from app.jobs.domain import AttemptView, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.persistence import VendorAnswer
from app.jobs.service import JobService
from app.moderation.service import ModerationService
from app.planning.domain import (
    PlanScope,
    SegmentSlot,
    brief_of,
    complaints,
    digest,
    leaks,
    may_be_silent,
    plain,
    planned,
    read_brief,
    read_plan,
    read_scope,
)
from app.planning.errors import PlanUnusable
from app.planning.schemas import PlanRead
from app.projects.domain import ProjectStatus, SegmentView, Storyboard
from app.projects.errors import ProjectNotFound
from app.projects.options import ProjectSettings
from app.projects.progress import ProgressService
from app.projects.service import failure_to_keep
from app.providers.errors import EngineAbsent, EngineUnknown
from app.providers.planner import PlanBrief, PlannerProvider, PlanRepair, StoryPlan
from app.providers.values import AttemptKey, Role
from app.resources import Resources
from app.usage.domain import plan_micro_usd


class PlanWriting:
    """Writes the plan of one project within one job."""

    def __init__(self, work: JobRun, story: str, *, keep_approved: bool) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._project_id = work.job.project_id or ""
        self._story = story
        self._keep_approved = keep_approved

    async def run(self) -> dict[str, JsonValue]:
        """The accepted plan, as the API shows it."""
        work = self._work
        await work.stage("checking_story", progress=5)
        await work.step("moderate", ModerationService(self._resources).admit_text, self._story)
        drafted = await work.step("begin", self._begin)
        brief, scope = read_brief(drafted["brief"]), read_scope(drafted["scope"])
        planner = self._resources.engines.planner(str(drafted["planner"]))
        await work.stage("planning", progress=15)
        plan = await self._ask(planner, brief, "plan", str(drafted["salt"]))
        faults = _faults(plan, scope)
        if faults:
            await work.stage("repairing_plan", progress=55)
            repair = replace(brief, repair=PlanRepair(plan, "\n".join(faults)))
            plan = await self._ask(planner, repair, "plan.repair", str(drafted["salt"]))
            faults = _faults(plan, scope)
        if faults:
            raise PlanUnusable.over(faults)
        await work.stage("accepting_plan", progress=90)
        return await work.step("accept", self._accept, plan, scope)

    async def _begin(self) -> dict[str, Any]:
        """Takes the project unless the start has taken it, and writes down what is asked for."""
        async with self._resources.database.unit_of_work() as session:
            progress = ProgressService.over(session, self._resources)
            board = await progress.board(self._project_id)
            if board.project.status is not ProjectStatus.PLAN_GENERATING:
                await progress.begin(self._project_id, ProjectStatus.PLAN_GENERATING)
            salt = await self._salt(JobService.over(session, self._resources))
        settings = board.project.settings
        scope = PlanScope(
            language=settings.language,
            scenes=tuple(map(self._scene, board.segments)),
            speed=settings.narration.speed,
            letters_per_second=self._pace(settings),
            may_be_silent=may_be_silent(self._story, len(board.segments)),
        )
        brief = brief_of(self._story, settings, scope)
        planner = settings.providers.get(Role.PLANNER, "auto")
        return {"brief": plain(brief), "scope": plain(scope), "planner": planner, "salt": salt}

    def _pace(self, settings: ProjectSettings) -> float | None:
        """How fast the engine that will speak was measured to be; a film may be planned where nobody can speak."""
        try:
            speech = self._resources.engines.speech(settings.providers.get(Role.SPEECH, "auto"))
        except (EngineAbsent, EngineUnknown):
            return None
        return speech.capabilities().letters_per_second.get(settings.language.value)

    def _scene(self, segment: SegmentView) -> SegmentSlot:
        if not (self._keep_approved and segment.approved):
            return SegmentSlot(segment.duration_sec, segment.id)
        return SegmentSlot(
            segment.duration_sec,
            segment.id,
            kept=True,
            video_prompt=segment.video_prompt,
            narration_text=segment.narration_text,
            end_frame_prompt=segment.end_frame_prompt,
        )

    async def _salt(self, jobs: JobService) -> str:
        """The last job of this retry chain whose plan was unusable: what it bought must not be adopted."""
        earlier = self._work.job.retry_of
        while earlier is not None:
            job = await jobs.any(earlier)
            if job.failure is not None and job.failure.code == PlanUnusable.code:
                return job.id
            earlier = job.retry_of
        return ""

    async def _ask(self, planner: PlannerProvider, brief: PlanBrief, operation: str, salt: str) -> StoryPlan:
        can = planner.capabilities()
        call = PaidCall(
            operation=operation,
            provider=planner.name,
            account=planner.account,
            request_hash=digest(can.model, salt, brief),
            estimated_micro_usd=plan_micro_usd(planner.name),
            repeat=Repeat.ONCE,
            send_timeout_seconds=can.deadline_seconds,
        )

        async def send(attempt: AttemptView) -> VendorAnswer:
            return VendorAnswer(None, plain(await planner.plan(brief, key=AttemptKey(attempt.id))))

        bought = await self._work.buy(call, send)
        return read_plan(bought.reply)

    async def _accept(self, plan: StoryPlan, scope: PlanScope) -> dict[str, JsonValue]:
        async with self._resources.database.unit_of_work() as session:
            progress = ProgressService.over(session, self._resources)
            board = await progress.board(self._project_id)
            if not _holds(board, plan, scope):
                board = await progress.accept_plan(
                    self._project_id,
                    planned(plan),
                    title=plan.title.strip(),
                    continuity_notes=plan.continuity_notes.strip(),
                    keep=[scene.segment_id for scene in scope.scenes if scene.kept],
                )
        shown: dict[str, JsonValue] = PlanRead.of(board).model_dump(mode="json")
        return shown


def _faults(plan: StoryPlan, scope: PlanScope) -> tuple[str, ...]:
    return (*complaints(plan, scope), *leaks(plan, scope))


def _holds(board: Storyboard, plan: StoryPlan, scope: PlanScope) -> bool:
    """Whether a run that crashed has stored this very plan already."""
    if board.project.status is not ProjectStatus.PLAN_READY or len(board.segments) != len(scope.scenes):
        return False
    wanted = zip(board.segments, planned(plan), scope.scenes, strict=True)
    words_stand = all(
        scene.kept or (segment.video_prompt, segment.narration_text) == (words.video_prompt, words.narration_text)
        for segment, words, scene in wanted
    )
    return words_stand and board.project.plan_title == plan.title.strip()


class PlanParams(BaseModel):
    """The story, and whether approved segments keep their words."""

    story: str
    keep_approved: bool = False


class CreatePlan(JobHandler[PlanParams]):
    """Asks the project's planner; what it writes is checked, repaired once and stored."""

    kind: ClassVar[str] = "plan.create"
    label: ClassVar[str] = "Plan the film"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = PlanParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: PlanParams) -> dict[str, JsonValue]:
        return await PlanWriting(work, params.story, keep_approved=params.keep_approved).run()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The project rests: failed with its reason, or where it stood when the work was cancelled."""
        if ending is Ending.COMPLETED or job.project_id is None:
            return
        progress = ProgressService.over(session, self._resources)
        if await _is_planning(progress, job.project_id):
            await progress.rest(job.project_id, await failure_to_keep(session, self._resources, job, ending))


async def _is_planning(progress: ProgressService, project_id: str) -> bool:
    """Whether there is a project to rest; a deleted one is left alone."""
    try:
        board = await progress.board(project_id)
    except ProjectNotFound:
        return False
    return board.project.status is ProjectStatus.PLAN_GENERATING
