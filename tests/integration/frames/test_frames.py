"""Key frames over HTTP: made in a chain, listed with their history, chosen, approved, taken from clips."""

import io
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from PIL import Image

from app.frames.errors import (
    CandidateNotFound,
    ClipMissing,
    FrameNotOffered,
    FramePromptMissing,
    FramesReady,
    FrameUnmade,
    PictureLost,
)
from app.moderation.errors import ContentRefused
from app.projects.errors import FrameNotFound, ProjectNotFound, SegmentBusy, SegmentNotFound
from app.providers.errors import ContentBlocked
from app.providers.image import ImageRequest, MadePictures, ReferenceUse, Still
from app.providers.values import MediaType
from app.usage.domain import BudgetExceeded
from tests.doubles.context import Crash
from tests.doubles.engines import ScriptedJudge
from tests.doubles.visuals import ScriptedPainter
from tests.studio import API, Json, Studio

pytestmark = pytest.mark.flow


async def start_all(studio: Studio, project: Json) -> Json:
    job: Json = await studio.post(f"/generation/frames/{project['id']}")
    return job


async def make_all(studio: Studio, project: Json) -> Json:
    done = await studio.run(await start_all(studio, project))
    assert done["phase"] == "succeeded", done
    return done


def facts(frames: Sequence[Json], name: str) -> list[Any]:
    return [frame[name] for frame in frames]


async def test_missing_frames_are_made_in_a_chain(studio: Studio, project: Json, painter: ScriptedPainter) -> None:
    done = await make_all(studio, project)
    assert [made["position"] for made in done["result"]["frames"]] == [0, 1, 2]
    frames = await studio.frames(project)
    assert facts(frames, "origin") == ["generated"] * 3
    assert facts(frames, "stale") == [False] * 3
    assert all(frame["image_url"] for frame in frames)
    assert [len(frame["candidates"]) for frame in frames] == [1, 1, 1]
    assert [len(request.references) for request in painter.requests] == [0, 1, 1]
    assert painter.requests[0].prompt.startswith("A fox runs through a misty forest, scene 0.")
    assert painter.requests[1].prompt.startswith("The fox stands still at place 0.")


async def test_what_frames_cost_is_booked(studio: Studio, project: Json) -> None:
    done = await make_all(studio, project)
    assert done["cost"] == {"estimated": 0.0105, "actual": 0.0105, "currency": "USD"}
    assert (await studio.frames(project))[1]["candidates"][0]["cost"] == 0.0035


async def test_a_model_without_references_is_given_none(
    studio: Studio, project: Json, painter: ScriptedPainter
) -> None:
    painter.reference_use = ReferenceUse.NONE
    await make_all(studio, project)
    assert [request.references for request in painter.requests] == [(), (), ()]


async def test_uploaded_frames_are_kept(studio: Studio, project: Json, painter: ScriptedPainter) -> None:
    await studio.upload_frame((await studio.segments(project))[0], "last")
    await make_all(studio, project)
    assert facts(await studio.frames(project), "origin") == ["generated", "uploaded", "generated"]
    assert len(painter.requests) == 2


async def test_nothing_is_bought_when_no_frame_is_missing(studio: Studio, film: Json) -> None:
    assert await studio.refused(f"/generation/frames/{film['id']}") == (409, FramesReady.code)


async def test_a_second_start_gives_the_same_job(studio: Studio, project: Json) -> None:
    assert (await start_all(studio, project))["id"] == (await start_all(studio, project))["id"]


async def test_another_picture_makes_what_follows_stale_and_the_rest_is_made_again(
    studio: Studio, project: Json, painter: ScriptedPainter
) -> None:
    await make_all(studio, project)
    painter.script = [lambda request: picture((9, 9, 9))]
    await studio.run(await studio.post(f"/projects/{project['id']}/frames/1/generate"))
    frames = await studio.frames(project)
    assert facts(frames, "stale") == [False, False, True]
    assert len(frames[1]["candidates"]) == 2
    done = await make_all(studio, project)
    assert [made["position"] for made in done["result"]["frames"]] == [2]


