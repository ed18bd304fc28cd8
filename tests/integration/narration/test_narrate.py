"""A narration is spoken once, measured, and brought into its segment or handed back to its owner."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from app.narration.repository import VoiceRepository
from app.providers.errors import InvalidRequest, OutcomeUnknown
from app.providers.speech import Speech, SpeechRequest
from app.providers.values import MediaType
from tests.doubles.context import Crash
from tests.doubles.speech import ScriptedSpeech
from tests.integration.narration.conftest import API, TEXT, Bench

pytestmark = pytest.mark.flow

Json = dict[str, Any]
STEPS = ["begin", "room", "moderate", "adopt.speech", "intend.speech.1", "submit.speech.1", "bind.speech.1", "accept"]


async def test_what_fits_is_accepted_with_estimated_words(bench: Bench, segment: Json, speech: ScriptedSpeech) -> None:
    done = await bench.run(await bench.narrate(segment))
    assert done["phase"] == "succeeded", done
    (take,) = await bench.takes(segment)
    assert (take["number"], take["tempo"], take["words_to_cut"], take["voice_id"]) == (1, 1.0, 0, "calm")
    assert take["duration_seconds"] == pytest.approx(4.0, abs=0.1)
    assert [request.text for request in speech.said] == [TEXT]
    asset = await bench.get(f"/assets/{take['asset_id']}")
    assert asset["kind"] == "narration"


async def test_who_waits_for_a_narration_gets_the_take(bench: Bench, segment: Json) -> None:
    async with bench.at_work():
        path = f"{API}/segments/{segment['id']}/narrate"
        spoken = await bench.person.post(path, headers={"Prefer": "wait=20"})
    assert spoken.status_code == 200, spoken.text
    assert [spoken.json()] == await bench.takes(segment)


async def test_a_little_too_long_is_hastened(bench: Bench, segment: Json, speech: ScriptedSpeech) -> None:
    speech.seconds = 6.6
    done = await bench.run(await bench.narrate(segment))
    assert done["result"]["tempo"] == pytest.approx(1.1, abs=0.01)
    (take,) = await bench.takes(segment)
    assert take["duration_seconds"] <= 6.05
    assert (await bench.segment(segment))["video_duration_sec"] == 6


async def test_longer_makes_the_segment_longer(bench: Bench, segment: Json, speech: ScriptedSpeech) -> None:
    speech.seconds = 9.0
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert (await bench.segment(segment))["video_duration_sec"] == 10


async def test_too_long_asks_the_owner_to_cut_and_keeps_the_take(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    speech.seconds = 23.0
    done = await bench.run(await bench.narrate(segment))
    assert done["error"]["code"] == "narration.too_long"
    asked = await bench.segment(segment)
    assert asked["needs_attention"] is True
    assert "Cut about 4" in asked["error"]["message"]
    assert [take["words_to_cut"] for take in await bench.takes(segment)] == [4]


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_nothing_and_pays_once(
    bench: Bench, segment: Json, speech: ScriptedSpeech, step: str, when: str
) -> None:
    job = await bench.narrate(segment)
    with pytest.raises(Crash):
        await bench.run(job, **{when: step})
    assert (await bench.run(job))["phase"] == "succeeded"
    assert len(speech.said) == 1
    assert len(await bench.takes(segment)) == 1


async def test_a_retry_fits_the_bought_sound_anew_and_pays_nothing(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    speech.seconds = 9.0
    await bench.full_hd(segment)
    first = await bench.run(await bench.narrate(segment))
    assert first["error"]["code"] == "narration.too_long"
    await bench.full_hd(segment, wanted=False)
    done = await bench.run(await bench.retry(first))
    assert done["phase"] == "succeeded", done
    now = await bench.segment(segment)
    assert (now["video_duration_sec"], now["needs_attention"], now["error"]) == (10, False, None)
    assert len(speech.said) == 1
    assert [take["words_to_cut"] for take in await bench.takes(segment)] == [0, 2]


async def test_a_retry_that_changes_nothing_makes_no_second_take(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    speech.seconds = 23.0
    first = await bench.run(await bench.narrate(segment))
    second = await bench.run(await bench.retry(first))
    third = await bench.run(await bench.retry(second))
    assert [job["error"]["code"] for job in (first, second, third)] == ["narration.too_long"] * 3
    assert len(speech.said) == 1
    assert len(await bench.takes(segment)) == 1


async def test_a_take_that_cannot_be_stored_is_stored_by_a_retry(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    job = await bench.narrate(segment)
    async with bench.without_room():
        refused = await bench.run(job)
    assert refused["error"]["code"] == "asset.quota_exceeded"
    assert (await bench.run(await bench.retry(refused)))["phase"] == "succeeded"
    assert len(speech.said) == 1


async def test_paid_noise_is_told_and_not_bought_again_by_a_retry(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    def noise(request: SpeechRequest) -> Speech:
        return Speech(b"no sound at all", MediaType.MP3, 4.0, len(request.text))

    speech.script = [noise]
    first = await bench.run(await bench.narrate(segment))
    again = await bench.run(await bench.retry(first))
    assert [job["error"]["code"] for job in (first, again)] == ["narration.recording_unusable"] * 2
    assert len(speech.said) == 1
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert len(speech.said) == 2


async def test_a_lost_reply_is_asked_for_once_more(bench: Bench, segment: Json, speech: ScriptedSpeech) -> None:
    def lost(request: SpeechRequest) -> Speech:
        raise OutcomeUnknown(provider="scripted")

    speech.script = [lost]
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert len(speech.said) == 2


async def test_a_vendor_that_never_answers_is_asked_once_more(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    speech.hangs, speech.deadline_seconds = 1, 0.2
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert len(speech.said) == 2


async def test_the_same_segment_is_narrated_by_one_job_at_a_time(bench: Bench, segment: Json) -> None:
    assert (await bench.narrate(segment))["id"] == (await bench.narrate(segment))["id"]


async def test_without_words_nothing_starts(bench: Bench, project: Json) -> None:
    empty = (await bench.person.get(f"{API}/projects/{project['id']}/segments")).json()[1]
    refused = await bench.person.post(f"{API}/segments/{empty['id']}/narrate")
    assert (refused.status_code, refused.json()["code"]) == (422, "narration.empty")


async def test_what_the_engine_cannot_say_is_refused_before_it_is_paid(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    speech.text_limit_characters = 10
    refused = await bench.person.post(f"{API}/segments/{segment['id']}/narrate")
    assert refused.json()["code"] == "narration.not_offered"
    assert speech.said == []


async def test_what_nobody_can_say_in_time_is_refused_before_it_is_paid(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    path = f"{API}/segments/{segment['id']}"
    await bench.person.patch(path, json={"narration_text": " ".join([TEXT] * 8)})
    refused = await bench.person.post(f"{path}/narrate")
    assert (refused.status_code, refused.json()["code"]) == (422, "narration.too_long")
    assert refused.json()["words_to_cut"] > 20, refused.text
    await bench.person.patch(path, json={"narration_text": " ".join([TEXT] * 3)})
    assert (await bench.narrate(segment))["phase"] == "queued"
    assert speech.said == []


async def test_anothers_voice_speaks_for_nobody_else(bench: Bench, segment: Json, bob: httpx2.AsyncClient) -> None:
    await bench.voice(bob)
    await bench.speak_with(segment, "velvet")
    refused = await bench.person.post(f"{API}/segments/{segment['id']}/narrate")
    assert (refused.status_code, refused.json()["code"]) == (404, "voice.not_found")


async def test_a_voice_that_the_vendor_lost_is_marked_and_refused_before_it_is_paid(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    def gone(request: SpeechRequest) -> Speech:
        raise InvalidRequest(provider="scripted", provider_code="2042")

    await bench.voice(bench.person)
    await bench.speak_with(segment, "velvet")
    speech.script = [gone]
    job = await bench.run(await bench.narrate(segment))
    assert job["error"]["code"] == "voice.expired"
    refused = await bench.person.post(f"{API}/segments/{segment['id']}/narrate")
    assert (refused.status_code, refused.json()["code"]) == (422, "voice.expired")
    assert [request.voice_id for request in speech.said] == ["velvet"]


async def test_a_refusal_is_no_loss_of_a_voice_that_is_still_listed(
    bench: Bench, segment: Json, speech: ScriptedSpeech
) -> None:
    def refuse(request: SpeechRequest) -> Speech:
        raise InvalidRequest(provider="scripted")

    await bench.voice(bench.person)
    await bench.speak_with(segment, "velvet")
    speech.script, speech.listed = [refuse], ["velvet"]
    assert (await bench.run(await bench.narrate(segment)))["error"]["code"] == "provider.invalid_request"
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"


async def test_a_voice_that_spoke_is_kept_by_the_vendor(bench: Bench, segment: Json) -> None:
    soon = bench.resources.clock.now() + timedelta(days=7)
    voice = await bench.voice(bench.person, expires_at=soon)
    await bench.speak_with(segment, "velvet")
    assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    async with bench.resources.database.reading() as session:
        spoken = await VoiceRepository(session, bench.resources.clock).owned(voice.owner_id, voice.id)
    assert spoken is not None
    assert spoken.spoken_at is not None
    assert spoken.expires_at is None


async def test_anothers_segment_is_not_found(segment: Json, bob: httpx2.AsyncClient) -> None:
    for answer in (
        await bob.post(f"{API}/segments/{segment['id']}/narrate"),
        await bob.get(f"{API}/segments/{segment['id']}/narrations"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "segment.not_found")
