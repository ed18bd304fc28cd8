"""What a run may rely on while its process lives."""

import asyncio
from datetime import timedelta
from enum import StrEnum

import pytest

from app.core.errors import Unavailable
from app.engine.port import (
    EnginePriority,
    EngineQueue,
    JobContext,
    JobOrder,
    JsonObject,
    NotPlainJson,
    Retries,
    RunState,
    StepFailed,
    WaitTimedOut,
)
from tests.contract.engine.conftest import Host

LOOK_SECONDS = 60.0


async def number(value: int) -> int:
    return value


async def nothing() -> None:
    return None


async def test_a_run_ends_after_its_steps(host: Host) -> None:
    seen: list[JsonObject] = []

    async def handler(context: JobContext) -> JsonObject:
        first = await context.step("first", number, 1)
        second = await context.step("second", number, first + 1)
        seen.append({"first": first, "second": second})
        return {"sum": first + second}

    job_id = await host.start(handler)
    await host.ended(job_id)
    assert seen == [{"first": 1, "second": 2}]


async def test_a_start_is_idempotent_by_job_id(host: Host) -> None:
    async def handler(context: JobContext) -> None:
        await context.step("only", nothing)

    job_id = await host.start(handler)
    order = host.order(job_id, priority=EnginePriority.NORMAL)
    await asyncio.gather(*(host.engine.start(order) for _ in range(5)))
    await host.ended(job_id)
    await host.engine.start(order)
    await host.engine.start(order.model_copy(update={"queue": EngineQueue.LIGHT}))
    assert await host.state(job_id) is RunState.ENDED
    assert host.begun == [job_id]


async def test_queued_orders_run_too(host: Host) -> None:
    jobs = [await host.start(lambda context: context.step("only", nothing), queue=queue) for queue in EngineQueue]
    await host.ended(*jobs)
    assert sorted(host.begun) == sorted(jobs)


async def test_what_was_never_started_is_not_known(host: Host) -> None:
    assert await host.engine.known(["nobody"]) == {}
    assert await host.engine.known([]) == {}


async def test_a_run_is_known_as_running_and_its_executor_owns_it(host: Host) -> None:
    async def handler(context: JobContext) -> None:
        await context.wait("answer", nothing, every_seconds=0.05, until=host.soon())

    assert await host.engine.owners() == frozenset()
    job_id = await host.start(handler)
    await host.until(lambda: host.begun == [job_id])
    assert await host.state(job_id) is RunState.RUNNING
    assert len(await host.engine.owners()) == 1
    await host.engine.cancel(job_id)
    assert await host.engine.owners() == frozenset()


async def test_a_wait_gives_the_first_answer(host: Host) -> None:
    looks: list[int] = []
    answers: list[str] = []

    async def look(limit: int) -> str | None:
        looks.append(limit)
        return "there" if len(looks) == limit else None

    async def handler(context: JobContext) -> None:
        answers.append(await context.wait("answer", look, 3, every_seconds=0.01, until=host.soon()))

    await host.ended(await host.start(handler))
    assert (looks, answers) == ([3, 3, 3], ["there"])


async def test_a_wait_ends_at_its_stored_end_after_a_last_look(host: Host) -> None:
    looked: list[int] = []
    met: list[WaitTimedOut] = []

    async def look() -> None:
        looked.append(1)

    async def handler(context: JobContext) -> None:
        try:
            # The end is set where the wait begins, because a start may take longer than the whole wait.
            await context.wait("answer", look, every_seconds=60, until=host.soon(1.0))
        except WaitTimedOut as late:
            met.append(late)

    await host.ended(await host.start(handler))
    assert (len(looked), len(met)) == (2, 1)
    assert met[0].code == "wait.timed_out"


async def test_a_failure_crosses_as_code_and_retryable(host: Host) -> None:
    met: list[StepFailed] = []

    async def down() -> None:
        raise Unavailable

    async def handler(context: JobContext) -> None:
        try:
            await context.step("ask", down)
        except StepFailed as failed:
            met.append(failed)

    await host.ended(await host.start(handler))
    assert [(failed.step, failed.code, failed.retryable) for failed in met] == [("ask", "service.unavailable", True)]
    assert isinstance(met[0].__cause__, Unavailable)


@pytest.mark.parametrize(
    "foreign", [(1, 2), {1: 2}, float("nan"), timedelta(1), StrEnum("Word", "a").a, {"deep": [{1}]}]
)
async def test_a_result_that_json_would_change_fails_its_step(host: Host, foreign: object) -> None:
    met: list[StepFailed] = []

    async def give() -> object:
        return foreign

    async def handler(context: JobContext) -> None:
        try:
            await context.step("give", give)
        except StepFailed as failed:
            met.append(failed)

    await host.ended(await host.start(handler))
    assert [type(failed.__cause__) for failed in met] == [NotPlainJson]


