"""A voice is cloned with consent, once per sample, and narrates its film by itself."""

from datetime import timedelta
from typing import Any

import pytest

from app.narration.repository import ConsentRepository
from app.providers.errors import InvalidRequest
from app.providers.speech import CloneRequest, MadeVoice
from tests.doubles.context import Crash
from tests.doubles.speech import ScriptedSpeech
from tests.integration.narration.conftest import API, WORDS, Bench, clone, clone_film, recording, with_sample

pytestmark = pytest.mark.flow

Json = dict[str, Any]


async def test_a_clone_is_kept_with_the_words_of_consent(bench: Bench, speech: ScriptedSpeech) -> None:
    speech.expires_at = bench.resources.clock.now() + timedelta(days=7)
    made = await clone(bench, description="She tells fairy tales.")
    assert made.status_code == 201, made.text
    voice = made.json()
    assert (voice["name"], voice["description"], voice["origin"]) == (
        "Grandmother",
        "She tells fairy tales.",
        "cloned",
    )
    assert (voice["provider"], voice["condition"], voice["note"]) == ("local", "ready", "a scripted clone")
    (request,) = speech.cloned
    assert (request.reduce_noise, request.normalize_volume, request.language) == (True, True, "pl")
    assert 11.5 < request.sample.duration_seconds < 12.5
    assert voice["voice_id"] == f"clone-{request.voice_key}"
    async with bench.resources.database.reading() as session:
        consent = await ConsentRepository(session, bench.resources.clock).view(request.voice_key)
    assert consent is not None
    assert consent.words == WORDS
    assert voice["consent_at"] is not None
    assert made.headers["location"].startswith("/api/v1/jobs/")


@pytest.mark.parametrize("consent", ["", "  ", "false", "No"])
async def test_without_consent_nothing_is_kept_and_nothing_is_cloned(
    bench: Bench, speech: ScriptedSpeech, consent: str
) -> None:
    refused = await clone(bench, consent=consent)
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.consent_missing")
    assert speech.cloned == []
    assert (await bench.get("/assets"))["total"] == 0


async def test_a_ticked_box_means_the_words_of_the_service(bench: Bench, speech: ScriptedSpeech) -> None:
    assert (await clone(bench, consent="true")).status_code == 201
    async with bench.resources.database.reading() as session:
        consents = ConsentRepository(session, bench.resources.clock)
        consent = await consents.view(speech.cloned[0].voice_key)
    assert consent is not None
    assert consent.words == bench.resources.settings.projects.voice_consent_words


async def test_a_short_recording_is_refused_before_it_is_paid(bench: Bench, speech: ScriptedSpeech) -> None:
    form = {"name": "Short", "consent": WORDS}
    refused = await bench.person.post(f"{API}/voices/clone", data=form, files=recording(seconds=4))
    assert (refused.status_code, refused.json()["code"]) == (422, "media.audio_too_short")
    assert speech.cloned == []


async def test_an_engine_that_does_not_clone_says_so_and_keeps_nothing(bench: Bench, speech: ScriptedSpeech) -> None:
    speech.clones_voices = False
    refused = await clone(bench)
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.sample_unfit")
    assert (await bench.get("/assets"))["total"] == 0


async def test_a_repeated_key_clones_once(bench: Bench, speech: ScriptedSpeech) -> None:
    form = {"name": "Once", "consent": WORDS}
    key = {"Idempotency-Key": "grandmother-1"}
    async with bench.at_work():
        replies = [
            await bench.person.post(f"{API}/voices/clone", data=form, files=recording(), headers=key) for _ in range(2)
        ]
        other = await bench.person.post(
            f"{API}/voices/clone", data={**form, "name": "Other"}, files=recording(), headers=key
        )
    assert [reply.status_code for reply in replies] == [201, 201], replies[0].text
    assert replies[0].json() == replies[1].json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    assert len(speech.cloned) == 1


async def test_who_does_not_wait_gets_the_job(bench: Bench) -> None:
    form = {"name": "Later", "consent": WORDS}
    reply = await bench.person.post(
        f"{API}/voices/clone", data=form, files=recording(), headers={"Prefer": "respond-async"}
    )
    assert (reply.status_code, reply.json()["kind"]) == (202, "voice.clone")
    assert reply.headers["retry-after"] == "2"


async def test_a_films_narrator_is_cloned_from_its_sample(bench: Bench, project: Json, speech: ScriptedSpeech) -> None:
    await with_sample(bench, project)
    made = await clone_film(bench, project)
    assert made.status_code == 200, made.text
    now = await bench.get(f"/projects/{project['id']}")
    assert made.json()["voice_id"] == now["voice_id"] == f"clone-{speech.cloned[0].voice_key}"
    assert now["status"] == "media_uploaded"
    async with bench.resources.database.reading() as session:
        consent = await ConsentRepository(session, bench.resources.clock).view(speech.cloned[0].voice_key)
    assert consent is not None
    assert consent.words == bench.resources.settings.projects.voice_consent_words


