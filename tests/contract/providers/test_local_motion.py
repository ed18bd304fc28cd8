"""The offline clips behind the video port: real ffmpeg, real folders, measured movement."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from app.core.fairness import FairLimiter
from app.core.process import run
from app.core.sinks import MemorySink
from app.core.threads import Threads
from app.providers.errors import InvalidRequest, TaskLost, UnexpectedReply
from app.providers.local.motion import MOTION_MODEL, LocalMotion
from app.providers.values import AttemptKey, CameraCommand, MediaType, Picture
from app.providers.video import (
    CannotTell,
    Failed,
    Found,
    NotReceived,
    RemoteTask,
    Running,
    Succeeded,
    VideoMode,
    VideoOutput,
    VideoResolution,
)
from tests.contract.providers.motions import HEIGHT, KEY, TOOLS, WIDTH, dot, frames, likeness, made, still, wish
from tests.doubles.clock import FrozenClock

MOST_JITTER_PX = 0.4
LIKE = 0.95


@pytest.fixture
def threads() -> Iterator[Threads]:
    pool = Threads(4)
    yield pool
    pool.close()


@pytest.fixture
def motion(tmp_path: Path, threads: Threads, clock: FrozenClock) -> LocalMotion:
    return LocalMotion(TOOLS.ffmpeg, tmp_path / "clips", threads, clock, processors=FairLimiter(2))


async def test_a_clip_begins_with_its_first_and_ends_with_its_last_picture(motion: LocalMotion, tmp_path: Path) -> None:
    first, last = still("a castle at sunset"), still("a boat on the sea at night")
    begun = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    clip = await made(motion, wish(first, last, CameraCommand.PAN_RIGHT))
    assert sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - begun < 8
    ends = await frames(clip, tmp_path, "eq(n,0)+eq(n,71)+eq(n,143)")
    assert likeness(ends[0], first) > LIKE
    assert likeness(ends[2], last) > LIKE
    assert max(likeness(ends[1], first), likeness(ends[1], last)) < LIKE


@pytest.mark.parametrize("camera", [CameraCommand.PAN_RIGHT, CameraCommand.PUSH_IN, CameraCommand.TILT_UP])
async def test_the_movement_never_jumps(motion: LocalMotion, tmp_path: Path, camera: CameraCommand) -> None:
    seen = (await frames(await made(motion, wish(dot(), None, camera)), tmp_path)).astype(np.float64)
    assert len(seen) == 144
    light = np.clip(seen - 60, 0, None)
    total = light.sum((1, 2))
    across = (light.sum(1) * np.arange(WIDTH)).sum(1) / total
    down = (light.sum(2) * np.arange(HEIGHT)).sum(1) / total
    moment = np.linspace(-1, 1, len(seen))
    assert np.hypot(np.ptp(across), np.ptp(down)) > 8
    for path in (across, down):
        smooth = np.polynomial.Polynomial.fit(moment, path, 9)(moment)
        assert np.abs(path - smooth).max() < MOST_JITTER_PX


@pytest.mark.parametrize("seconds", [6, 10])
async def test_a_clip_has_exactly_the_length_and_form_that_films_need(
    motion: LocalMotion, tmp_path: Path, seconds: int
) -> None:
    clip = await made(motion, wish(still("a lake"), None, CameraCommand.STATIC_SHOT, seconds=seconds))
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    described = (await run([TOOLS.ffmpeg, "-hide_banner", "-i", str(path)], timeout_seconds=20)).stderr_tail
    assert f"Duration: 00:00:{seconds:02}.00" in described
    for fact in ("h264 (High)", "yuv420p(tv, bt709", f"{WIDTH}x{HEIGHT} [SAR 1:1", "24 fps", "12288 tbn"):
        assert fact in described
    assert "Audio" not in described
    assert clip.index(b"moov") < clip.index(b"mdat")


async def test_the_same_request_gives_the_same_bytes(motion: LocalMotion) -> None:
    request = wish(still("a lake"), still("a forest"))
    assert await made(motion, request) == await made(motion, request, AttemptKey("attempt-2"))


async def test_the_larger_size_follows_the_first_frames_shape(motion: LocalMotion) -> None:
    tall = still("a church", (432, 768))
    task = await motion.submit(replace(wish(tall), resolution=VideoResolution.P768), key=KEY)
    done = await motion.poll(task)
    assert isinstance(done, Succeeded)
    assert (done.width_px, done.height_px) == (768, 1366)


async def test_a_restart_finds_accepted_work_and_finishes_it(
    motion: LocalMotion, tmp_path: Path, threads: Threads, clock: FrozenClock
) -> None:
    request = wish(still("a lake"))
    task = await motion.submit(request, key=KEY)
    again = LocalMotion(TOOLS.ffmpeg, tmp_path / "clips", threads, clock, processors=FairLimiter(2))
    assert await again.find(KEY, since=clock.now(), request=request, known=()) == Found(task)
    assert isinstance(await again.poll(task), Succeeded)


async def test_a_second_submit_of_one_attempt_is_the_same_work(motion: LocalMotion, clock: FrozenClock) -> None:
    request = wish(still("a lake"))
    task = await motion.submit(request, key=KEY)
    clock.move(60)
    assert await motion.submit(request, key=KEY) == task


async def test_find_tells_what_never_arrived_and_what_is_too_old_to_tell(
    motion: LocalMotion, clock: FrozenClock
) -> None:
    request = wish(still("a lake"))
    assert await motion.find(KEY, since=clock.now(), request=request, known=()) == NotReceived()
    long_ago = clock.now() - timedelta(days=8)
    assert await motion.find(KEY, since=long_ago, request=request, known=()) == CannotTell()
    assert await motion.find(AttemptKey("../up"), since=clock.now(), request=request, known=()) == NotReceived()


async def test_forgotten_work_is_gone(motion: LocalMotion, clock: FrozenClock) -> None:
    task = await motion.submit(wish(still("a lake")), key=KEY)
    await motion.forget(task)
    await motion.forget(task)
    lost = await motion.poll(task)
    assert isinstance(lost, Failed)
    assert isinstance(lost.error, TaskLost)
    with pytest.raises(TaskLost):
        await motion.fetch(Succeeded(task), MemorySink(10))


async def test_work_that_is_a_week_old_makes_room(motion: LocalMotion, clock: FrozenClock, tmp_path: Path) -> None:
    old = await motion.submit(wish(still("a lake")), key=KEY)
    clock.move(8 * 86_400)
    await motion.submit(wish(still("a lake")), key=AttemptKey("attempt-2"))
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["attempt-2"]
    assert isinstance(await motion.poll(old), Failed)


def encoders(folder: Path) -> list[bytes]:
    """Command lines of living processes that work in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(process.read_bytes())
    return [line for line in found if str(folder).encode() in line]


