"""Clips: the whole way on both interfaces, and what is refused before payment."""

import json

import pytest
from pydantic import TypeAdapter

from app.providers.errors import (
    InvalidRequest,
)
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.minimax.models import VIDEO_MODELS
from app.providers.values import AttemptKey, CameraCommand, MediaType, Picture
from app.providers.video import RemoteTask, Succeeded, VideoMode, VideoOutput, VideoRequest, VideoResolution
from tests.contract.providers.samples import CAMERA_MODEL, KEY, SOUND_MODEL, ended, fetched, frame, made, request
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.world import World

BOTH = pytest.mark.parametrize("model", [CAMERA_MODEL, SOUND_MODEL])
CREATE = {CAMERA_MODEL: "/v1/video_generation", SOUND_MODEL: "/v2/video_generation"}
QUERY = {CAMERA_MODEL: "/v1/query/video_generation", SOUND_MODEL: "/v2/query/video_generation"}


@BOTH
async def test_a_clip_is_submitted_watched_and_fetched(
    kit: MiniMaxBundle, clock: FrozenClock, world: World, model: str
) -> None:
    clip = await fetched(kit, await made(kit, clock, model))
    assert clip[4:8] == b"ftyp"
    assert [paid.path for paid in world.paid] == [CREATE[model]]
    assert world.auth_on_files == 0


async def test_camera_movements_are_written_the_documented_way(kit: MiniMaxBundle, world: World) -> None:
    await kit.video.submit(request(), key=KEY)
    assert world.paid[0].text == "A lake at dawn [Pan left,Pedestal up]"


def test_the_vendor_names_fifteen_camera_movements() -> None:
    assert len(CameraCommand) == 15


async def test_a_remote_task_survives_being_kept_as_json(kit: MiniMaxBundle, clock: FrozenClock) -> None:
    task = await kit.video.submit(request(), key=KEY)
    shape = TypeAdapter(RemoteTask)
    again = shape.validate_python(json.loads(shape.dump_json(task)))
    assert again == task
    assert isinstance(await ended(kit, clock, again), Succeeded)


async def test_a_finished_clip_survives_being_kept_as_json(kit: MiniMaxBundle, clock: FrozenClock) -> None:
    shape = TypeAdapter(Succeeded)
    done = await made(kit, clock)
    assert shape.validate_json(shape.dump_json(done)) == done


@pytest.mark.parametrize("model", VIDEO_MODELS)
async def test_the_vendor_takes_everything_that_the_record_offers(kit: MiniMaxBundle, world: World, model: str) -> None:
    offered = kit.video.capabilities(model).outputs
    for mode, outputs in offered.items():
        for output in outputs:
            first = None if mode is VideoMode.TEXT else frame()
            last = frame() if mode is VideoMode.FIRST_LAST_FRAME else None
            wish = VideoRequest(model, "A lake", output.duration_seconds, output.resolution, first, last)
            await kit.video.submit(wish, key=AttemptKey(f"{mode}{output}"))
    assert len(world.paid) == sum(len(outputs) for outputs in offered.values())
    assert world.refused == []


@pytest.mark.parametrize("model", VIDEO_MODELS)
async def test_what_the_record_does_not_offer_is_refused_before_payment(
    kit: MiniMaxBundle, world: World, model: str
) -> None:
    can = kit.video.capabilities(model)
    every = [VideoOutput(seconds, size) for seconds in range(3, 17) for size in VideoResolution]
    for mode in VideoMode:
        for output in every:
            if output in can.outputs.get(mode, ()):
                continue
            first = None if mode is VideoMode.TEXT else frame()
            last = frame() if mode is VideoMode.FIRST_LAST_FRAME else None
            wish = VideoRequest(model, "A lake", output.duration_seconds, output.resolution, first, last)
            with pytest.raises(InvalidRequest):
                await kit.video.submit(wish, key=KEY)
    assert world.calls == []


MISFITS = {
    "prompt over the limit with its tags": lambda: _changed(prompt="x" * 1990),
    "four camera movements": lambda: _changed(camera=tuple(CameraCommand)[:4]),
    "last frame alone": lambda: _changed(first_frame=None),
    "picture too small": lambda: _changed(first_frame=frame(300, 300)),
    "picture too wide": lambda: _changed(last_frame=frame(1000, 310)),
    "picture too heavy": lambda: _changed(first_frame=Picture(b"x" * 20_971_520, MediaType.PNG, 640, 360)),
    "picture of a wrong type": lambda: _changed(first_frame=Picture(b"GIF89a", MediaType.MP4, 640, 360)),
    "another model's last frame": lambda: _changed(model="MiniMax-Hailuo-2.3"),
    "unknown model": lambda: _changed(model="T9"),
    "camera with a model that ignores it": lambda: _changed(model=SOUND_MODEL),
    "no prompt for text": lambda: _changed(prompt=" ", first_frame=None, last_frame=None),
}


def _changed(**fields: object) -> VideoRequest:
    facts = {name: getattr(request(), name) for name in VideoRequest.__dataclass_fields__}
    return VideoRequest(**(facts | fields))


@pytest.mark.parametrize("case", MISFITS)
async def test_a_misfit_is_refused_with_a_hint_before_any_call(kit: MiniMaxBundle, world: World, case: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await kit.video.submit(MISFITS[case](), key=KEY)
    assert refused.value.hint
    assert world.calls == []


async def test_a_prompt_of_exactly_the_limit_with_its_tags_is_taken(kit: MiniMaxBundle, world: World) -> None:
    tag = " [Pan left,Pedestal up]"
    await kit.video.submit(_changed(prompt="x" * (2000 - len(tag))), key=KEY)
    assert len(world.paid[0].text) == 2000
