"""Takes are rejected with a reason, made again with other words, compared and pinned."""

import httpx2
import pytest

from app.generation.errors import TakeNotFound
from app.projects.errors import SegmentNotFound
from tests.doubles.visuals import ScriptedCamera
from tests.standins.minimax.media import clip, still
from tests.studio import API, Json, Studio

pytestmark = pytest.mark.flow


async def first(studio: Studio, film: Json) -> Json:
    return (await studio.segments(film))[0]


async def takes(studio: Studio, segment: Json) -> list[Json]:
    found: list[Json] = (await studio.get(f"/segments/{segment['id']}/takes"))["takes"]
    return found


async def two_takes(studio: Studio, film: Json) -> tuple[Json, list[Json]]:
    """A take, rejected; then other words and another take."""
    segment = await first(studio, film)
    await studio.make_take(segment)
    await studio.post(f"/segments/{segment['id']}/reject-video", {"reason": "The fox looks like a dog."})
    words = {"video_prompt": "A red fox with a bushy tail runs through mist."}
    await studio.person.patch(f"{API}/segments/{segment['id']}", json=words)
    await studio.post(f"/segments/{segment['id']}/approve")
    await studio.make_take(segment)
    return segment, await takes(studio, segment)


async def test_a_rejected_take_is_kept_with_the_reason_and_waits_for_another(studio: Studio, film: Json) -> None:
    segment = await first(studio, film)
    done = await studio.make_take(segment)
    rejected = await studio.post(f"/segments/{segment['id']}/reject-video", {"reason": "The fox looks like a dog."})
    assert (rejected["status"], rejected["reject_reason"]) == ("approved", "The fox looks like a dog.")
    assert rejected["video_url"] is None
    (take,) = await takes(studio, segment)
    assert (take["id"], take["current"]) == (done["result"]["take_id"], False)
    assert (await studio.person.get(take["video_url"])).status_code == 200


async def test_a_take_made_with_other_words_stands_beside_the_rejected_one(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    _, (newest, oldest) = await two_takes(studio, film)
    assert camera.requests[1].prompt == "A red fox with a bushy tail runs through mist."
    assert [newest["prompt"], oldest["prompt"]] == [request.text for request in reversed(camera.requests)]
    assert [(take["current"], take["stale"]) for take in (newest, oldest)] == [(True, False), (False, True)]
    shown = await first(studio, film)
    assert (shown["status"], shown["reject_reason"], shown["stale"]) == ("generated", None, False)


async def test_two_takes_are_compared_by_what_was_asked_and_what_came(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    camera.files = [clip((160, 96), 6, None, None), clip((192, 108), 6, None, None)]
    segment, (newest, oldest) = await two_takes(studio, film)
    told = await studio.get(f"/segments/{segment['id']}/takes/{oldest['id']}/compare")
    assert (told["one"]["id"], told["other"]["id"]) == (oldest["id"], newest["id"])
    differing = {each["field"]: (each["one"], each["other"]) for each in told["differences"]}
    assert differing["prompt"] == (oldest["prompt"], newest["prompt"])
    assert differing["size"] == ("160x96", "192x108")
    assert "model" not in differing
    same = await studio.get(f"/segments/{segment['id']}/takes/{newest['id']}/compare?other={newest['id']}")
    assert same["differences"] == []


async def test_a_pinned_take_is_the_present_one_and_says_when_it_is_out_of_date(studio: Studio, film: Json) -> None:
    segment, (newest, oldest) = await two_takes(studio, film)
    used = await studio.post(f"/segments/{segment['id']}/takes/{oldest['id']}/use")
    assert (used["status"], used["stale_parts"]) == ("generated", ["clip"])
    used = await studio.post(f"/segments/{segment['id']}/takes/{newest['id']}/use")
    assert used["stale_parts"] == []


async def test_a_comparison_with_what_is_not_there_is_not_found(
    studio: Studio, film: Json, bob: httpx2.AsyncClient
) -> None:
    one, other = await studio.segments(film)
    done = await studio.make_take(one)
    take_id = done["result"]["take_id"]
    answer = await studio.person.get(f"{API}/segments/{other['id']}/takes/{take_id}/compare")
    assert (answer.status_code, answer.json()["code"]) == (404, TakeNotFound.code)
    await studio.post(f"/segments/{one['id']}/reject-video", {"reason": "No."})
    answer = await studio.person.get(f"{API}/segments/{one['id']}/takes/{take_id}/compare")
    assert (answer.status_code, answer.json()["code"]) == (404, TakeNotFound.code)
    answer = await bob.get(f"{API}/segments/{one['id']}/takes/{take_id}/compare")
    assert (answer.status_code, answer.json()["code"]) == (404, SegmentNotFound.code)


async def test_a_clip_that_stands_still_is_kept_with_a_warning(
    studio: Studio, film: Json, camera: ScriptedCamera
) -> None:
    grey = still(160, 96, (90, 90, 90))
    camera.files = [clip((160, 96), 6, grey, grey)]
    segment = await first(studio, film)
    await studio.make_take(segment)
    (take,) = await takes(studio, segment)
    assert take["look"]["frozen_share"] > 0.9
    assert take["look"]["black_share"] == 0.0
    assert any("stands still" in warning for warning in take["warnings"])
    assert (await first(studio, film))["status"] == "generated"


async def test_a_take_says_how_well_it_meets_its_key_frames(studio: Studio, film: Json, camera: ScriptedCamera) -> None:
    segment = await first(studio, film)
    picture = (await studio.person.get(segment["first_frame_url"])).content
    camera.files = [clip((160, 96), 6, picture, picture)]
    await studio.make_take(segment)
    (take,) = await takes(studio, segment)
    assert take["look"]["first_seam"] > 0.9
    assert take["look"]["last_seam"] > 0.9
    assert not any("key frame" in warning for warning in take["warnings"])
