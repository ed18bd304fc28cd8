"""What goes wrong at the vendor while key frames are drawn, then a retry: each picture is paid once."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.jobs.domain import AttemptState
from app.jobs.models import ProviderAttempt
from app.providers.errors import AccountProblem, ContentBlocked, InvalidRequest
from tests.doubles.context import Crash
from tests.doubles.hurried_clock import HurriedClock
from tests.standins.minimax.world import Fault, World
from tests.studio import Json, Studio
from tests.vendor_studio import app, settings, video_model, world

__all__ = ["app", "settings", "video_model", "world"]

DRAW = "/v1/image_generation"


@pytest.fixture
def hurried() -> HurriedClock:
    """So fast that what is parked after a quarter of an hour is parked after seconds."""
    return HurriedClock(300.0)


async def start(studio: Studio, project: Json) -> Json:
    job: Json = await studio.post(f"/generation/frames/{project['id']}")
    return job


async def origins(studio: Studio, project: Json) -> list[str | None]:
    return [frame["origin"] for frame in await studio.frames(project)]


def pictures(world: World) -> list[str]:
    return [paid.text.splitlines()[0] for paid in world.paid]


@pytest.mark.parametrize(
    ("code", "error"),
    [(1026, ContentBlocked.code), (2013, InvalidRequest.code), (1008, AccountProblem.code)],
)
async def test_a_refused_picture_fails_the_chain_and_a_retry_goes_on_where_it_failed(
    studio: Studio, project: Json, world: World, code: int, error: str
) -> None:
    world.faults.append(Fault("code", DRAW, code=code, after=1))
    failed = await studio.run(await start(studio, project))
    assert failed["error"]["code"] == error
    assert await origins(studio, project) == ["generated", None, None]
    opening = (await studio.frames(project))[0]["candidates"][0]["id"]
    done = await studio.run(await studio.post(f"/jobs/{failed['id']}/retry"))
    assert done["phase"] == "succeeded", done
    assert [made["position"] for made in done["result"]["frames"]] == [1, 2]
    assert (await studio.frames(project))[0]["candidates"][0]["id"] == opening
    assert len(pictures(world)) == len(set(pictures(world))) == 3


async def test_a_vendor_that_asks_to_wait_is_waited_for(studio: Studio, project: Json, world: World) -> None:
    world.faults.append(Fault("status", DRAW, status=429, headers={"retry-after": "1"}))
    done = await studio.run(await start(studio, project))
    assert done["phase"] == "succeeded", done
    assert len(pictures(world)) == 3


async def let_an_hour_pass(studio: Studio) -> None:
    """Makes unexplained calls older: on Postgres the clock of the database tells their age."""
    async with studio.resources.database.unit_of_work() as session:
        unknown = select(ProviderAttempt).where(ProviderAttempt.state == AttemptState.UNKNOWN)
        for attempt in await session.scalars(unknown):
            assert attempt.sent_at is not None
            attempt.sent_at -= timedelta(hours=1)


LOST: Sequence[tuple[str, Fault, int]] = [
    ("swallowed", Fault("swallow", DRAW, after=1), 4),
    ("broken down", Fault("swallow_status", DRAW, status=502, after=1), 4),
    ("garbage", Fault("body", DRAW, body="<html>", after=1), 3),
    ("timed out", Fault("hang", DRAW, seconds=0.2, after=1), 3),
]


@pytest.mark.parametrize(("fault", "paid"), [each[1:] for each in LOST], ids=[each[0] for each in LOST])
async def test_a_picture_whose_answer_is_lost_is_drawn_again_only_by_the_owners_word(
    studio: Studio, project: Json, world: World, fault: Fault, paid: int
) -> None:
    world.faults.append(Fault(**vars(fault)))
    job = await start(studio, project)
    running = asyncio.ensure_future(studio.run(job))
    async with asyncio.timeout(40):
        while (await studio.get(f"/jobs/{job['id']}"))["phase"] != "awaiting_input":
            assert not running.done(), running.result()
            await let_an_hour_pass(studio)
            await asyncio.sleep(0.05)
        calls = [path for _, path in world.calls if path == DRAW]
        assert len(calls) == 2
        await studio.post(f"/jobs/{job['id']}/answer", {"choice": "send_again"})
        done = await running
    assert done["phase"] == "succeeded", done
    assert len(world.paid) == paid
    assert await origins(studio, project) == ["generated"] * 3


@pytest.mark.parametrize("step", ["submit.frame.1.1", "judge.1", "accept.1"])
async def test_a_process_killed_between_the_frames_pays_each_once(
    studio: Studio, project: Json, world: World, step: str
) -> None:
    job = await start(studio, project)
    with pytest.raises(Crash):
        await studio.run(job, crash_after=step)
    assert (await studio.run(job))["phase"] == "succeeded"
    assert len(pictures(world)) == len(set(pictures(world))) == 3
