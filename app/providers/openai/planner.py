"""Plans by a supervising agent with a strict output type and no tools."""

import json
from typing import Final

from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner
from agents.models import get_default_model
from pydantic import BaseModel
from typing_extensions import override

from app.providers.errors import InvalidRequest
from app.providers.openai.account import NAME
from app.providers.openai.client import OpenAIClient
from app.providers.planner import PlanBrief, PlannedSegment, PlannerCapabilities, PlannerProvider, StoryPlan
from app.providers.values import AttemptKey

__all__ = ["OpenAIPlanner"]

DEADLINE_SECONDS: Final = 180.0
MOST_SEGMENTS, STORY_LIMIT = 100, 60_000
MOST_TOKENS_PER_SEGMENT, MOST_TOKENS_BESIDE = 900, 4000
AGENT_NAME = "Film supervisor"


class SegmentDraft(BaseModel):
    """One segment as the model writes it."""

    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: list[str]


class PlanDraft(BaseModel):
    """A plan as the model writes it; limits are checked afterwards, because not every server knows them."""

    title: str
    segments: list[SegmentDraft]
    continuity_notes: str


class OpenAIPlanner(PlannerProvider):
    """One turn of one agent; the repair turn is the caller's."""

    name = NAME

    def __init__(self, client: OpenAIClient) -> None:
        self.account = client.account.label
        self._client = client
        self._model = client.account.planner_model or get_default_model()

    @override
    def capabilities(self) -> PlannerCapabilities:
        return PlannerCapabilities(
            model=self._model,
            story_limit_characters=STORY_LIMIT,
            most_segments=MOST_SEGMENTS,
            languages=None,
            deadline_seconds=DEADLINE_SECONDS,
            notes=("Any language that the model writes.",),
        )

    @override
    async def plan(self, brief: PlanBrief, *, key: AttemptKey) -> StoryPlan:
        if len(brief.story) > STORY_LIMIT:
            raise InvalidRequest(provider=NAME, provider_code="story", hint=f"use at most {STORY_LIMIT} characters")
        agent = Agent(
            name=AGENT_NAME,
            instructions=brief.instructions,
            model=self._spoken_to(),
            model_settings=ModelSettings(
                max_tokens=MOST_TOKENS_BESIDE + MOST_TOKENS_PER_SEGMENT * brief.segment_count, store=False
            ),
            output_type=PlanDraft,
        )
        config = RunConfig(tracing_disabled=True, trace_include_sensitive_data=False)
        run = Runner.run(agent, material(brief), max_turns=1, run_config=config)
        answered = await self._client.paid("plan", run, DEADLINE_SECONDS)
        return _plan(answered.final_output_as(PlanDraft, raise_if_incorrect_type=True))

    @override
    async def close(self) -> None:
        await self._client.close()

    def _spoken_to(self) -> OpenAIResponsesModel | OpenAIChatCompletionsModel:
        kind = OpenAIResponsesModel if self._client.account.uses_responses else OpenAIChatCompletionsModel
        return kind(model=self._model, openai_client=self._client.sdk)


def material(brief: PlanBrief) -> str:
    """The story as quoted material, so that nothing in it can be taken for an instruction."""
    said = {"story": brief.story}
    if brief.repair is None:
        return json.dumps(said, ensure_ascii=False)
    rejected = _draft(brief.repair.rejected).model_dump()
    return json.dumps(
        {**said, "your_rejected_plan": rejected, "what_is_wrong_with_it": brief.repair.complaint}, ensure_ascii=False
    )


def _draft(plan: StoryPlan) -> PlanDraft:
    segments = [
        SegmentDraft(
            video_prompt=segment.video_prompt,
            narration_text=segment.narration_text,
            end_frame_prompt=segment.end_frame_prompt,
            camera_commands=list(segment.camera_commands),
        )
        for segment in plan.segments
    ]
    return PlanDraft(title=plan.title, segments=segments, continuity_notes=plan.continuity_notes)


def _plan(draft: PlanDraft) -> StoryPlan:
    segments = tuple(
        PlannedSegment(
            segment.video_prompt, segment.narration_text, segment.end_frame_prompt, tuple(segment.camera_commands)
        )
        for segment in draft.segments
    )
    return StoryPlan(draft.title, segments, draft.continuity_notes)
