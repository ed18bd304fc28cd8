"""The stages content and script: a planner writes them; what it writes is checked, repaired once and kept."""

from dataclasses import replace

from pydantic import JsonValue

from app.jobs.attempts import PaidCall, Repeat
from app.jobs.domain import AttemptView
from app.jobs.persistence import VendorAnswer
from app.moderation.service import ModerationService
from app.planning.domain import PlanScope, complaints, digest, leaks, plain, read_brief, read_plan, read_scope
from app.planning.errors import PlanNotOffered, PlanUnusable
from app.providers.planner import PlanBrief, PlannerProvider, PlanRepair, StoryPlan
from app.providers.values import AttemptKey, Role
from app.shows.domain import Made, ShowPicture, ShowStage, ShowView
from app.shows.errors import TopicMissing
from app.shows.stage_context import Plain, StageContext
from app.shows.wording import assignment_of, keywords_of, topic_of
from app.usage.domain import plan_micro_usd

USELESS = frozenset({PlanUnusable.code})


class Writing:
    """Writes for one show within one job."""

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self._work = context.work
        self._engines = context.resources.engines

    async def content(self) -> dict[str, JsonValue]:
        """What the show tells, as text, outline and keywords."""
        plan = await self._plan(ShowStage.CONTENT)
        kept = await self._work.step("content.accept", self._keep_content, plan)
        await self._context.done(ShowStage.CONTENT, {"sections": len(plan.segments)})
        return kept

    async def script(self) -> dict[str, JsonValue]:
        """What is said, and what the pictures show."""
        plan = await self._plan(ShowStage.SCRIPT)
        kept = await self._work.step("script.accept", self._keep_script, plan)
        await self._context.done(ShowStage.SCRIPT, {"sections": len(plan.segments)})
        return kept

    async def _plan(self, stage: ShowStage) -> StoryPlan:
        await self._work.stage(stage.value, progress=5 if stage is ShowStage.CONTENT else 15)
        drafted = await self._work.step(f"{stage}.begin", self._begin, stage)
        await self._work.step(
            f"{stage}.moderate", ModerationService(self._context.resources).admit_text, drafted["told"]
        )
        brief, scope = read_brief(drafted["brief"]), read_scope(drafted["scope"])
        planner = self._engines.planner(str(drafted["planner"]))
        plan = await self._ask(planner, brief, f"show.{stage}", str(drafted["salt"]))
        faults = _faults(plan, scope)
        if faults:
            repair = replace(brief, repair=PlanRepair(plan, "\n".join(faults)))
            plan = await self._ask(planner, repair, f"show.{stage}.repair", str(drafted["salt"]))
            faults = _faults(plan, scope)
        if faults:
            raise PlanUnusable.over(faults)
        return plan

    async def _begin(self, stage: ShowStage) -> Plain:
        """Writes down what is asked for, so that a later edit cannot change it halfway."""
        show = await self._context.show()
        topic = topic_of(show)
        story = topic if stage is ShowStage.CONTENT else show.content.strip() or topic
        if not story:
            raise TopicMissing
        planner = self._engines.planner()
        limit = planner.capabilities().story_limit_characters
        if len(story) > limit:
            said = f"This planner reads at most {limit} characters; cut {len(story) - limit}."
            raise PlanNotOffered(said, param="content")
        asked = assignment_of(show, story)
        told = "\n".join((show.title, story, show.options.keywords, *show.options.inspirations))
        salt = await self._context.salt(USELESS)
        parts = {"brief": plain(asked.brief), "scope": plain(asked.scope)}
        return {**parts, "planner": self._engines.chosen(Role.PLANNER), "salt": salt, "told": told}

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

        return read_plan((await self._work.buy(call, send)).reply)

    async def _keep_content(self, plan: StoryPlan) -> dict[str, JsonValue]:
        paragraphs = [segment.narration_text.strip() for segment in plan.segments if segment.narration_text.strip()]
        content = "\n".join(paragraphs)
        outline = tuple(segment.end_frame_prompt.strip() for segment in plan.segments)

        def make(show: ShowView) -> Made:
            return replace(show.made, outline=outline, keywords=keywords_of(paragraphs, show.language))

        show = await self._context.change(make, content=content)
        return {"content": content, "outline": list(outline), "keywords": list(show.made.keywords)}

    async def _keep_script(self, plan: StoryPlan) -> dict[str, JsonValue]:
        # Every section has a picture; where the story has few words, some are seen without any.
        sentences = tuple(filter(None, (segment.narration_text.strip() for segment in plan.segments)))
        prompts = [segment.video_prompt.strip() for segment in plan.segments]
        script_text = "\n\n".join(sentences)

        def make(show: ShowView) -> Made:
            return replace(show.made, sentences=sentences, pictures=retold(show.made.pictures, prompts))

        await self._context.change(make, script_text=script_text)
        return {"script_text": script_text, "prompts": list(prompts)}


def retold(pictures: tuple[ShowPicture, ...], prompts: list[str]) -> tuple[ShowPicture, ...]:
    """Pictures that show these; one that shows just this already stays."""
    known = {picture.prompt: picture for picture in reversed(pictures)}
    return tuple(known.get(prompt, ShowPicture(prompt)) for prompt in prompts)


def _faults(plan: StoryPlan, scope: PlanScope) -> tuple[str, ...]:
    return (*complaints(plan, scope), *leaks(plan, scope))
