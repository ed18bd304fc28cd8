"""An estimate names what is still to be bought, costs nothing itself, and holds when the bill comes."""

from datetime import date

import pytest

from app.usage.domain import clip_micro_usd, picture_micro_usd
from tests.doubles.speech import ScriptedSpeech
from tests.doubles.visuals import VENDOR, ScriptedCamera, ScriptedPainter
from tests.scripted_house import House, Json

MICRO = 1_000_000
CLIP = clip_micro_usd(VENDOR, "MiniMax-Hailuo-02", 6, "768P") / MICRO
LONG_CLIP = clip_micro_usd(VENDOR, "MiniMax-Hailuo-02", 10, "768P") / MICRO
PICTURE = picture_micro_usd(VENDOR) / MICRO


async def estimate(house: House, project: Json) -> Json:
    found: Json = await house.post(f"/projects/{project['id']}/estimate")
    return found


def line(found: Json, work: str) -> Json:
    return next(each for each in found["cost"]["lines"] if each["work"] == work)


async def test_an_unplanned_film_is_estimated_in_a_range(house: House) -> None:
    found = await estimate(house, await house.project())
    cost = found["cost"]
    assert (found["duration_seconds"], cost["currency"]) == (12, "USD")
    assert [each["work"] for each in cost["lines"]] == ["plan", "narration", "frame", "clip"]
    assert (line(found, "frame")["count"], line(found, "frame")["estimated"]) == (3, pytest.approx(3 * PICTURE))
    clip = line(found, "clip")
    assert (clip["low"], clip["estimated"], clip["high"]) == pytest.approx((2 * CLIP, 2 * CLIP, 2 * LONG_CLIP))
    narration = line(found, "narration")
    assert narration["low"] == 0 < narration["estimated"] < narration["high"]
    assert cost["low"] < cost["estimated"] < cost["high"]


async def test_prices_say_where_they_come_from_and_from_when(house: House) -> None:
    prices = line(await estimate(house, await house.project()), "clip")["prices"]
    assert {price["model"] for price in prices} == {"MiniMax-Hailuo-02"}
    assert all(price["source"].startswith("https://") for price in prices)
    assert all(date.fromisoformat(price["as_of"]) > date(2026, 1, 1) for price in prices)


async def test_lines_and_segments_add_up_to_the_same(house: House) -> None:
    found = await estimate(house, await house.written(narrated=True))
    total = found["cost"]["estimated"]
    assert sum(each["estimated"] for each in found["cost"]["lines"]) == pytest.approx(total)
    assert sum(each["estimated"] for each in found["segments"]) == pytest.approx(total)
    assert [each["work"] for each in found["segments"]] == [["narration", "frame", "clip"]] * 2


async def test_an_estimate_asks_no_engine_and_starts_no_job(
    house: House, camera: ScriptedCamera, painter: ScriptedPainter, speaker: ScriptedSpeech
) -> None:
    project = await house.written(narrated=True)
    await estimate(house, project)
    assert camera.requests == painter.requests == speaker.said == []
    assert (await house.get("/jobs"))["total"] == 0


async def test_the_bill_is_within_the_estimate_and_a_finished_film_costs_nothing_more(house: House) -> None:
    project = await house.written(narrated=True)
    before = (await estimate(house, project))["cost"]
    job = await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
    assert (await house.ended(job))["phase"] == "succeeded"
    billed = await house.get("/usage?group_by=project")
    assert [each["group"] for each in billed["lines"]] == [project["id"]]
    assert billed["total"] == pytest.approx(before["estimated"], abs=0.01)
    assert before["low"] - 0.01 <= billed["total"] <= before["high"] + 0.01
    after = await estimate(house, project)
    assert (after["cost"]["estimated"], after["cost"]["high"], after["cost"]["lines"]) == (0, 0, [])
    assert [each["work"] for each in after["segments"]] == [[], []]


async def test_an_edited_narration_costs_that_narration_only(house: House) -> None:
    project = await house.written(narrated=True)
    job = await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
    assert (await house.ended(job))["phase"] == "succeeded"
    first = (await house.segments(project))[0]
    await house.patch(f"/segments/{first['id']}", {"narration_text": "Lis śpi."})
    found = await estimate(house, project)
    assert [(each["work"], each["count"]) for each in found["cost"]["lines"]] == [("narration", 1)]
    assert [each["work"] for each in found["segments"]] == [["narration"], []]


async def test_a_chain_draws_its_first_frame_only(house: House) -> None:
    found = await estimate(house, await house.written(visuals="chained"))
    assert (line(found, "frame")["count"], line(found, "clip")["count"]) == (1, 2)


async def test_the_service_reports_what_a_film_cost_by_day_engine_and_kind_of_work(house: House) -> None:
    project = await house.written()
    job = await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
    assert (await house.ended(job))["phase"] == "succeeded"
    wanted = 2 * CLIP + 3 * PICTURE
    by_engine, by_kind, by_day = [await house.get(f"/usage?group_by={by}") for by in ("provider", "kind", "day")]
    assert {each["group"]: each["cost"] for each in by_engine["lines"] if each["cost"]} == {
        VENDOR: pytest.approx(wanted)
    }
    assert {each["group"]: (each["calls"], each["cost"]) for each in by_kind["lines"] if each["cost"]} == {
        "segment.take": (2, pytest.approx(2 * CLIP)),
        "frame.make": (3, pytest.approx(3 * PICTURE)),
    }
    assert (len(by_day["lines"]), by_day["total"]) == (1, pytest.approx(wanted))
    costs = [await house.get(f"/jobs/{child['id']}") for child in await house.children(job)]
    assert sum(each["cost"]["actual"] for each in costs) == pytest.approx(wanted)


async def test_a_films_own_budget_stops_it_before_the_clip_that_would_pass_it(
    house: House, camera: ScriptedCamera
) -> None:
    project = await house.written(budget=0.4)
    job = await house.ended(await house.post(f"/projects/{project['id']}/produce", {"auto_approve": True}))
    assert (job["phase"], job["error"]["code"]) == ("failed", "budget.exceeded")
    assert len(camera.requests) == 1
    assert (await house.get("/usage"))["total"] <= 0.4
    await house.patch(f"/projects/{project['id']}", {"budget": 1})
    again = await house.ended(await house.post(f"/jobs/{job['id']}/retry"))
    assert again["phase"] == "succeeded", again
    assert len(camera.requests) == 2
