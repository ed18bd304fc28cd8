"""SIGKILL and SIGSTOP of real workers: no job is lost and no paid call is repeated by itself, whatever the moment."""

import time
from collections.abc import Sequence

import pytest

from tests.faults.harness import LONG_GRACE_SECONDS, SEED, Harness, Verdict
from tests.faults.points import DECIDING_POINTS, FREEZING_POINTS, NAMED_POINTS, PAYING_POINTS

RANDOM_KILLS = 15
REPLICA_KILLS = 14
NAIVE_KILLS = 5
# A question to the owner is allowed where nobody can tell; were every job parked, nothing would be shown.
MOST_PARKED_SHARE = 0.1

pytestmark = pytest.mark.timeout(240)


def assert_nothing_is_lost_or_paid_twice(verdict: Verdict) -> None:
    print(f"seed={SEED} {verdict.line()}")
    assert verdict.wrongs == {}
    assert verdict.paid >= verdict.jobs - verdict.parked
    assert verdict.parked <= MOST_PARKED_SHARE * verdict.jobs


async def assert_kills_do_no_harm(harness: Harness, points: Sequence[str]) -> None:
    began = time.monotonic()
    harness.direct = True
    for point in points:
        assert await harness.kill_at(point), f"{point} was not reached"
    await harness.drain(1)
    verdict = await harness.verdict(1, began)
    assert (verdict.kills, verdict.points) == (len(points), set(points))
    assert verdict.interrupted > 0
    assert_nothing_is_lost_or_paid_twice(verdict)


async def test_a_kill_at_every_named_point_loses_nothing_and_pays_nothing_twice(single: Harness) -> None:
    await assert_kills_do_no_harm(single, NAMED_POINTS)


async def test_a_kill_where_the_database_decides_loses_nothing_and_pays_nothing_twice(replicas: Harness) -> None:
    await assert_kills_do_no_harm(replicas, DECIDING_POINTS)


async def test_who_goes_on_at_once_does_not_send_what_the_killed_one_may_have_sent(single: Harness) -> None:
    single.grace_seconds = LONG_GRACE_SECONDS
    await assert_kills_do_no_harm(single, PAYING_POINTS)


async def test_kills_at_random_lose_nothing_and_pay_nothing_twice(single: Harness) -> None:
    began = time.monotonic()
    await single.kill_at_random(RANDOM_KILLS, 1)
    await single.drain(1)
    verdict = await single.verdict(1, began)
    assert verdict.kills == RANDOM_KILLS
    assert_nothing_is_lost_or_paid_twice(verdict)


@pytest.mark.parametrize("workers", [2, 3])
async def test_replicas_go_on_with_the_work_of_killed_ones(replicas: Harness, workers: int) -> None:
    began = time.monotonic()
    await replicas.kill_at_random(REPLICA_KILLS, workers)
    await replicas.drain(workers)
    verdict = await replicas.verdict(workers, began)
    assert verdict.kills == REPLICA_KILLS
    assert_nothing_is_lost_or_paid_twice(verdict)


async def test_a_frozen_worker_that_wakes_up_pays_nothing(replicas: Harness) -> None:
    began = time.monotonic()
    replicas.direct = True
    await replicas.freeze_at(FREEZING_POINTS)
    await replicas.drain(1)
    verdict = await replicas.verdict(2, began)
    assert (verdict.frozen, verdict.points) == (len(FREEZING_POINTS), set(FREEZING_POINTS))
    assert_nothing_is_lost_or_paid_twice(verdict)


async def test_the_harness_finds_the_duplicates_of_a_naive_worker(single: Harness) -> None:
    began = time.monotonic()
    single.naive = single.direct = True
    for _ in range(NAIVE_KILLS):
        assert await single.kill_at("post.after")
    await single.drain(1)
    verdict = await single.verdict(1, began)
    print(f"naive {verdict.line()}")
    assert verdict.duplicates > 0
