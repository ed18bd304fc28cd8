"""What goes wrong at the vendor while a clip is made, then a retry: the clip comes and is never paid twice."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.generation.errors import ClipBroken
from app.providers.errors import AccountProblem, ContentBlocked, InvalidRequest
from tests.standins.minimax.world import Fault, World
from tests.studio import Json, Studio
from tests.vendor_studio import PUBLIC, app, hurried, settings, video_model, world

pytestmark = pytest.mark.flow

__all__ = ["app", "hurried", "settings", "video_model", "world"]

SUBMIT, LOOK, FILE = "/v1/video_generation", "/v1/query/video_generation", "/_files"
ALWAYS = 1_000
TRIES = 5


@dataclass
class Trouble:
    """Faults of the vendor until the retry, and the code that the first job may end with."""

    name: str
    faults: Sequence[Fault] = ()
    ends_with: str | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    paid: int = 1

    def __str__(self) -> str:
        return self.name


TROUBLES = [
    Trouble("order refused for its content", [Fault("code", SUBMIT, code=1026)], ContentBlocked.code),
    Trouble("order refused for its form", [Fault("code", SUBMIT, code=2013)], InvalidRequest.code),
    Trouble("order refused for lack of money", [Fault("code", SUBMIT, code=1008)], AccountProblem.code),
    Trouble("too many orders for a moment", [Fault("status", SUBMIT, status=429, headers={"retry-after": "1"})]),
    Trouble("look times out", [Fault("hang", LOOK, seconds=0.2, times=3)]),
    Trouble("look answers garbage", [Fault("body", LOOK, body="<html>", times=3)]),
    Trouble("look breaks down", [Fault("status", LOOK, status=502, times=3)]),
    Trouble("file is cut", [Fault("cut", FILE, size_bytes=500)]),
    Trouble("file is empty", [Fault("empty", FILE, times=1)]),
    Trouble("file is half", [Fault("truncate", FILE, times=2)]),
    Trouble("file stays half", [Fault("truncate", FILE, times=3)], ClipBroken.code),
    Trouble("result refused", outcome={"fail": 1027}, ends_with=ContentBlocked.code, paid=2),
]


async def made_in_the_end(studio: Studio, segment: Json) -> list[Json]:
    """Starts a clip and retries until it is there; gives every job."""
    jobs = [await studio.run(await studio.begin_take(segment))]
    while jobs[-1]["phase"] != "succeeded":
        assert len(jobs) < TRIES, [job["error"] for job in jobs]
        jobs.append(await studio.run(await studio.post(f"/jobs/{jobs[-1]['id']}/retry")))
    return jobs


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_after_any_trouble_a_retry_brings_the_clip_and_nothing_is_paid_twice(
    studio: Studio, film: Json, world: World, trouble: Trouble
) -> None:
    world.faults += [Fault(**vars(fault)) for fault in trouble.faults]
    if trouble.outcome:
        world.outcomes.append(trouble.outcome)
    one, other = await studio.segments(film)
    async with asyncio.timeout(150):
        jobs = await made_in_the_end(studio, one)
    told = [job["error"]["code"] for job in jobs[:-1]]
    assert told == ([] if trouble.ends_with is None else [trouble.ends_with])
    assert len(world.paid) == trouble.paid
    done, untouched = await studio.segments(film)
    assert (done["status"], done["error"]) == ("generated", None)
    assert (untouched["status"], untouched["updated_at"]) == (other["status"], other["updated_at"])
    listed = await studio.get("/assets?kind=clip")
    assert len(listed["assets"]) == 1


LOST = [
    Trouble("the answer is swallowed", [Fault("swallow", "/v2/video_generation")]),
    Trouble("the answer breaks down after the order", [Fault("swallow_status", "/v2/video_generation", status=502)]),
    Trouble("the answer never comes", [Fault("swallow_hang", "/v2/video_generation", seconds=0.2)]),
    Trouble("the order is garbled on its way", [Fault("hang", "/v2/video_generation", seconds=0.2)]),
    Trouble("the answer is garbage", [Fault("body", "/v2/video_generation", body="<html>")]),
]


class TestWithAList:
    """A model whose vendor lists what it has accepted."""

    @pytest.fixture
    def video_model(self) -> str:
        return "MiniMax-H3"

    @pytest.mark.parametrize("trouble", LOST, ids=str)
    async def test_an_order_whose_answer_is_lost_is_found_out_and_paid_once(
        self, studio: Studio, film: Json, world: World, trouble: Trouble
    ) -> None:
        world.faults += [Fault(**vars(fault)) for fault in trouble.faults]
        segment = (await studio.segments(film))[0]
        async with asyncio.timeout(150):
            jobs = await made_in_the_end(studio, segment)
        assert len(jobs) == 1
        assert len(world.paid) == 1
        assert (await studio.segments(film))[0]["status"] == "generated"


async def test_an_order_whose_answer_is_lost_is_bound_by_the_vendors_callback_where_there_is_no_list(
    studio: Studio, film: Json, world: World
) -> None:
    world.faults.append(Fault("swallow", SUBMIT))
    job = await studio.begin_take((await studio.segments(film))[0])
    running = asyncio.ensure_future(studio.run(job))
    async with asyncio.timeout(30):
        while not running.done():
            for paid in world.paid:
                address = (paid.callback_url or "").removeprefix(PUBLIC)
                await studio.person.post(address, json={"task_id": paid.task_id, "status": "processing"})
            await asyncio.sleep(0.05)
    assert running.result()["phase"] == "succeeded"
    assert len(world.paid) == 1
