"""A plan survives the death of its process: every step may be the last, and the planner is paid once."""

from dataclasses import replace
from typing import Any

import pytest

from app.core.errors import AppError
from app.jobs.domain import JobFailure
from app.jobs.errors import WorkFailed
from app.jobs.service import JobService, unless_broken
from app.projects.progress import ProgressService
from app.providers.errors import OutcomeUnknown
from app.providers.planner import PlanBrief, StoryPlan
from tests.doubles.context import Crash
from tests.doubles.engines import ScriptedPlanner, good_plan
from tests.integration.planning.conftest import Bench

Json = dict[str, Any]
STEPS = [
    "stage.checking_story",
    "moderate",
    "begin",
    "stage.planning",
    "adopt.plan",
    "intend.plan.1",
    "submit.plan.1",
    "bind.plan.1",
    "stage.repairing_plan",
    "submit.plan.repair.1",
    "stage.accepting_plan",
    "accept",
]


def empty_title(brief: PlanBrief) -> StoryPlan:
    return replace(good_plan(brief), title=" ")


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_nothing_and_pays_once(
    bench: Bench, project: Json, planner: ScriptedPlanner, step: str, when: str
) -> None:
    planner.script = [empty_title]
    job = await bench.start(project)
    with pytest.raises(Crash):
        await bench.run(job, **{when: step})
    done = await bench.run(job)
    assert done["phase"] == "succeeded", done
    assert [brief.repair is None for brief in planner.briefs] == [True, False]
    assert (await bench.project(project))["status"] == "plan_ready"


async def test_a_crash_after_the_plan_was_stored_keeps_it(bench: Bench, project: Json) -> None:
    job = await bench.start(project)
    with pytest.raises(Crash):
        await bench.run(job, crash_after="accept")
    before = await bench.segments(project)
    assert (await bench.run(job))["result"]["title"] == "The fox"
    assert [s["updated_at"] for s in await bench.segments(project)] == [s["updated_at"] for s in before]


async def test_a_paid_plan_is_stored_even_when_its_project_was_let_go_meanwhile(bench: Bench, project: Json) -> None:
    job = await bench.start(project)
    with pytest.raises(Crash):
        await bench.run(job, crash_before="accept")
    async with bench.resources.database.unit_of_work() as session:
        await ProgressService.over(session, bench.resources).rest(project["id"])
    done = await bench.run(job)
    assert done["phase"] == "succeeded"
    assert (await bench.project(project))["status"] == "plan_ready"


async def test_a_lost_reply_is_asked_for_once_more_by_itself(
    bench: Bench, project: Json, planner: ScriptedPlanner
) -> None:
    def lost(brief: PlanBrief) -> StoryPlan:
        raise OutcomeUnknown(provider="scripted")

    planner.script = [lost]
    done = await bench.run(await bench.start(project))
    assert done["phase"] == "succeeded"
    assert len(planner.briefs) == 2
    attempts = (await bench.person.get(f"/api/v1/jobs/{done['id']}/manifest")).json()["attempts"]
    assert [attempt["state"] for attempt in attempts] == ["not_received", "bound"]


async def test_a_retry_adopts_the_plan_that_was_bought(bench: Bench, project: Json, planner: ScriptedPlanner) -> None:
    job = await bench.start(project)
    with pytest.raises(Crash):
        await bench.run(job, crash_before="accept")
    await bench.person.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert (await bench.run(job))["phase"] == "cancelled"
    assert (await bench.project(project))["status"] == "created"
    renewed = (await bench.person.post(f"/api/v1/jobs/{job['id']}/retry")).json()
    assert (await bench.run(renewed))["phase"] == "succeeded"
    assert len(planner.briefs) == 1


async def test_a_failure_without_a_name_of_its_own_is_told_as_failed_work(bench: Bench, project: Json) -> None:
    started = await bench.start(project)
    async with bench.resources.database.reading() as session:
        job = await JobService.over(session, bench.resources).any(started["id"])
    assert unless_broken(job) is job
    ended = replace(await _ended(bench, job.id), failure=JobFailure("internal", "Something broke. Try again."))
    with pytest.raises(AppError) as told:
        unless_broken(ended)
    assert (type(told.value), told.value.text) == (WorkFailed, "Something broke. Try again.")


async def _ended(bench: Bench, job_id: str) -> Any:
    await bench.person.post(f"/api/v1/jobs/{job_id}/cancel")
    async with bench.resources.database.reading() as session:
        cancelled = await JobService.over(session, bench.resources).any(job_id)
    return replace(cancelled, status=type(cancelled.status)("failed"))
