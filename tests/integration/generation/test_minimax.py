"""The whole way over real HTTP: the MiniMax stand-in takes the order, works, delivers; its own books are counted."""

import httpx2
import pytest

from tests.doubles.context import Crash
from tests.standins.minimax.world import World
from tests.studio import Json, Studio
from tests.vendor_studio import PUBLIC, app, hurried, settings, video_model, world

pytestmark = pytest.mark.flow

__all__ = ["app", "hurried", "settings", "video_model", "world"]


async def first(studio: Studio, film: Json) -> Json:
    return (await studio.segments(film))[0]


async def test_a_clip_is_made_and_paid_once(studio: Studio, film: Json, world: World) -> None:
    segment = await first(studio, film)
    done = await studio.make_take(segment)
    assert [paid.micro_usd for paid in world.paid] == [280_000]
    assert done["cost"]["actual"] == 0.28
    (task,) = world.tasks.values()
    assert task.first is not None
    assert task.last is not None
    assert (task.callback_url or "").startswith(f"{PUBLIC}/api/v1/callbacks/minimax/")
    assert (await first(studio, film))["status"] == "generated"


@pytest.mark.parametrize("step", ["submit.clip.1", "poll", "fetch"])
async def test_a_kill_between_the_steps_pays_once(studio: Studio, film: Json, world: World, step: str) -> None:
    job = await studio.begin_take(await first(studio, film))
    with pytest.raises(Crash):
        await studio.run(job, crash_after=step)
    assert (await studio.run(job))["phase"] == "succeeded"
    assert len(world.paid) == 1


async def test_the_owner_reads_the_clip(studio: Studio, film: Json, alice: httpx2.AsyncClient) -> None:
    await studio.make_take(await first(studio, film))
    address = (await first(studio, film))["video_url"]
    clip = await alice.get(address.removeprefix(PUBLIC))
    assert clip.headers["content-type"] == "video/mp4"