def test_a_payload_that_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        JobOrder(job_id="a", kind="test", payload={"speed": float("inf")})


async def test_a_broken_runner_ends_its_run_and_nothing_else(host: Host) -> None:
    async def broken(context: JobContext) -> None:
        await context.step("only", nothing)
        raise ZeroDivisionError

    job_id = await host.start(broken)
    await host.ended(job_id)
    after = await host.start(lambda context: context.step("only", nothing))
    await host.ended(after)
    assert host.begun == [job_id, after]


async def test_only_free_reads_are_repeated_and_only_as_often_as_allowed(host: Host) -> None:
    tries: dict[str, int] = {"paid": 0, "free": 0}

    async def fail(kind: str) -> None:
        tries[kind] += 1
        raise Unavailable

    async def handler(context: JobContext) -> None:
        with pytest.raises(StepFailed):
            await context.step("paid", fail, "paid")
        with pytest.raises(StepFailed):
            await context.step("free", fail, "free", retries=Retries(attempts=3, pause_seconds=0))

    await host.ended(await host.start(handler))
    assert tries == {"paid": 1, "free": 3}


async def test_a_cancel_bites_long_before_the_next_look_while_waiting(host: Host) -> None:
    ends: list[float] = []

    async def handler(context: JobContext) -> None:
        try:
            await context.wait("answer", nothing, every_seconds=LOOK_SECONDS, until=host.soon())
        finally:
            ends.append(host.clock.monotonic())

    job_id = await host.start(handler)
    await host.until(lambda: host.begun == [job_id])
    began = host.clock.monotonic()
    await host.engine.cancel(job_id)
    assert await host.state(job_id) is RunState.ENDED
    await host.until(lambda: ends != [])
    assert ends[0] - began < LOOK_SECONDS / 4


async def test_a_cancel_lets_a_step_end_and_the_run_with_it(host: Host) -> None:
    begun, go, after = asyncio.Event(), asyncio.Event(), []

    async def slow() -> None:
        begun.set()
        await go.wait()
        after.append("step")

    async def handler(context: JobContext) -> None:
        await context.step("slow", slow)
        after.append("run")

    job_id = await host.start(handler)
    await begun.wait()
    await host.engine.cancel(job_id)
    go.set()
    await host.until(lambda: after != [])
    await asyncio.sleep(0.05)
    assert after == ["step"]


async def test_a_cancelled_run_is_never_resumed(host: Host) -> None:
    async def handler(context: JobContext) -> None:
        await context.wait("answer", nothing, every_seconds=60, until=host.soon())

    job_id = await host.start(handler)
    await host.until(lambda: host.begun == [job_id])
    owners = await host.engine.owners()
    await host.engine.cancel(job_id)
    assert await host.engine.recover(owners) == 0
    assert [await host.engine.reconcile() for _ in range(2)] == [0, 0]
    await host.engine.start(host.order(job_id, priority=EnginePriority.NORMAL))
    assert await host.state(job_id) is RunState.ENDED
    assert host.begun == [job_id]


async def test_a_cancel_of_an_unknown_run_does_nothing(host: Host) -> None:
    await host.engine.cancel("nobody")
    assert await host.state("nobody") is None


async def test_events_have_a_key_of_their_own(host: Host) -> None:
    async def handler(context: JobContext) -> None:
        await context.emit("begun", {})

        async def step() -> None:
            await context.emit("progress", {"percent": 10})
            await context.emit("progress", {"percent": 20})

        await context.step("only", step)
        await context.emit("done", {})

    await host.ended(await host.start(handler))
    assert [event.name for event in host.events] == ["begun", "progress", "progress", "done"]
    assert len({event.key for event in host.events}) == 4


async def test_prune_forgets_what_ended_before_and_nothing_else(host: Host) -> None:
    async def handler(context: JobContext) -> None:
        await context.wait("answer", nothing, every_seconds=60, until=host.soon())

    ended = await host.start(lambda context: context.step("only", nothing))
    await host.ended(ended)
    waiting = await host.start(handler)
    await host.until(lambda: waiting in host.begun)
    assert await host.engine.prune(host.soon(-3600)) == 0
    assert await host.engine.prune(host.soon(1)) == 1
    assert await host.engine.known([ended, waiting]) == {waiting: RunState.RUNNING}


async def test_the_loop_can_hand_work_to_threads_after_the_engine_has_closed(host: Host) -> None:
    await host.engine.close()
    assert await asyncio.get_running_loop().run_in_executor(None, int, "7") == 7
