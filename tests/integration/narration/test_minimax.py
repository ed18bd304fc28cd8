"""Against the stand-in of MiniMax over real HTTP: whatever goes wrong, its ledger shows no call paid for again."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.clock import SystemClock
from app.jobs.domain import AttemptState
from app.jobs.models import ProviderAttempt
from app.jobs.persistence import PaidAnswer, Spool, VendorAnswer
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.narration.repository import VoiceRepository
from tests.conftest import MakeSettings
from tests.doubles.context import Crash
from tests.integration.narration.conftest import API, Bench, recording
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, OTHER_KEY, Fault, World
from tests.standins.running import served

pytestmark = pytest.mark.flow

Json = dict[str, Any]
SPEAK, CLONE, DESIGN = "/v1/t2a_v2", "/v1/voice_clone", "/v1/voice_design"
NOISE = '{"data":{"audio":"6e6f736f756e64","status":2},"extra_info":{"audio_length":4000,"usage_characters":42},'
NOISE += '"base_resp":{"status_code":0,"status_msg":"success"}}'
# Nothing of these was accepted, so a retry may buy.
UNPAID = {
    "refused": Fault("code", SPEAK, code=1026),
    "account": Fault("code", SPEAK, code=1008),
    "unknown_code": Fault("code", SPEAK, code=4711),
}
# The vendor worked and its answer was lost: it is asked for once more, never twice.
LOST = {
    "cut": Fault("swallow", SPEAK),
    "breakdown": Fault("swallow_status", SPEAK),
    "no_sound": Fault("null_data", SPEAK),
}
NARRATE_STEPS = ["begin", "moderate", "intend.speech.1", "submit.speech.1", "bind.speech.1", "accept"]
CLONE_STEPS = ["begin", "intend.voice.clone.1", "submit.voice.clone.1", "bind.voice.clone.1", "accept"]


@pytest.fixture
def world() -> Iterator[World]:
    vendor = World(SystemClock().monotonic)
    with served(minimax_app(vendor)) as address:
        vendor.base_url = address
        yield vendor


@pytest.fixture
async def app(make_settings: MakeSettings, database_url: str, world: World) -> AsyncIterator[FastAPI]:
    settings = make_settings(
        database={"database_url": database_url},
        minimax={"api_key": GOOD_KEY, "api_base": world.base_url, "rpm_speech": 1000},
    )
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


def paid(world: World, path: str) -> int:
    return sum(one.path == path for one in world.paid)


async def test_a_narration_is_bought_once_and_timed_by_the_vendor(bench: Bench, segment: Json, world: World) -> None:
    done = await bench.run(await bench.narrate(segment))
    assert done["phase"] == "succeeded", done
    assert paid(world, SPEAK) == 1
    (take,) = await bench.takes(segment)
    assert (take["provider"], take["tempo"]) == ("minimax", 1.0)
    assert 2.0 < take["duration_seconds"] < 4.0
    assert take["cost_micro_usd"] == world.paid[0].micro_usd
    assert done["cost"]["actual"] * 1_000_000 == pytest.approx(world.paid[0].micro_usd)


@pytest.mark.parametrize("fault", UNPAID)
async def test_what_the_vendor_refuses_is_not_paid_and_a_retry_buys_once(
    bench: Bench, segment: Json, world: World, fault: str
) -> None:
    world.faults = [Fault(**vars(UNPAID[fault]))]
    first = await bench.run(await bench.narrate(segment))
    assert first["phase"] == "failed"
    assert paid(world, SPEAK) == 0
    assert (await bench.run(await bench.retry(first)))["phase"] == "succeeded"
    assert paid(world, SPEAK) == 1


@pytest.mark.parametrize("fault", LOST)
async def test_a_lost_answer_is_bought_once_more_and_not_by_a_retry(
    bench: Bench, segment: Json, world: World, fault: str
) -> None:
    world.faults = [Fault(**vars(LOST[fault]))]
    job = await bench.narrate(segment)
    assert (await bench.run(job))["phase"] == "succeeded"
    assert paid(world, SPEAK) == 2
    assert (await bench.run(job))["phase"] == "succeeded"
    assert paid(world, SPEAK) == 2


async def test_noise_that_was_paid_for_is_not_paid_for_again(bench: Bench, segment: Json, world: World) -> None:
    world.faults = [Fault("body", SPEAK, status=200, body=NOISE)]
    first = await bench.run(await bench.narrate(segment))
    again = await bench.run(await bench.retry(first))
    assert [job["error"]["code"] for job in (first, again)] == ["narration.recording_unusable"] * 2
    assert [path for _, path in world.calls].count(SPEAK) == 1


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", NARRATE_STEPS)
async def test_a_killed_narration_is_paid_once(bench: Bench, segment: Json, world: World, step: str, when: str) -> None:
    job = await bench.narrate(segment)
    with pytest.raises(Crash):
        await bench.run(job, **{when: step})
    assert (await bench.run(job))["phase"] == "succeeded"
    assert paid(world, SPEAK) == 1


async def test_a_process_killed_between_the_answer_and_its_binding_pays_nothing_again(
    bench: Bench, segment: Json, world: World
) -> None:
    job = await bench.narrate(segment)
    with pytest.raises(Crash):
        await bench.run(job, crash_before="bind.speech.1")
    spool = Spool(bench.resources.settings.storage.storage_path, bench.resources.threads)
    async with bench.resources.database.unit_of_work() as session:
        attempt = (await session.scalars(select(ProviderAttempt))).one()
        answer = PaidAnswer(attempt.id, attempt.job_id, VendorAnswer(attempt.remote_id, attempt.reply or {}))
        overdue = bench.resources.clock.now() - timedelta(minutes=5)
        unbound = {"state": AttemptState.SENDING, "reply": None, "ended_at": None, "send_until": overdue}
        await session.execute(update(ProviderAttempt).values(**unbound))
    (await spool.save(answer)).lock.release()
    assert await bench.resources.provided(JobRuntime).reconciler.sweep() == 1
    assert (await bench.run(job))["phase"] == "succeeded"
    assert paid(world, SPEAK) == 1


async def with_sample(bench: Bench, project: Json) -> Json:
    sent = await bench.person.post(f"{API}/projects/{project['id']}/audio-sample", files=recording())
    assert sent.status_code == 200, sent.text
    started = await bench.person.post(
        f"{API}/generation/voice-clone", params={"project_id": project["id"]}, headers={"Prefer": "respond-async"}
    )
    assert started.status_code == 202, started.text
    job: Json = started.json()
    return job


@pytest.mark.parametrize("kind", ["swallow", "swallow_status"])
async def test_a_lost_clone_is_recognised_as_our_own(bench: Bench, project: Json, world: World, kind: str) -> None:
    world.faults = [Fault(kind, CLONE)]
    job = await bench.run(await with_sample(bench, project))
    assert job["phase"] == "succeeded", job
    assert paid(world, CLONE) == 1
    assert (await bench.get(f"/projects/{project['id']}"))["voice_id"] in world.voices


@pytest.mark.parametrize(("code", "error"), [(2038, "provider.account_problem"), (2037, "provider.invalid_request")])
async def test_a_refused_clone_is_made_by_a_retry(
    bench: Bench, project: Json, world: World, code: int, error: str
) -> None:
    world.faults = [Fault("code", CLONE, code=code)]
    first = await bench.run(await with_sample(bench, project))
    assert first["error"]["code"] == error
    assert (await bench.get(f"/projects/{project['id']}"))["status"] == "failed"
    assert (await bench.run(await bench.retry(first)))["phase"] == "succeeded"
    assert paid(world, CLONE) == 1
    assert (await bench.get(f"/projects/{project['id']}"))["status"] == "media_uploaded"


async def test_a_garbled_clone_is_asked_for_again_under_the_same_name(
    bench: Bench, project: Json, world: World
) -> None:
    world.faults = [Fault("body", CLONE, status=200, body="<html>")]
    assert (await bench.run(await with_sample(bench, project)))["phase"] == "succeeded"
    assert paid(world, CLONE) == 1
    assert len(world.voices) == 1


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", CLONE_STEPS)
async def test_a_killed_clone_is_made_once(bench: Bench, project: Json, world: World, step: str, when: str) -> None:
    job = await with_sample(bench, project)
    with pytest.raises(Crash):
        await bench.run(job, **{when: step})
    assert (await bench.run(job))["phase"] == "succeeded"
    assert (paid(world, CLONE), len(world.voices)) == (1, 1)
    assert (await bench.get("/voices"))["total"] == 1


async def test_a_clone_narrates_vanishes_and_is_told(bench: Bench, project: Json, segment: Json, world: World) -> None:
    await bench.run(await with_sample(bench, project))
    (voice,) = (await bench.get("/voices"))["voices"]
    assert voice["expires_at"] is not None
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert (await bench.get(f"/voices/{voice['id']}"))["expires_at"] is None
    world.voices[voice["voice_id"]].deleted = True
    lost = await bench.run(await bench.narrate(segment))
    assert lost["error"]["code"] == "voice.expired"
    assert (await bench.get(f"/voices/{voice['id']}"))["condition"] == "expired"
    assert paid(world, SPEAK) == 1


async def test_an_unused_clone_that_vanished_is_found_by_the_watch(
    bench: Bench, project: Json, segment: Json, world: World
) -> None:
    await bench.run(await with_sample(bench, project))
    (voice,) = (await bench.get("/voices"))["voices"]
    past = bench.resources.clock.now() - timedelta(minutes=1)
    async with bench.resources.database.unit_of_work() as session:
        await VoiceRepository(session, bench.resources.clock).note(voice["id"], expires_at=past)
    assert (await bench.watch())["result"]["lost"] == 1
    refused = await bench.person.post(f"{API}/segments/{segment['id']}/narrate")
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.expired")
    assert paid(world, SPEAK) == 0


async def test_deleting_a_voice_deletes_it_and_its_recording_at_the_vendor(
    bench: Bench, project: Json, segment: Json, world: World
) -> None:
    await bench.run(await with_sample(bench, project))
    await bench.run(await bench.narrate(segment))
    (voice,) = (await bench.get("/voices"))["voices"]
    assert (await bench.person.delete(f"{API}/voices/{voice['id']}")).status_code == 204
    assert world.voices[voice["voice_id"]].deleted
    assert world.files == {}


async def test_a_designed_voice_is_paid_for_once_and_heard(bench: Bench, world: World) -> None:
    wish = {"name": "Giant", "prompt": "A deep, slow voice.", "language": "en"}
    async with bench.at_work():
        made = await bench.person.post(f"{API}/voices/design", json=wish)
    assert made.status_code == 201, made.text
    assert (paid(world, DESIGN), paid(world, SPEAK)) == (1, 0)
    assert made.json()["voice_id"] in world.voices
    heard = await bench.person.get((await bench.get(f"/voices/{made.json()['id']}"))["preview_url"])
    assert heard.headers["content-type"] == "audio/mpeg"


async def test_only_what_the_vendor_offers_to_everybody_is_saved(
    bench: Bench, project: Json, segment: Json, bob: httpx2.AsyncClient, world: World
) -> None:
    await bench.run(await with_sample(bench, project))
    await bench.run(await bench.narrate(segment))
    (voice,) = (await bench.get("/voices"))["voices"]
    saved = await bob.post(f"{API}/voices", json={"voice_id": "Wise_Woman", "name": "Wise"})
    stolen = await bob.post(f"{API}/voices", json={"voice_id": voice["voice_id"], "name": "Stolen"})
    assert (saved.status_code, saved.json()["provider"]) == (201, "minimax")
    assert (stolen.status_code, stolen.json()["code"]) == (404, "voice.not_found")


async def test_a_voice_in_an_account_of_ones_own_is_looked_for_there(
    bench: Bench, world: World, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    long_ago = bench.resources.clock.now() - timedelta(days=2)
    facts = {"provider": "minimax", "spoken_at": long_ago}
    await bench.voice(alice, voice_id="alices", **facts)
    assert (await alice.put(f"{API}/provider-keys/minimax", json={"key": OTHER_KEY})).status_code == 200
    await bench.watch()
    assert set(world.keys_used) == {OTHER_KEY}

    world.keys_used.clear()
    await bench.voice(alice, voice_id="alices-next", **facts)
    await bench.voice(bob, voice_id="bobs", **facts)
    await bench.watch()
    assert set(world.keys_used) == {GOOD_KEY, OTHER_KEY}
