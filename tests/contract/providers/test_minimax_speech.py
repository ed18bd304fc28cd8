"""Speech and voices: real sound, word times, clones that are recognised, deletions that reach the vendor."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.providers.errors import (
    AccountProblem,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Unreachable,
)
from app.providers.minimax.account import MiniMaxAccount
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.minimax.models import SPEECH_MODELS
from app.providers.minimax.speech import voice_id_of
from app.providers.speech import CloneRequest, DesignRequest, SpeechRequest, VoiceOrigin, VoiceSample
from app.providers.values import AttemptKey, MediaType
from tests.contract.providers.samples import KEY, cloning, speech
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.media import sound_seconds, tone
from tests.standins.minimax.sounds import VOICE_ID
from tests.standins.minimax.world import Fault, World

LOST = Fault("swallow", "/v1/voice_clone")
DEADLINE_HOURS = 168


@pytest.mark.parametrize("media_type", [MediaType.MP3, MediaType.WAV])
@pytest.mark.parametrize("model", SPEECH_MODELS)
async def test_spoken_text_is_real_sound_of_the_told_length(
    kit: MiniMaxBundle, model: str, media_type: MediaType
) -> None:
    spoken = await kit.speech.speak(replace(speech("Ala ma kota. " * 4), model=model, media_type=media_type), key=KEY)
    assert sound_seconds(spoken.audio) == pytest.approx(spoken.duration_seconds, abs=0.15)
    assert spoken.billed_characters == len("Ala ma kota. " * 4)


async def test_words_are_timed_in_order_and_within_the_sound(kit: MiniMaxBundle) -> None:
    spoken = await kit.speech.speak(replace(speech("Ala ma kota i psa"), word_times=True), key=KEY)
    assert [word.word for word in spoken.words] == ["Ala", "ma", "kota", "i", "psa"]
    assert all(0 <= word.start_seconds <= word.end_seconds for word in spoken.words)
    assert spoken.words[-1].end_seconds == pytest.approx(spoken.duration_seconds, abs=0.1)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", "/_files/side", status=404, times=9),
        Fault("body", "/_files/side", body="no json", headers={"content-type": "text/plain"}, times=9),
        Fault("body", "/_files/side", body='{"a": 1}', headers={"content-type": "application/octet-stream"}, times=9),
    ],
    ids=lambda fault: fault.body or str(fault.status),
)
async def test_missing_word_times_never_cost_the_paid_sound(kit: MiniMaxBundle, world: World, fault: Fault) -> None:
    world.faults = [Fault(**vars(fault))]
    spoken = await kit.speech.speak(replace(speech(), word_times=True), key=KEY)
    assert spoken.audio
    assert spoken.words == ()


@pytest.mark.parametrize(
    "body",
    [
        '{"data": null, "base_resp": {"status_code": 0}}',
        '{"base_resp": {"status_code": 0}}',
        '{"data": {"audio": "", "status": 2}}',
        '{"data": {"audio": "//uQZAAA", "status": 2}}',
        '{"data": {"audio": "https://host/x.mp3"}}',
        '{"data": [1]}',
    ],
)
async def test_an_answer_without_sound_leaves_the_outcome_unknown(kit: MiniMaxBundle, world: World, body: str) -> None:
    world.faults = [Fault("body", "/v1/t2a_v2", body=body)]
    with pytest.raises(OutcomeUnknown):
        await kit.speech.speak(speech(), key=KEY)


@pytest.mark.parametrize(
    "wish",
    [
        replace(speech(), text=" "),
        replace(speech(), text="x" * 10_000),
        replace(speech(), speed=2.1),
        replace(speech(), speed=0.4),
        replace(speech(), media_type=MediaType.M4A),
        replace(speech(), model="speech-9"),
    ],
)
async def test_a_misfit_is_refused_before_any_call(kit: MiniMaxBundle, world: World, wish: SpeechRequest) -> None:
    with pytest.raises(InvalidRequest):
        await kit.speech.speak(wish, key=KEY)
    assert world.calls == []


async def test_the_vendor_takes_the_longest_text_that_the_record_offers(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("swallow_status", "/v1/t2a_v2", status=502)]
    with pytest.raises(OutcomeUnknown):
        await kit.speech.speak(speech("słowo " * 1666), key=KEY)
    assert len(world.paid) == 1


async def test_a_voice_that_nobody_has_says_clone_again(kit: MiniMaxBundle) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await kit.speech.speak(speech(voice_id="avc-gone-gone-gone"), key=KEY)
    assert refused.value.provider_code == "20132"
    assert "Clone it again" in (refused.value.hint or "")


async def test_the_catalogue_lists_voices_by_origin_and_survives_null_lists(kit: MiniMaxBundle) -> None:
    assert {voice.origin for voice in await kit.speech.voices()} == {VoiceOrigin.SYSTEM}
    voice = await kit.speech.clone(cloning(), key=KEY)
    await kit.speech.speak(speech(voice_id=voice.voice_id), key=KEY)
    listed = {voice.voice_id: voice.origin for voice in await kit.speech.voices()}
    assert listed[voice.voice_id] is VoiceOrigin.CLONED


async def test_a_clone_speaks_and_tells_when_it_would_vanish(
    kit: MiniMaxBundle, clock: FrozenClock, world: World
) -> None:
    voice = await kit.speech.clone(cloning(), key=KEY)
    assert VOICE_ID.fullmatch(voice.voice_id)
    assert voice.expires_at == clock.now() + timedelta(hours=DEADLINE_HOURS)
    assert (await kit.speech.speak(speech(voice_id=voice.voice_id), key=KEY)).audio
    assert world.voices[voice.voice_id].activated


async def test_an_unused_clone_is_gone_after_its_time(kit: MiniMaxBundle, clock: FrozenClock) -> None:
    voice = await kit.speech.clone(cloning(), key=KEY)
    clock.move(DEADLINE_HOURS * 3600 + 60)
    with pytest.raises(InvalidRequest) as refused:
        await kit.speech.speak(speech(voice_id=voice.voice_id), key=KEY)
    assert refused.value.provider_code == "2042"


async def test_a_clone_whose_reply_was_lost_is_recognised_by_repeating(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault(**vars(LOST))]
    with pytest.raises(OutcomeUnknown):
        await kit.speech.clone(cloning(), key=KEY)
    voice = await kit.speech.clone(cloning(), key=AttemptKey("attempt-2"))
    assert list(world.voices) == [voice.voice_id]
    assert len([paid for paid in world.paid if paid.path == "/v1/voice_clone"]) == 1


def test_voice_names_are_stable_and_differ_by_key() -> None:
    names = {voice_id_of(f"voice-{number}") for number in range(1000)}
    assert len(names) == 1000
    assert voice_id_of("voice-7") == voice_id_of("voice-7")
    assert all(VOICE_ID.fullmatch(name) for name in names)


@pytest.mark.parametrize(
    "wish",
    [
        cloning(seconds=9.0),
        CloneRequest("k", VoiceSample(b"x", MediaType.MP3, 301), "pl"),
        CloneRequest("k", VoiceSample(b"x" * 20_971_521, MediaType.MP3, 20), "pl"),
        CloneRequest("k", VoiceSample(b"x", MediaType.MP4, 20), "pl"),
        replace(cloning(), expected_transcript="x" * 201),
    ],
    ids=["short", "long", "heavy", "type", "transcript"],
)
async def test_a_sample_that_does_not_fit_is_refused_before_any_call(
    kit: MiniMaxBundle, world: World, wish: CloneRequest
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await kit.speech.clone(wish, key=KEY)
    assert refused.value.hint
    assert world.calls == []


async def test_a_recording_that_says_something_else_is_no_consent(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("asr_mismatch", "/v1/voice_clone")]
    wish = replace(cloning(), expected_transcript="Zgadzam się na skopiowanie mojego głosu.")
    with pytest.raises(InvalidRequest) as refused:
        await kit.speech.clone(wish, key=KEY)
    assert refused.value.provider_code == "1043"
    assert world.voices == {}


async def test_a_refused_sample_does_not_stay_at_the_vendor(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("asr_mismatch", "/v1/voice_clone")]
    with pytest.raises(InvalidRequest):
        await kit.speech.clone(cloning(), key=KEY)
    assert world.files == {}


async def test_a_failed_clean_up_does_not_hide_the_refusal(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("code", "/v1/voice_clone", code=2037), Fault("status", "/v1/files/list", status=502, times=9)]
    with pytest.raises(InvalidRequest) as refused:
        await kit.speech.clone(cloning(), key=KEY)
    assert refused.value.provider_code == "2037"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("status", "/v1/files/upload", status=502, times=9), Unreachable),
        (Fault("status", "/v1/files/upload", status=400), InvalidRequest),
        (Fault("body", "/v1/files/upload", body="<html>", times=9), Unreachable),
        (Fault("code", "/v1/files/upload", code=1008), AccountProblem),
        (Fault("code", "/v1/voice_clone", code=2038), AccountProblem),
        (Fault("code", "/v1/voice_clone", code=1000), Unreachable),
    ],
    ids=lambda value: f"{value.path} {value.status or value.code}" if isinstance(value, Fault) else "",
)
async def test_a_clone_that_fails_on_its_way_makes_no_voice(
    kit: MiniMaxBundle, world: World, fault: Fault, expected: type[ProviderError]
) -> None:
    world.faults = [Fault(**vars(fault))]
    with pytest.raises(expected):
        await kit.speech.clone(cloning(), key=KEY)
    assert world.voices == {}


async def test_an_upload_that_broke_once_is_repeated_because_it_is_free(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("status", "/v1/files/upload", status=502)]
    assert (await kit.speech.clone(cloning(), key=KEY)).voice_id in world.voices


async def test_deleting_a_clone_removes_voice_and_sample_at_the_vendor(kit: MiniMaxBundle, world: World) -> None:
    voice = await kit.speech.clone(cloning(), key=KEY)
    await kit.speech.delete(voice.voice_id, VoiceOrigin.CLONED)
    assert world.voices[voice.voice_id].deleted
    assert world.files == {}


async def test_deleting_what_is_gone_is_no_error(kit: MiniMaxBundle) -> None:
    await kit.speech.delete("avc-gone-gone-gone", VoiceOrigin.CLONED)


async def test_a_deletion_that_the_vendor_does_not_confirm_is_an_error(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("code", "/v1/delete_voice", code=1004)]
    with pytest.raises(AccountProblem):
        await kit.speech.delete("avc-gone-gone-gone", VoiceOrigin.CLONED)


async def test_a_catalogue_voice_cannot_be_deleted(kit: MiniMaxBundle, world: World) -> None:
    with pytest.raises(InvalidRequest):
        await kit.speech.delete("Wise_Woman", VoiceOrigin.SYSTEM)
    assert world.calls == []


async def test_a_designed_voice_introduces_itself_and_can_be_deleted(kit: MiniMaxBundle, world: World) -> None:
    designed = await kit.speech.design(DesignRequest("old-man", "a calm old man", "Dzień dobry"), key=KEY)
    assert sound_seconds(designed.preview)
    await kit.speech.delete(designed.voice.voice_id, VoiceOrigin.DESIGNED)
    assert world.voices[designed.voice.voice_id].deleted


async def test_a_long_introduction_is_refused_before_any_call(kit: MiniMaxBundle, world: World) -> None:
    with pytest.raises(InvalidRequest):
        await kit.speech.design(DesignRequest("old-man", "a calm old man", "x" * 501), key=KEY)
    assert world.calls == []


async def test_speech_waits_for_its_own_rate(world: World, account: MiniMaxAccount, clock: FrozenClock) -> None:
    slow = MiniMaxBundle.over(replace(account, rpm_speech=1), clock)
    await slow.speech.speak(speech(), key=AttemptKey("a"))
    with pytest.raises(RateLimited) as limited:
        await slow.speech.speak(speech(), key=AttemptKey("b"))
    clock.move(limited.value.retry_after_seconds or 0)
    await slow.speech.speak(speech(), key=AttemptKey("b"))
    await slow.close()
    assert len(world.paid) == 2


async def test_the_doctors_check_is_one_free_call(kit: MiniMaxBundle, world: World) -> None:
    await kit.check()
    assert len(world.calls) == 1
    assert world.paid == []


async def test_the_doctors_check_knows_a_wrong_key(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("code", "/v1/get_voice", code=2049)]
    with pytest.raises(AccountProblem) as wrong:
        await kit.check()
    assert "MINIMAX_API_KEY" in (wrong.value.hint or "")


def test_the_stand_in_makes_sound_of_the_asked_length() -> None:
    assert sound_seconds(tone(12.0, "mp3")) == pytest.approx(12.0, abs=0.1)
