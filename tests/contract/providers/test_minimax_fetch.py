"""Fetching: cuts, expired links, files that never come."""

import pytest

from app.core.sinks import MemorySink
from app.providers.errors import (
    TaskLost,
    UnexpectedReply,
    Unreachable,
)
from app.providers.minimax.bundle import MiniMaxBundle
from tests.contract.providers.samples import CAMERA_MODEL, SOUND_MODEL, fetched, made
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.world import Fault, World

BOTH = pytest.mark.parametrize("model", [CAMERA_MODEL, SOUND_MODEL])
CREATE = {CAMERA_MODEL: "/v1/video_generation", SOUND_MODEL: "/v2/video_generation"}
QUERY = {CAMERA_MODEL: "/v1/query/video_generation", SOUND_MODEL: "/v2/query/video_generation"}


async def test_a_clip_is_fetched_again_as_often_as_wanted(kit: MiniMaxBundle, clock: FrozenClock) -> None:
    done = await made(kit, clock)
    assert await fetched(kit, done) == await fetched(kit, done)


async def test_an_expired_link_is_renewed(kit: MiniMaxBundle, clock: FrozenClock, world: World) -> None:
    done = await made(kit, clock)
    world.faults = [Fault("status", "/_files/clip", status=403, times=2)]
    assert (await fetched(kit, done))[4:8] == b"ftyp"
    links = [path for _, path in world.calls if path == "/v1/files/retrieve"]
    assert len(links) == 3


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("status", "/_files/clip", status=404, times=99), TaskLost),
        (Fault("empty", "/_files/clip", times=99), TaskLost),
        (
            Fault("body", "/_files/clip", body="<html>", headers={"content-type": "text/html"}, times=99),
            UnexpectedReply,
        ),
        (
            Fault("status", "/_files/clip", status=302, headers={"location": "http://127.0.0.1/"}, times=99),
            UnexpectedReply,
        ),
        (Fault("status", "/_files/clip", status=503, times=99), Unreachable),
        (Fault("cut", "/_files/clip", size_bytes=0, times=99), Unreachable),
    ],
    ids=lambda value: f"{value.kind} {value.status}" if isinstance(value, Fault) else "",
)
async def test_a_file_that_never_comes_is_an_honest_error(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, fault: Fault, expected: type[Exception]
) -> None:
    done = await made(kit, clock)
    world.faults = [Fault(**vars(fault))]
    with pytest.raises(expected):
        await kit.video.fetch(done, MemorySink(10**8))


@pytest.mark.parametrize(
    "fault", [Fault("no_range", "/_files/clip", after=1, times=1), Fault("cut", "/_files/clip", times=5)]
)
async def test_a_file_that_was_cut_arrives_whole(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, fault: Fault
) -> None:
    done = await made(kit, clock)
    whole = await fetched(kit, done)
    size = len(whole) // 8
    world.faults = [Fault("cut", "/_files/clip", size_bytes=size), Fault(**(vars(fault) | {"size_bytes": size}))]
    assert await fetched(kit, done) == whole


async def test_a_file_that_the_vendor_dropped_is_lost(kit: MiniMaxBundle, clock: FrozenClock, world: World) -> None:
    done = await made(kit, clock)
    world.tasks[done.task.id].outcome["gone"] = True
    with pytest.raises(TaskLost):
        await kit.video.fetch(done, MemorySink(10**8))
