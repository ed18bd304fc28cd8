"""Chained clips hand their last picture on, and take it along when they are chosen again."""

import pytest

from app.generation.errors import FramesMissing
from app.providers.video import VideoMode
from tests.doubles.visuals import ScriptedCamera
from tests.studio import API, Json, Studio

pytestmark = pytest.mark.flow


async def takes(studio: Studio, segment: Json) -> list[Json]:
    found: list[Json] = (await studio.get(f"/segments/{segment['id']}/takes"))["takes"]
    return found


async def first(studio: Studio, project: Json) -> Json:
    return (await studio.segments(project))[0]


async def test_a_last_frame_is_given_only_where_the_model_takes_it(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    camera.modes = frozenset({VideoMode.FIRST_FRAME})
    segment = await first(studio, film)
    await studio.make_take(segment)
    assert camera.requests[0].mode is VideoMode.FIRST_FRAME
    shown = await first(studio, film)
    assert shown["stale"] is False
    assert (await studio.frames(film))[1]["origin"] == "uploaded"


async def test_a_chained_clip_hands_its_last_picture_on(studio: Studio, camera: ScriptedCamera) -> None:
    chained = await studio.planned(visuals="chained")
    one, other = await studio.segments(chained)
    await studio.upload_frame(one, "first")
    with pytest.raises(FramesMissing):
        await studio.begin_take(other)
    await studio.make_take(one)
    assert (await first(studio, chained))["stale"] is False
    frame = (await studio.frames(chained))[1]
    assert (frame["origin"], frame["stale"]) == ("extracted", False)
    await studio.make_take(other)
    assert [request.mode for request in camera.requests] == [VideoMode.FIRST_FRAME] * 2
    (take,) = await takes(studio, one)
    handed = (await studio.person.get(take["last_picture_url"])).content
    assert camera.requests[1].first_frame is not None
    assert camera.requests[1].first_frame.content == handed


async def test_a_clip_with_an_open_end_hands_its_last_picture_on(studio: Studio, camera: ScriptedCamera) -> None:
    film = await studio.planned()
    one, other = await studio.segments(film)
    await studio.person.patch(f"{API}/segments/{one['id']}", json={"end_frame_prompt": ""})
    await studio.post(f"/segments/{one['id']}/approve")
    await studio.upload_frame(one, "first")
    await studio.upload_frame(other, "last")
    with pytest.raises(FramesMissing):
        await studio.begin_take(other)
    await studio.make_take(one)
    await studio.make_take(other)
    assert [request.mode for request in camera.requests] == [VideoMode.FIRST_FRAME, VideoMode.FIRST_LAST_FRAME]
    assert [frame["origin"] for frame in await studio.frames(film)] == ["uploaded", "extracted", "uploaded"]
    assert [segment["stale"] for segment in await studio.segments(film)] == [False, False]


async def test_the_earlier_take_of_a_chain_takes_its_last_picture_along(studio: Studio) -> None:
    chained = await studio.planned(visuals="chained")
    one, other = await studio.segments(chained)
    await studio.upload_frame(one, "first")
    done = await studio.make_take(one)
    await studio.make_take(other)
    await studio.make_take(one)
    assert (await studio.segments(chained))[1]["stale"] is True
    await studio.post(f"/segments/{one['id']}/takes/{done['result']['take_id']}/use")
    assert [segment["stale"] for segment in await studio.segments(chained)] == [False, False]