async def test_an_earlier_picture_can_be_chosen_again(studio: Studio, project: Json, painter: ScriptedPainter) -> None:
    await make_all(studio, project)
    painter.script = [lambda request: picture((9, 9, 9))]
    await studio.run(await studio.post(f"/projects/{project['id']}/frames/1/generate"))
    newest, first = (await studio.frames(project))[1]["candidates"]
    assert (newest["current"], first["current"]) == (True, False)
    path = f"/projects/{project['id']}/frames/1/accept"
    chosen = await studio.post(path, {"candidate_id": first["id"]})
    assert [candidate["current"] for candidate in chosen["candidates"]] == [False, True]
    assert chosen["approved"] is True
    assert facts(await studio.frames(project), "stale") == [False, False, False]


async def test_a_candidate_of_another_frame_is_not_found(studio: Studio, project: Json) -> None:
    await make_all(studio, project)
    other = (await studio.frames(project))[0]["candidates"][0]
    path = f"/projects/{project['id']}/frames/1/accept"
    assert await studio.refused(path, {"candidate_id": other["id"]}) == (404, CandidateNotFound.code)


async def test_a_candidate_whose_picture_is_gone_is_not_found(studio: Studio, project: Json) -> None:
    done = await make_all(studio, project)
    made = done["result"]["frames"][1]
    await studio.run(await studio.post(f"/projects/{project['id']}/frames/1/generate"))
    await studio.person.delete(f"{API}/assets/{made['asset_id']}")
    path = f"/projects/{project['id']}/frames/1/accept"
    assert await studio.refused(path, {"candidate_id": made["candidate_id"]}) == (404, CandidateNotFound.code)


async def test_a_frame_is_approved_once_it_is_there(studio: Studio, project: Json) -> None:
    path = f"/projects/{project['id']}/frames/1/approve"
    assert await studio.refused(path) == (409, FrameUnmade.code)
    await make_all(studio, project)
    assert (await studio.post(path))["approved"] is True


