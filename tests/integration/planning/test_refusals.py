"""What is refused before or instead of a plan: people, stories, budgets, engines and projects at work."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged
from app.planning.errors import PlanNotOffered, StoryMissing
from app.projects.domain import ProjectStatus
from app.projects.errors import IllegalProjectMove, ProjectBusy, ProjectNotFound
from app.projects.progress import ProgressService
from app.providers.errors import EngineUnknown, Unreachable
from app.providers.planner import PlanBrief, StoryPlan
from app.usage.domain import BudgetExceeded
from tests.doubles.engines import ScriptedJudge, ScriptedPlanner, good_plan
from tests.integration.planning.conftest import PLAN, STORY, Bench

pytestmark = pytest.mark.flow

Json = dict[str, Any]
MakeProject = Callable[..., Awaitable[Json]]


def too_few(brief: PlanBrief) -> StoryPlan:
    plan = good_plan(brief)
    return replace(plan, segments=plan.segments[1:])


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_refused_story_names_the_category_and_is_never_planned(
    bench: Bench, project: Json, judge: ScriptedJudge, planner: ScriptedPlanner
) -> None:
    judge.scores = {"Lis": {"violence/graphic": 0.97}}
    async with bench.at_work():
        answer = await bench.ask(project)
    assert refusal(answer) == (403, ContentRefused.code)
    assert "violence/graphic" in answer.json()["detail"]
    assert planner.briefs == []
    assert (await bench.project(project))["status"] == "failed"


async def test_a_doubtful_story_is_held(bench: Bench, project: Json, judge: ScriptedJudge) -> None:
    judge.scores = {"Lis": {"violence/graphic": 0.75}}
    done = await bench.run(await bench.start(project))
    assert (done["error"]["code"], done["error"]["retryable"]) == (ContentHeld.code, False)


async def test_a_story_that_nobody_can_judge_waits_for_a_retry(
    bench: Bench, project: Json, judge: ScriptedJudge, planner: ScriptedPlanner
) -> None:
    judge.fault = Unreachable(provider="scripted")
    failed = await bench.run(await bench.start(project))
    assert (failed["error"]["code"], failed["error"]["retryable"]) == (ContentUnjudged.code, True)
    judge.fault = None
    renewed = await bench.person.post(f"/api/v1/jobs/{failed['id']}/retry")
    assert (await bench.run(renewed.json()))["phase"] == "succeeded"


async def test_a_plan_over_the_budget_is_refused_before_anything_starts(
    bench: Bench, project: Json, planner: ScriptedPlanner
) -> None:
    planner.name = "openai"
    assert (await bench.person.put("/api/v1/budgets", json={"user_day": 0.05})).status_code == 200
    answer = await bench.ask(project)
    assert refusal(answer) == (402, BudgetExceeded.code)
    assert answer.json()["over_usd"] == pytest.approx(0.05)
    assert (await bench.project(project))["status"] == "created"
    assert (await bench.person.get("/api/v1/jobs")).json()["total"] == 0


async def test_both_turns_of_a_repaired_plan_are_booked(bench: Bench, project: Json, planner: ScriptedPlanner) -> None:
    planner.name = "openai"
    planner.script = [too_few]
    done = await bench.run(await bench.start(project))
    assert done["cost"] == {"estimated": 0.1, "actual": 0.2, "currency": "USD"}
    used = (await bench.person.get("/api/v1/budgets")).json()["used_today"]
    assert used == pytest.approx(0.2)


async def test_a_repair_that_the_budget_does_not_allow_fails_the_plan_with_the_reason(
    bench: Bench, project: Json, planner: ScriptedPlanner
) -> None:
    planner.name = "openai"
    planner.script = [too_few]
    await bench.person.put("/api/v1/budgets", json={"user_day": 0.15})
    failed = await bench.run(await bench.start(project))
    assert (failed["error"]["code"], failed["cost"]["actual"]) == (BudgetExceeded.code, 0.1)
    assert (await bench.person.get("/api/v1/budgets")).json()["used_today"] == pytest.approx(0.1)


async def test_a_foreign_or_absent_project_is_not_found(bench: Bench, project: Json, bob: httpx2.AsyncClient) -> None:
    for project_id in (project["id"], "01a1fc00-0000-7000-8000-000000000000", "nonsense"):
        answer = await bob.post(PLAN, json={"project_id": project_id, "story_prompt": STORY})
        assert refusal(answer) == (404, ProjectNotFound.code)
    assert (await bench.project(project))["status"] == "created"


async def test_a_project_without_a_story_cannot_be_planned(bench: Bench, project: Json) -> None:
    assert refusal(await bench.ask(project, story_prompt="  ")) == (422, StoryMissing.code)
    assert (await bench.person.get("/api/v1/jobs")).json()["total"] == 0


async def test_what_the_planner_does_not_take_is_refused_before_any_job(
    bench: Bench, make_project: MakeProject, planner: ScriptedPlanner
) -> None:
    project = await make_project()
    planner.story_limit_characters = 10
    answer = await bench.ask(project)
    assert refusal(answer) == (422, PlanNotOffered.code)
    assert f"cut {len(STORY) - 10}" in answer.json()["detail"]
    absent = await make_project(providers={"planner": "nobody"})
    assert refusal(await bench.ask(absent))[1] == EngineUnknown.code
    assert (await bench.person.get("/api/v1/jobs")).json()["total"] == 0


async def test_a_project_whose_segment_is_being_made_is_busy(bench: Bench, project: Json) -> None:
    await bench.run(await bench.start(project))
    segment = project["segments"][0]["id"]
    await bench.person.post(f"/api/v1/segments/{segment}/approve")
    async with bench.resources.database.unit_of_work() as session:
        await ProgressService.over(session, bench.resources).begin_segment(segment, None)
    assert refusal(await bench.ask(project)) == (409, ProjectBusy.code)


@pytest.mark.parametrize("path", [PLAN, f"{PLAN}/"])
async def test_nobody_plans_without_an_account(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.post(path, json={"project_id": "x", "story_prompt": STORY})).status_code == 401


async def test_a_project_with_other_work_of_the_whole_film_is_not_planned(bench: Bench, project: Json) -> None:
    await bench.run(await bench.start(project))
    for segment in project["segments"]:
        await bench.person.post(f"/api/v1/segments/{segment['id']}/approve")
    async with bench.resources.database.unit_of_work() as session:
        await ProgressService.over(session, bench.resources).begin(project["id"], ProjectStatus.FINALIZING)
    assert refusal(await bench.ask(project)) == (409, IllegalProjectMove.code)
