"""SIGKILL and SIGSTOP of real workers: no job is lost and no paid call is repeated by itself, whatever the moment."""

import time

import pytest

from tests.faults.harness import Harness, Verdict
from tests.faults.points import NAMED_POINTS

RANDOM_KILLS = 15
REPLICA_KILLS = 15
NAIVE_KILLS = 15
# Where a frozen worker could pay after another one has bought: with the lane in hand, and right before the call.
FREEZING_POINTS = ("intend.video.1.after", "submit.video.1.unit1.after_commit", "post.before", "post.after")

pytestmark = pytest.mark.timeout(240)


def assert_nothing_is_lost_or_paid_twice(verdict: Verdict) -> None:
    print(verdict.line())
    assert (verdict.lost, verdict.duplicates, verdict.wrongly_bound, verdict.failed) == (0, 0, 0, 0)
    assert verdict.booked_micro_usd == verdict.charged_micro_usd
    assert verdict.paid >= verdict.jobs - verdict.parked
    assert verdict.sound
    assert verdict.children_left == 0


async def test_a_kill_at_every_named_point_loses_nothing_and_pays_nothing_twice(harness: Harness) -> None:
    began = time.monotonic()
    harness.direct = True
    for point in NAMED_POINTS:
        assert await harness.kill_at(point), f"{point} was not reached"
    await harness.drain(1)
    verdict = await harness.verdict(1, began)
    assert (verdict.kills, len(verdict.points)) == (len(NAMED_POINTS), len(NAMED_POINTS))
    assert_nothing_is_lost_or_paid_twice(verdict)


async def test_kills_at_random_lose_nothing_and_pay_nothing_twice(harness: Harness) -> None:
    began = time.monotonic()
    await harness.kill_at_random(RANDOM_KILLS, 1)
    await harness.drain(1)
    verdict = await harness.verdict(1, began)
    assert verdict.kills == RANDOM_KILLS
    assert_nothing_is_lost_or_paid_twice(verdict)


@pytest.mark.parametrize("workers", [2, 3])
async def test_replicas_go_on_with_the_work_of_killed_ones(replicas: Harness, workers: int) -> None:
    began = time.monotonic()
    await replicas.kill_at_random(REPLICA_KILLS, workers)
    await replicas.drain(workers)
    assert_nothing_is_lost_or_paid_twice(await replicas.verdict(workers, began))


async def test_a_frozen_worker_that_wakes_up_pays_nothing(replicas: Harness) -> None:
    began = time.monotonic()
    replicas.direct = True
    for point in FREEZING_POINTS:
        await replicas.freeze_at(point)
    await replicas.drain(1)
    verdict = await replicas.verdict(2, began)
    assert verdict.points == set(FREEZING_POINTS)
    assert_nothing_is_lost_or_paid_twice(verdict)


async def test_the_harness_finds_the_duplicates_of_a_naive_worker(replicas: Harness) -> None:
    began = time.monotonic()
    replicas.naive = replicas.direct = True
    for _ in range(NAIVE_KILLS):
        await replicas.kill_at("post.after")
    await replicas.drain(1)
    verdict = await replicas.verdict(1, began)
    print(verdict.line())
    assert verdict.duplicates > 0
