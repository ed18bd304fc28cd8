"""The voices library: saved, cloned with consent, designed, heard, assigned and deleted, each for its owner alone."""

import os
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from app.library.jobs import SweepLibrary
from app.narration.repository import ConsentRepository, VoiceRepository
from app.providers.errors import InvalidRequest
from app.providers.speech import CloneRequest, MadeVoice, VoiceOrigin
from tests import factories
from tests.doubles.context import Crash
from tests.doubles.speech import ScriptedSpeech
from tests.integration.narration.conftest import API, Bench, recording

Json = dict[str, Any]
WORDS = "I agree that my voice is copied for this film."


async def clone(bench: Bench, **said: Any) -> httpx2.Response:
    form = {"name": "Grandmother", "consent": WORDS, "language": "pl", **said}
    async with bench.at_work():
        return await bench.person.post(f"{API}/voices/clone", data=form, files=recording())


async def clone_film(bench: Bench, project: Json) -> httpx2.Response:
    async with bench.at_work():
        return await bench.person.post(f"{API}/generation/voice-clone", params={"project_id": project["id"]})


async def with_sample(bench: Bench, project: Json) -> None:
    sent = await bench.person.post(f"{API}/projects/{project['id']}/audio-sample", files=recording())
    assert sent.status_code == 200, sent.text


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


async def test_an_engines_own_voice_is_saved_once(
    bench: Bench, speech: ScriptedSpeech, bob: httpx2.AsyncClient
) -> None:
    speech.system_voices = ["pl-deep"]
    wish = {"voiceId": "pl-deep", "name": "Deep"}
    saved = await bench.person.post(f"{API}/voices/", json=wish)
    assert (saved.status_code, saved.json()["origin"]) == (201, "system")
    again = await bench.person.post(f"{API}/voices", json=wish)
    assert (again.status_code, again.json()["code"]) == (409, "voice.taken")
    assert (await bob.post(f"{API}/voices", json=wish)).status_code == 201
    assert (await bench.get("/voices"))["total"] == 1


async def test_a_voice_that_somebody_made_is_not_there_for_others(
    bench: Bench, speech: ScriptedSpeech, bob: httpx2.AsyncClient, project: Json
) -> None:
    voice = (await clone(bench)).json()
    speech.listed = [voice["voice_id"]]
    theirs = (await bob.post(f"{API}/projects", json={"name": "Bob's"})).json()
    assigned = {"project_id": theirs["id"], "voice_id": voice["voice_id"]}
    mixed = {"project_id": project["id"], "voice_id": voice["id"]}
    for name in (voice["id"], voice["voice_id"]):
        replies = [
            await bob.get(f"{API}/voices/{name}"),
            await bob.delete(f"{API}/voices/{name}"),
            await bob.post(f"{API}/voices/{name}/preview"),
            await bob.post(f"{API}/voices", json={"voice_id": name, "name": "Stolen"}),
            await bob.post(f"{API}/voices/assign", json=assigned),
        ]
        assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(404, "voice.not_found")] * 5
    assert (await bob.post(f"{API}/voices/assign", json=mixed)).json()["code"] == "project.not_found"
    assert (await bob.get(f"{API}/voices")).json() == {"voices": [], "total": 0}
    assert speech.deleted == []


