"""The voices library: saved, designed, heard, assigned and deleted, each for its owner alone."""

from typing import Any

import httpx2
import pytest

from app.providers.speech import VoiceOrigin
from tests.doubles.context import Crash
from tests.doubles.speech import ScriptedSpeech
from tests.integration.narration.conftest import API, Bench, clone, clone_film, with_sample

Json = dict[str, Any]


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


async def test_a_voice_from_elsewhere_is_anybodys_who_states_consent_and_stays_at_the_engine(
    bench: Bench, speech: ScriptedSpeech, bob: httpx2.AsyncClient
) -> None:
    speech.listed = ["from-elsewhere"]
    wish = {"voice_id": "from-elsewhere", "name": "Mine"}
    refused = await bench.person.post(f"{API}/voices", json=wish)
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.consent_missing")
    saved = [await person.post(f"{API}/voices", json=wish | {"consent": "I agree."}) for person in (bench.person, bob)]
    assert [(each.status_code, each.json()["consent_at"] is None) for each in saved] == [(201, False)] * 2
    assert (await bench.person.delete(f"{API}/voices/{saved[0].json()['id']}")).status_code == 204
    assert (await bob.get(f"{API}/voices")).json()["total"] == 1
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
