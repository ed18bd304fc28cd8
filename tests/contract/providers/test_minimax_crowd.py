"""Three hundred clips over one key: never too many calls, never too many at once, few looks, each paid once."""

import asyncio
import math

import httpx
import pytest
from pydantic import SecretStr

from app.providers.errors import RateLimited
from app.providers.minimax.account import MiniMaxAccount
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.values import AttemptKey
from app.providers.video import Failed, Running
from tests.contract.providers.samples import CAMERA_MODEL, request
from tests.doubles.simulated_clock import SimulatedClock
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, World

CLIPS = 300
DOCUMENTED_PACE_SECONDS = 10
MOST_EXTRA_LOOKS = 1.3
JOB_LOOKS_EVERY_SECONDS = 5.0
PER_MINUTE = 20
AT_ONCE = 25
# Recorded clips took 70 to 90 seconds; slow ones happen too.
DURATIONS_SECONDS = (60, 70, 75, 80, 85, 90, 90, 120, 200, 400)


class Crowd:
    """Jobs that submit, wait as they are told and look until they end."""

    def __init__(self, kit: MiniMaxBundle, clock: SimulatedClock) -> None:
        self._kit = kit
        self._clock = clock
        self.ended: list[str] = []

    async def job(self, number: int) -> None:
        task = None
        while task is None:
            try:
                task = await self._kit.video.submit(request(), key=AttemptKey(f"attempt-{number}"))
            except RateLimited as full:
                await self._clock.sleep(full.retry_after_seconds or 1)
        while isinstance(state := await self._kit.video.poll(task), Running):
            await self._clock.sleep(JOB_LOOKS_EVERY_SECONDS)
        assert not isinstance(state, Failed)
        self.ended.append(state.task.id)

    async def run(self, jobs: int) -> None:
        finished = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._clock.run(finished))
            await asyncio.gather(*(self.job(number) for number in range(jobs)))
            finished.set()


@pytest.fixture
def clock() -> SimulatedClock:
    """Time that many jobs share."""
    return SimulatedClock()


@pytest.fixture
def world(clock: SimulatedClock) -> World:
    """A vendor that counts, with the limits it would refuse at."""
    vendor = World(clock.monotonic)
    vendor.base_url = "http://standin"
    vendor.rules.rpm["video"] = PER_MINUTE
    vendor.rules.max_in_flight = AT_ONCE
    vendor.outcomes.extend({"seconds": DURATIONS_SECONDS[number % 10]} for number in range(CLIPS))
    return vendor


async def test_three_hundred_parallel_clips_keep_every_limit(clock: SimulatedClock, world: World) -> None:
    account = MiniMaxAccount(
        SecretStr(GOOD_KEY), base_url="http://standin", rpm_video=PER_MINUTE, max_in_flight=AT_ONCE
    )
    kit = MiniMaxBundle.over(account, clock, transport=httpx.ASGITransport(minimax_app(world)))
    crowd = Crowd(kit, clock)
    async with asyncio.timeout(120):
        await crowd.run(CLIPS)
    await kit.close()
    looks = sum(path == "/v1/query/video_generation" for _, path in world.calls)
    needed = sum(math.ceil(task.seconds / DOCUMENTED_PACE_SECONDS) for task in world.tasks.values())
    late = sum(DURATIONS_SECONDS) / 10
    print(f"looks {looks}, documented pace {needed}, at once {world.most_in_flight}, minutes {clock.seconds / 60:.1f}")
    assert world.refused == []
    assert len(world.paid) == len(set(crowd.ended)) == CLIPS
    assert world.most_in_flight <= AT_ONCE
    assert looks <= MOST_EXTRA_LOOKS * needed
    assert clock.seconds <= 1.5 * CLIPS * max(60 / PER_MINUTE, late / AT_ONCE)


async def test_the_harness_sees_a_client_without_a_limiter(clock: SimulatedClock, world: World) -> None:
    greedy = MiniMaxAccount(SecretStr(GOOD_KEY), base_url="http://standin", rpm_video=10_000, max_in_flight=10_000)
    kit = MiniMaxBundle.over(greedy, clock, transport=httpx.ASGITransport(minimax_app(world)))
    tries = [kit.video.submit(request(CAMERA_MODEL), key=AttemptKey(f"a{number}")) for number in range(PER_MINUTE + 5)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    await kit.close()
    assert any(isinstance(outcome, RateLimited) for outcome in outcomes)
    assert world.refused