async def test_a_cancelled_poll_leaves_no_child_and_no_part_and_the_next_one_finishes(
    motion: LocalMotion, tmp_path: Path
) -> None:
    task = await motion.submit(wish(still("a lake"), still("a storm at sea"), seconds=10), key=KEY)
    folder = tmp_path / "clips" / task.id
    async with asyncio.TaskGroup() as group:
        polling = group.create_task(motion.poll(task))
        async with asyncio.timeout(10):
            while not encoders(folder):
                await asyncio.sleep(0.01)
        assert isinstance(await motion.poll(task), Running)
        polling.cancel()
    assert polling.cancelled()
    assert encoders(folder) == []
    assert sorted(path.name for path in folder.iterdir()) == ["first", "last", "lock", "request.json"]
    assert isinstance(await motion.poll(task), Succeeded)


async def test_a_cancelled_submit_leaves_the_whole_request_or_nothing(motion: LocalMotion, clock: FrozenClock) -> None:
    request = wish(still("a lake"))
    for number in range(6):
        key = AttemptKey(f"attempt-{number}")
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(motion.submit(request, key=key))
            for _ in range(number):
                await asyncio.sleep(0.001)
            sending.cancel()
        found = await motion.find(key, since=clock.now(), request=request, known=())
        if isinstance(found, Found):
            assert isinstance(await motion.poll(found.task), Succeeded)
        else:
            assert found == NotReceived()