async def test_a_frame_without_words_is_named(studio: Studio) -> None:
    bare = await studio.post("/projects", {"name": "Bare", "target_duration_sec": 12})
    answer = await studio.person.post(f"{API}/generation/frames/{bare['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, FramePromptMissing.code)
    assert answer.json()["positions"] == [0, 1, 2]


async def test_a_shape_that_the_engine_does_not_draw_is_refused_before_payment(
    studio: Studio, painter: ScriptedPainter
) -> None:
    square = await studio.planned(aspect_ratio="1:1")
    assert await studio.refused(f"/generation/frames/{square['id']}") == (422, FrameNotOffered.code)
    assert painter.requests == []


async def test_a_place_beyond_the_film_has_no_frame(studio: Studio, project: Json) -> None:
    assert await studio.refused(f"/projects/{project['id']}/frames/7/generate") == (404, FrameNotFound.code)


async def test_a_budget_that_is_too_small_refuses_the_whole_order(studio: Studio, painter: ScriptedPainter) -> None:
    poor = await studio.planned()
    await studio.person.put(f"{API}/budgets", json={"user_day": 0.01})
    assert await studio.refused(f"/generation/frames/{poor['id']}") == (402, BudgetExceeded.code)
    assert painter.requests == []


async def test_a_refused_text_buys_nothing(
    studio: Studio, project: Json, judge: ScriptedJudge, painter: ScriptedPainter
) -> None:
    judge.scores = {"misty": {"violence/graphic": 0.97}}
    failed = await studio.run(await start_all(studio, project))
    assert failed["error"]["code"] == ContentRefused.code
    assert painter.requests == []


async def test_a_picture_that_the_engine_holds_back_fails_the_job(
    studio: Studio, project: Json, painter: ScriptedPainter
) -> None:
    def blocked(request: ImageRequest) -> MadePictures:
        raise ContentBlocked(provider="minimax")

    painter.script = [blocked]
    failed = await studio.run(await start_all(studio, project))
    assert failed["error"]["code"] == ContentBlocked.code
    assert failed["cost"]["actual"] == 0


async def test_a_picture_that_cannot_be_read_is_told_and_bought_anew_by_a_retry_only(
    studio: Studio, project: Json, painter: ScriptedPainter
) -> None:
    painter.script = [lambda request: MadePictures((Still(b"no picture at all", MediaType.PNG),))]
    failed = await studio.run(await start_all(studio, project))
    assert failed["error"]["code"] == PictureLost.code
    assert "PNG, JPEG or WebP" in failed["error"]["message"]
    assert len(painter.requests) == 1
    renewed = await studio.post(f"/jobs/{failed['id']}/retry")
    assert (await studio.run(renewed))["phase"] == "succeeded"
    assert len(painter.requests) == 4


async def test_strangers_find_nothing(studio: Studio, project: Json, bob: httpx2.AsyncClient) -> None:
    segment = (await studio.segments(project))[0]
    place = f"{API}/projects/{project['id']}/frames"
    asked = [
        await bob.get(place),
        await bob.post(f"{place}/0/generate"),
        await bob.post(f"{place}/0/approve"),
        await bob.post(f"{place}/0/accept", json={"candidate_id": "x"}),
        await bob.post(f"{API}/generation/frames/{project['id']}"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in asked} == {(404, ProjectNotFound.code)}
    answer = await bob.post(f"{API}/segments/{segment['id']}/extract-last-frame")
    assert (answer.status_code, answer.json()["code"]) == (404, SegmentNotFound.code)


async def test_the_last_picture_of_a_clip_becomes_the_shared_frame(studio: Studio, film: Json) -> None:
    segment = (await studio.segments(film))[0]
    path = f"/segments/{segment['id']}/extract-last-frame"
    assert await studio.refused(path) == (409, ClipMissing.code)
    await studio.make_take(segment)
    shown = await studio.post(path)
    assert shown["last_frame_url"] is not None
    assert shown["stale"] is False
    frame = (await studio.frames(film))[1]
    assert (frame["origin"], frame["approved"], frame["stale"]) == ("extracted", True, False)
    assert (await studio.segments(film))[1]["first_frame_url"] is not None


async def test_a_frame_of_a_clip_in_the_making_is_left_alone(studio: Studio, film: Json) -> None:
    segments = await studio.segments(film)
    await studio.make_take(segments[0])
    await studio.begin_take(segments[1])
    refused = (409, SegmentBusy.code)
    assert await studio.refused(f"/segments/{segments[0]['id']}/extract-last-frame") == refused
    assert await studio.refused(f"/projects/{film['id']}/frames/1/generate") == refused


async def test_chained_films_draw_only_the_first_frame_and_take_the_others_from_clips(
    studio: Studio, painter: ScriptedPainter
) -> None:
    chained = await studio.planned(visuals="chained")
    assert await studio.refused(f"/projects/{chained['id']}/frames/1/generate") == (409, ClipMissing.code)
    await make_all(studio, chained)
    assert facts(await studio.frames(chained), "origin") == ["generated", None, None]
    segment = (await studio.segments(chained))[0]
    await studio.make_take(segment)
    await studio.person.delete(f"{API}/segments/{segment['id']}/last-frame")
    done = await make_all(studio, chained)
    assert [made["position"] for made in done["result"]["frames"]] == [1]
    assert facts(await studio.frames(chained), "origin") == ["generated", "extracted", None]
    assert len(painter.requests) == 1


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", ["begin.1", "moderate.1", "submit.frame.1.1", "judge.1", "accept.1", "begin.2"])
async def test_a_crash_at_any_step_pays_each_frame_once(
    studio: Studio, project: Json, painter: ScriptedPainter, step: str, when: str
) -> None:
    job = await start_all(studio, project)
    with pytest.raises(Crash):
        await studio.run(job, **{when: step})
    done = await studio.run(job)
    assert done["phase"] == "succeeded", done
    assert len(painter.requests) == 3
    assert [len(frame["candidates"]) for frame in await studio.frames(project)] == [1, 1, 1]


async def test_a_retry_adopts_the_pictures_that_were_bought(
    studio: Studio, project: Json, painter: ScriptedPainter
) -> None:
    job = await start_all(studio, project)
    with pytest.raises(Crash):
        await studio.run(job, crash_before="accept.0")
    await studio.post(f"/jobs/{job['id']}/cancel")
    assert (await studio.run(job))["phase"] == "cancelled"
    done = await studio.run(await studio.post(f"/jobs/{job['id']}/retry"))
    assert done["phase"] == "succeeded", done
    assert len(painter.requests) == 3


def picture(colour: tuple[int, int, int]) -> MadePictures:
    made = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(made, "PNG")
    return MadePictures((Still(made.getvalue(), MediaType.PNG),))