async def test_while_it_clones_the_film_says_so(bench: Bench, project: Json) -> None:
    await with_sample(bench, project)
    job = (
        await bench.person.post(
            f"{API}/generation/voice-clone",
            params={"project_id": project["id"]},
            headers={"Prefer": "respond-async"},
        )
    ).json()
    again = await bench.person.post(
        f"{API}/generation/voice-clone", params={"project_id": project["id"]}, headers={"Prefer": "respond-async"}
    )
    assert again.json()["id"] == job["id"]
    assert (await bench.get(f"/projects/{project['id']}"))["status"] == "voice_cloning"
    cancelled = await bench.person.post(f"{API}/jobs/{job['id']}/cancel")
    assert cancelled.status_code == 202
    assert (await bench.get(f"/projects/{project['id']}"))["status"] == "media_uploaded"


async def test_the_same_sample_is_not_cloned_again(bench: Bench, project: Json, speech: ScriptedSpeech) -> None:
    await with_sample(bench, project)
    first = await clone_film(bench, project)
    assert (await clone_film(bench, project)).json() == first.json()
    assert len(speech.cloned) == 1
    await with_sample(bench, project)
    assert (await clone_film(bench, project)).json()["voice_id"] != first.json()["voice_id"]
    assert len(speech.cloned) == 2


async def test_a_voice_of_the_same_sample_is_given_back_to_the_film(
    bench: Bench, project: Json, speech: ScriptedSpeech
) -> None:
    await with_sample(bench, project)
    first = (await clone_film(bench, project)).json()
    other = await bench.voice(bench.person)
    await bench.person.post(f"{API}/voices/assign", json={"project_id": project["id"], "voice_id": other.id})
    assert (await clone_film(bench, project)).json() == first
    assert (await bench.get(f"/projects/{project['id']}"))["voice_id"] == first["voice_id"]
    assert len(speech.cloned) == 1


async def test_a_film_without_a_sample_is_told_what_is_missing(bench: Bench, project: Json) -> None:
    refused = await clone_film(bench, project)
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.sample_missing")


async def test_a_refused_clone_is_told_and_leaves_the_film_with_the_reason(
    bench: Bench, project: Json, speech: ScriptedSpeech
) -> None:
    def refuse(request: CloneRequest) -> MadeVoice:
        raise InvalidRequest(provider="local", provider_code="2037")

    await with_sample(bench, project)
    speech.clone_script = [refuse]
    refused = await clone_film(bench, project)
    assert (refused.status_code, refused.json()["code"]) == (422, "provider.invalid_request")
    now = await bench.get(f"/projects/{project['id']}")
    assert (now["status"], now["error"]["code"]) == ("failed", "provider.invalid_request")
    assert (await clone_film(bench, project)).status_code == 200


async def test_the_cloned_voice_narrates_by_itself(
    bench: Bench, project: Json, segment: Json, speech: ScriptedSpeech
) -> None:
    await with_sample(bench, project)
    voice_id = (await clone_film(bench, project)).json()["voice_id"]
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert speech.said[-1].voice_id == voice_id


async def test_a_retry_after_a_late_cancel_keeps_no_second_voice(
    bench: Bench, project: Json, speech: ScriptedSpeech
) -> None:
    await with_sample(bench, project)
    path, query = f"{API}/generation/voice-clone", {"project_id": project["id"]}
    job = (await bench.person.post(path, params=query, headers={"Prefer": "respond-async"})).json()
    with pytest.raises(Crash):
        await bench.run(job, crash_after="accept")
    await bench.person.post(f"{API}/jobs/{job['id']}/cancel")
    assert (await bench.run(job))["phase"] == "cancelled"
    assert (await bench.run(await bench.retry(job)))["phase"] == "succeeded"
    assert (len(speech.cloned), (await bench.get("/voices"))["total"]) == (1, 1)


async def test_the_calls_of_the_creator_client_are_understood(bench: Bench, project: Json) -> None:
    await with_sample(bench, project)
    as_json = {"content-type": "application/json"}
    path, query = f"{API}/generation/voice-clone", {"project_id": project["id"]}
    async with bench.at_work():
        made = await bench.person.post(path, params=query, content=b"null", headers=as_json)
    assert made.status_code == 200, made.text
    (voice,) = (await bench.person.get(f"{API}/voices/")).json()["voices"]
    assert {"id", "voice_id", "name", "description"} <= voice.keys()
    body = {"projectId": project["id"], "voiceId": voice["id"]}
    assigned = await bench.person.post(f"{API}/voices/assign", json=body)
    assert (assigned.json()["voice_id"], assigned.json()["project_id"]) == (voice["voice_id"], project["id"])
    assert (await bench.person.delete(f"{API}/voices/{voice['id']}/")).status_code == 204