async def test_another_process_at_the_same_clip_is_waited_for(
    motion: LocalMotion, tmp_path: Path, threads: Threads, clock: FrozenClock
) -> None:
    other = LocalMotion(TOOLS.ffmpeg, tmp_path / "clips", threads, clock, processors=FairLimiter(2))
    task = await motion.submit(wish(still("a lake")), key=KEY)
    one, two = await asyncio.gather(motion.poll(task), other.poll(task))
    assert {type(one), type(two)} == {Succeeded, Running}


async def test_clips_are_made_in_turns_and_a_look_does_not_wait_for_ever(
    tmp_path: Path, threads: Threads, clock: FrozenClock
) -> None:
    processors = FairLimiter(1)
    motion = LocalMotion(TOOLS.ffmpeg, tmp_path / "clips", threads, clock, processors=processors, turn_seconds=0.05)
    task = await motion.submit(wish(still("a lake")), key=KEY)
    async with processors.turn("somebody else"):
        assert isinstance(await motion.poll(task), Running)
    assert isinstance(await motion.poll(task), Succeeded)


async def test_a_frame_that_is_no_picture_ends_the_work_for_good(motion: LocalMotion) -> None:
    task = await motion.submit(wish(Picture(b"\x89PNG nonsense", MediaType.PNG, 640, 360)), key=KEY)
    for _ in range(2):
        ended = await motion.poll(task)
        assert isinstance(ended, Failed)
        assert isinstance(ended.error, InvalidRequest)
        assert ended.error.hint == "Use frames that open as PNG, JPEG or WebP."


async def test_a_broken_encoder_fails_the_look_and_a_good_one_finishes_the_work(
    motion: LocalMotion, tmp_path: Path, threads: Threads, clock: FrozenClock
) -> None:
    task = await motion.submit(wish(still("a lake")), key=KEY)
    for broken in ("/bin/false", str(tmp_path / "nowhere")):
        ended = await LocalMotion(broken, tmp_path / "clips", threads, clock, processors=FairLimiter(2)).poll(task)
        assert isinstance(ended, Failed)
        assert isinstance(ended.error, UnexpectedReply)
    assert not (tmp_path / "clips" / task.id / "frames.pipe").exists()
    assert isinstance(await motion.poll(task), Succeeded)


@pytest.mark.parametrize("task_id", ["..", "../up", "a/b", "", ".hidden", "draft.part"])
async def test_a_task_id_never_names_anything_outside_its_folder(
    motion: LocalMotion, clock: FrozenClock, task_id: str
) -> None:
    with pytest.raises(TaskLost):
        await motion.poll(RemoteTask(task_id, MOTION_MODEL, clock.now()))
    with pytest.raises(InvalidRequest):
        await motion.submit(wish(still("a lake")), key=AttemptKey(task_id))


async def test_the_record_agrees_with_what_is_refused(motion: LocalMotion) -> None:
    can, picture = motion.capabilities(""), dot()
    assert VideoOutput(6, VideoResolution.P1080) in can.outputs[VideoMode.FIRST_LAST_FRAME]
    wrong = (
        replace(wish(picture), duration_seconds=7),
        replace(wish(picture), duration_seconds=10, resolution=VideoResolution.P1080),
        replace(wish(picture), first_frame=None),
        replace(wish(picture), model="other"),
        replace(wish(picture), prompt="x" * 4001),
        wish(replace(picture, width_px=20)),
    )
    for request in wrong:
        with pytest.raises(InvalidRequest):
            await motion.submit(request, key=KEY)
    assert VideoMode.TEXT not in can.outputs
