"""A planner and a judge whose answers a test writes; they remember what they were asked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from typing_extensions import override

from app.providers.moderation import Judgement, ModerationProvider
from app.providers.planner import PlanBrief, PlannedSegment, PlannerCapabilities, PlannerProvider, StoryPlan
from app.providers.speech import SpeechProvider
from app.providers.values import AttemptKey, Picture

Answer = Callable[[PlanBrief], StoryPlan]
NARRATIONS = {
    "pl": "Lis biegnie przez las i szuka swojej drogi.",
    "en": "The fox runs on, and the forest is quiet.",
}


def good_plan(brief: PlanBrief) -> StoryPlan:
    """A plan that fits the brief."""
    segments = tuple(
        PlannedSegment(
            video_prompt=f"Scene {index}: a fox runs through a misty forest, low camera, warm light.",
            narration_text=NARRATIONS[brief.language],
            end_frame_prompt=f"The fox stands still at place {index}.",
            camera_commands=("Pan left", "zoom in"),
        )
        for index in range(brief.segment_count)
    )
    return StoryPlan("The fox", segments, "The fox is red throughout.")


class ScriptedPlanner(PlannerProvider):
    """Answers by its script, then with plans that fit."""

    def __init__(self) -> None:
        self.name = "scripted"
        self.account = "scripted:key"
        self.script: list[Answer] = []
        self.briefs: list[PlanBrief] = []
        self.story_limit_characters = 20_000
        self.gate: asyncio.Event | None = None

    @override
    def capabilities(self) -> PlannerCapabilities:
        return PlannerCapabilities("scripted-1", self.story_limit_characters, 50, None, 5.0)

    @override
    async def plan(self, brief: PlanBrief, *, key: AttemptKey) -> StoryPlan:
        self.briefs.append(brief)
        if self.gate is not None:
            await self.gate.wait()
        return self.script.pop(0)(brief) if self.script else good_plan(brief)

    @override
    async def close(self) -> None:
        return


class ScriptedJudge(ModerationProvider):
    """Finds in a text the scores that a test gives its words."""

    def __init__(self) -> None:
        self.name = "scripted"
        self.account = "scripted:key"
        self.scores: dict[str, dict[str, float]] = {}
        self.fault: Exception | None = None
        self.silent = False
        self.picture_fault: Exception | None = None
        self.asked: list[str | Picture] = []

    @override
    async def judge_text(self, text: str) -> Judgement:
        self.asked.append(text)
        if self.silent:
            await asyncio.get_running_loop().create_future()
        if self.fault is not None:
            raise self.fault
        found = {name: score for word, scores in self.scores.items() if word in text for name, score in scores.items()}
        return Judgement("judge-1", bool(found), found)

    @override
    async def judge_picture(self, picture: Picture) -> Judgement:
        self.asked.append(picture)
        if self.picture_fault is not None:
            raise self.picture_fault
        return Judgement("judge-1", flagged=False, scores={"violence": 0.01})

    @override
    async def close(self) -> None:
        return


@dataclass
class ScriptedKit:
    """The engines of one test, handed to the application in the place of the offline ones."""

    planner: ScriptedPlanner = field(default_factory=ScriptedPlanner)
    moderation: ScriptedJudge = field(default_factory=ScriptedJudge)
    speech: SpeechProvider | None = None

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return