async def test_an_assigned_voice_narrates_even_where_another_was_chosen(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    voice = (await clone(bench)).json()
    await bench.speak_with(segment, "calm")
    body = {"projectId": segment["project_id"], "voiceId": voice["voice_id"]}
    assigned = await bench.person.post(f"{API}/voices/assign", json=body)
    assert assigned.status_code == 200, assigned.text
    assert (assigned.json()["voice_id"], assigned.json()["project_id"]) == (voice["voice_id"], segment["project_id"])
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert speech.said[-1].voice_id == voice["voice_id"]


async def test_a_designed_voice_introduces_itself(bench: Bench, speech: ScriptedSpeech) -> None:
    wish = {"name": "Giant", "prompt": "A deep, slow voice.", "language": "en"}
    async with bench.at_work():
        made = await bench.person.post(f"{API}/voices/design", json=wish)
    assert made.status_code == 201, made.text
    (request,) = speech.designed
    assert (request.description, request.preview_text.split()[0]) == ("A deep, slow voice.", "Good")
    voice = await bench.get(f"/voices/{made.json()['id']}")
    assert (voice["origin"], voice["voice_id"]) == ("designed", f"design-{request.voice_key}")
    heard = await bench.person.get(voice["preview_url"])
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/mpeg")


async def test_a_designed_voice_stays_when_its_introduction_is_no_sound(bench: Bench, speech: ScriptedSpeech) -> None:
    speech.introduction = b"no sound at all"
    async with bench.at_work():
        made = await bench.person.post(f"{API}/voices/design", json={"name": "Mute", "prompt": "Deep."})
    assert (made.status_code, made.json()["preview_url"]) == (201, None)


@pytest.mark.parametrize("step", ["intend.voice.design.1", "submit.voice.design.1", "accept", "introduce"])
async def test_a_killed_design_is_paid_once_and_kept_once(bench: Bench, speech: ScriptedSpeech, step: str) -> None:
    wish = {"name": "Giant", "prompt": "A deep, slow voice."}
    job = (await bench.person.post(f"{API}/voices/design", json=wish, headers={"Prefer": "respond-async"})).json()
    with pytest.raises(Crash):
        await bench.run(job, crash_after=step)
    assert (await bench.run(job))["phase"] == "succeeded"
    assert len(speech.designed) == 1
    assert (await bench.get("/voices"))["total"] == 1


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


async def test_an_engine_that_invents_no_voices_says_so(bench: Bench, speech: ScriptedSpeech) -> None:
    speech.designs_voices = False
    refused = await bench.person.post(f"{API}/voices/design", json={"name": "X", "prompt": "Deep."})
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.design_not_offered")


async def test_a_preview_is_heard_and_replaces_the_one_before(bench: Bench, speech: ScriptedSpeech) -> None:
    voice = (await clone(bench)).json()
    async with bench.at_work():
        first = await bench.person.post(f"{API}/voices/{voice['id']}/preview")
        second = await bench.person.post(
            f"{API}/voices/{voice['id']}/preview", json={"text": "Halo.", "language": "pl"}
        )
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert [request.text.split()[0] for request in speech.said] == ["Dzień", "Halo."]
    assert second.json()["duration_seconds"] == pytest.approx(4.0, abs=0.1)
    assert (await bench.person.get(second.json()["audio_url"])).status_code == 200
    assert (await bench.person.get(f"{API}/assets/{first.json()['asset_id']}")).status_code == 404
    assert (await bench.get(f"/voices/{voice['id']}"))["preview_url"] is not None


async def test_a_deleted_voice_is_gone_at_the_vendor_and_is_never_spoken_with(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    voice = (await clone(bench)).json()
    await bench.person.post(f"{API}/voices/assign", json={"project_id": segment["project_id"], "voice_id": voice["id"]})
    gone = await bench.person.delete(f"{API}/voices/{voice['voice_id']}")
    assert gone.status_code == 204
    assert speech.deleted == [(voice["voice_id"], VoiceOrigin.CLONED)]
    assert (await bench.get("/voices"))["total"] == 0
    assert (await bench.get("/assets"))["total"] == 0
    assert (await bench.person.delete(f"{API}/voices/{voice['id']}")).status_code == 404
    refused = await bench.person.post(f"{API}/segments/{segment['id']}/narrate")
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.expired")
    assert speech.said == []


async def test_a_films_sample_outlives_the_voice(bench: Bench, project: Json) -> None:
    await with_sample(bench, project)
    voice = (await clone_film(bench, project)).json()
    assert (await bench.person.delete(f"{API}/voices/{voice['id']}")).status_code == 204
    assert (await bench.get(f"/projects/{project['id']}"))["audio_sample_url"] is not None
    assert (await bench.get("/assets"))["total"] == 1


async def test_a_voice_that_two_have_saved_stays_for_the_other(
    bench: Bench, speech: ScriptedSpeech, bob: httpx2.AsyncClient
) -> None:
    await bench.voice(bench.person, voice_id="shared")
    await bench.voice(bob, voice_id="shared")
    assert (await bench.person.delete(f"{API}/voices/shared")).status_code == 204
    assert speech.deleted == []
    assert (await bob.delete(f"{API}/voices/shared")).status_code == 204
    assert speech.deleted == [("shared", VoiceOrigin.CLONED)]


async def test_a_voice_says_that_its_time_is_running_out(bench: Bench) -> None:
    now = bench.resources.clock.now()
    for name, left in (("fresh", 100), ("old", 20), ("gone", -1)):
        await bench.voice(bench.person, voice_id=name, expires_at=now + timedelta(hours=left))
    shown = {voice["voice_id"]: voice["condition"] for voice in (await bench.get("/voices"))["voices"]}
    assert shown == {"fresh": "ready", "old": "expiring", "gone": "expired"}


async def test_the_watch_marks_what_the_vendor_no_longer_has(bench: Bench, speech: ScriptedSpeech) -> None:
    now = bench.resources.clock.now()
    long_ago = now - timedelta(days=2)
    await bench.voice(bench.person, voice_id="over", expires_at=now - timedelta(hours=1))
    await bench.voice(bench.person, voice_id="kept", spoken_at=long_ago)
    await bench.voice(bench.person, voice_id="dropped", spoken_at=long_ago)
    await bench.voice(bench.person, voice_id="just-spoke", spoken_at=now)
    speech.listed = ["kept"]
    done = await bench.watch()
    assert done["result"]["lost"] == 2
    async with bench.resources.database.reading() as session:
        live = await VoiceRepository(session, bench.resources.clock).made_and_live()
    assert {voice.voice_id for voice in live} == {"kept", "just-spoke"}


async def test_the_watch_deletes_voices_of_closed_accounts_at_the_vendor(
    bench: Bench, speech: ScriptedSpeech, bob: httpx2.AsyncClient
) -> None:
    await bench.voice(bob, voice_id="bobs")
    await bench.voice(bench.person, voice_id="alices")
    assert (await bob.delete(f"{API}/users/me")).status_code == 204
    assert (await bench.watch())["result"]["deleted"] == 1
    assert speech.deleted == [("bobs", VoiceOrigin.CLONED)]


async def test_the_watch_removes_only_old_raw_sounds_without_a_take(bench: Bench, segment: Json) -> None:
    await bench.run(await bench.narrate(segment))
    assert (await bench.watch())["result"]["raw_sounds"] == 0
    store = bench.resources.store
    assert sorted(key.rpartition(".")[2] for key in await spoken_keys(bench)) == ["json", "wav"]
    await store.put("spoken/somebody/attempt-without-take.mp3", factories.stream(b"sound"))
    for file in (bench.resources.settings.storage.storage_path / "spoken").rglob("*.*"):
        os.utime(file, (0, 0))
    assert (await bench.watch())["result"]["raw_sounds"] == 2
    assert [key.rpartition(".")[2] for key in await spoken_keys(bench)] == ["wav"]


async def test_the_raw_sounds_of_a_closed_account_go_with_its_files(bench: Bench, segment: Json) -> None:
    await bench.run(await bench.narrate(segment))
    assert (await bench.person.delete(f"{API}/users/me")).status_code == 204
    assert await SweepLibrary(bench.resources).purge_accounts() == 1
    assert await spoken_keys(bench) == []


async def spoken_keys(bench: Bench) -> list[str]:
    return [stat.key async for stat in bench.resources.store.walk("spoken/")]
