"""Pictures, speech and verdicts: what is sent, what comes back, and what is refused before money is spent."""

import base64
import io
from dataclasses import replace

import pytest
from PIL import Image

from app.core.threads import Threads
from app.providers.errors import ContentBlocked, InvalidRequest, OutcomeUnknown, UnexpectedReply
from app.providers.image import ImageRequest
from app.providers.openai.account import OpenAIAccount
from app.providers.openai.bundle import OpenAIBundle
from app.providers.openai.models import FREE_MODELS, VOICES
from app.providers.speech import CloneRequest, DesignRequest, VoiceOrigin, VoiceSample
from app.providers.values import MediaType
from tests.contract.providers.openai.orders import KEY, frame, speech
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.media import sound_seconds, tone
from tests.standins.minimax.world import Fault
from tests.standins.openai.world import IMAGE_MODELS, SPEECH_MODELS, World


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return picture.size


@pytest.mark.parametrize("model", IMAGE_MODELS)
async def test_every_size_of_the_record_is_drawn_as_it_says(kit: OpenAIBundle, model: str) -> None:
    for ratio, size in kit.image.capabilities(model).sizes.items():
        made = await kit.image.draw(ImageRequest("A lake", ratio, model=model), key=KEY)
        [still] = made.stills
        assert (still.media_type, size_of(still.content)) == (MediaType.PNG, size)


@pytest.mark.parametrize("model", FREE_MODELS)
async def test_free_sizes_keep_their_ratio_exactly(kit: OpenAIBundle, model: str) -> None:
    for ratio, (wide, high) in kit.image.capabilities(model).sizes.items():
        across, down = (int(side) for side in ratio.split(":"))
        assert wide * down == high * across
        assert min(wide, high) >= 768


async def test_references_go_along_as_files(kit: OpenAIBundle, world: World) -> None:
    references = (frame(), frame(MediaType.JPEG), frame(MediaType.WEBP))
    await kit.image.draw(ImageRequest("The same fox", references=references, count=2), key=KEY)
    [body] = world.bodies
    assert body["reference_bytes"] == [len(one.content) for one in references]
    assert (body["n"], body["size"], "input_fidelity" in body) == (2, "1536x864", False)
    assert [one.path for one in world.paid] == ["/v1/images/edits"]


async def test_only_the_model_that_knows_the_word_is_told_to_be_faithful(kit: OpenAIBundle, world: World) -> None:
    await kit.image.draw(ImageRequest("A fox", "1:1", (frame(),), model="gpt-image-1.5"), key=KEY)
    assert world.bodies[0]["input_fidelity"] == "high"


async def test_a_blocked_picture_costs_nothing_and_says_so(kit: OpenAIBundle, world: World) -> None:
    with pytest.raises(ContentBlocked) as refused:
        await kit.image.draw(ImageRequest("a forbidden thing"), key=KEY)
    assert refused.value.provider_code == "moderation_blocked"
    assert world.paid == []


@pytest.mark.parametrize(
    "wish",
    [
        ImageRequest(" "),
        ImageRequest("x" * 32_001),
        ImageRequest("x", "5:1"),
        ImageRequest("x", count=11),
        ImageRequest("x", references=(frame(),) * 17),
        ImageRequest("x", "16:9", model="gpt-image-1.5"),
        ImageRequest("x", model="gpt-image-1"),
    ],
)
async def test_a_picture_that_does_not_fit_is_never_asked_for(
    kit: OpenAIBundle, world: World, wish: ImageRequest
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await kit.image.draw(wish, key=KEY)
    assert refused.value.hint
    assert world.calls == []


@pytest.mark.parametrize("encoded", ["not base64!", base64.b64encode(b"<html>").decode(), None])
async def test_a_paid_picture_that_cannot_be_read_is_unknown(
    kit: OpenAIBundle, world: World, encoded: str | None
) -> None:
    quoted = "null" if encoded is None else f'"{encoded}"'
    world.faults = [Fault("body", "/v1/images", body=f'{{"data": [{{"b64_json": {quoted}}}]}}')]
    with pytest.raises(OutcomeUnknown):
        await kit.image.draw(ImageRequest("x"), key=KEY)


@pytest.mark.parametrize("media_type", [MediaType.MP3, MediaType.WAV])
@pytest.mark.parametrize("model", SPEECH_MODELS)
async def test_speech_is_heard_and_measured(kit: OpenAIBundle, world: World, media_type: MediaType, model: str) -> None:
    text = "Zażółć gęślą jaźń, powiedział lis do księżyca."
    said = await kit.speech.speak(speech(text, model=model, media_type=media_type), key=KEY)
    assert said.media_type is media_type
    assert said.duration_seconds == pytest.approx(sound_seconds(said.audio), abs=0.06)
    assert (said.billed_characters, said.words) == (len(text), ())
    assert ("pl" in world.bodies[0].get("instructions", "")) is (model == "gpt-4o-mini-tts")


@pytest.mark.parametrize("voice", ["", *VOICES])
async def test_every_voice_on_offer_speaks(kit: OpenAIBundle, world: World, voice: str) -> None:
    await kit.speech.speak(speech(voice_id=voice), key=KEY)
    assert world.bodies[0]["voice"] == (voice or "marin")


async def test_the_voices_are_the_vendors_own(kit: OpenAIBundle) -> None:
    voices = await kit.speech.voices()
    assert {voice.voice_id for voice in voices} == set(VOICES)
    assert {voice.origin for voice in voices} == {VoiceOrigin.SYSTEM}


async def test_nobody_is_cloned_invented_or_deleted(kit: OpenAIBundle, world: World) -> None:
    sample = VoiceSample(tone(12, "mp3"), MediaType.MP3, 12)
    with pytest.raises(InvalidRequest, match="engine") as cloning:
        await kit.speech.clone(CloneRequest("v", sample, "pl"), key=KEY)
    with pytest.raises(InvalidRequest) as designing:
        await kit.speech.design(DesignRequest("v", "deep", "Hello"), key=KEY)
    with pytest.raises(InvalidRequest) as deleting:
        await kit.speech.delete("marin", VoiceOrigin.SYSTEM)
    assert all("voices" in (one.value.hint or "") for one in (cloning, designing, deleting))
    await kit.speech.delete("gone", VoiceOrigin.CLONED)
    assert world.calls == []


@pytest.mark.parametrize(
    "wish",
    [
        speech(" "),
        speech("x" * 4097),
        speech(voice_id="nobody"),
        speech(speed=4.5),
        speech(language="xx"),
        speech(media_type=MediaType.M4A),
        speech(model="gpt-4o"),
    ],
)
async def test_speech_that_does_not_fit_is_never_asked_for(kit: OpenAIBundle, world: World, wish: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await kit.speech.speak(wish, key=KEY)
    assert refused.value.hint
    assert world.calls == []


async def test_configured_models_that_are_not_listed_are_asked_for_what_all_take(
    account: OpenAIAccount, clock: FrozenClock, threads: Threads
) -> None:
    other = OpenAIBundle.over(replace(account, image_model="flux", speech_model="kokoro"), clock, threads)
    assert (other.image.models()[0], other.speech.models()[0]) == ("flux", "kokoro")
    assert set(other.image.capabilities().sizes) == {"1:1", "3:2", "2:3"}
    assert other.speech.capabilities().notes
    await other.close()


async def test_a_text_is_judged_for_nothing(kit: OpenAIBundle, world: World) -> None:
    harmless = await kit.moderation.judge_text("A fox and a lantern")
    harmful = await kit.moderation.judge_text("A murder at dawn")
    assert (harmless.flagged, harmful.flagged) == (False, True)
    assert harmful.scores["violence"] == pytest.approx(0.97)
    assert len(harmful.scores) == 13
    assert world.paid == []


@pytest.mark.parametrize("media_type", [MediaType.PNG, MediaType.JPEG, MediaType.WEBP])
async def test_a_picture_is_judged(kit: OpenAIBundle, world: World, media_type: MediaType) -> None:
    assert not (await kit.moderation.judge_picture(frame(media_type))).flagged
    [part] = world.bodies[0]["input"]
    assert part["image_url"]["url"].startswith(f"data:{media_type.value};base64,")


async def test_what_is_no_picture_is_not_judged(kit: OpenAIBundle, world: World) -> None:
    with pytest.raises(InvalidRequest):
        await kit.moderation.judge_picture(replace(frame(), media_type=MediaType.MP4))
    assert world.calls == []


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"model": "m", "results": []}',
        '{"model": "m", "results": [{"category_scores": {}}]}',
        '{"model": "m", "results": [{"flagged": false, "category_scores": {"hate": NaN}}]}',
    ],
)
async def test_a_verdict_that_cannot_be_read_never_allows(kit: OpenAIBundle, world: World, body: str) -> None:
    world.faults = [Fault("body", "/v1/moderations", body=body)]
    with pytest.raises(UnexpectedReply):
        await kit.moderation.judge_text("A fox")


async def test_a_category_without_a_score_counts_nothing(kit: OpenAIBundle, world: World) -> None:
    body = '{"model": "m", "results": [{"flagged": true, "category_scores": {"hate": null, "violence": 0.5}}]}'
    world.faults = [Fault("body", "/v1/moderations", body=body)]
    judged = await kit.moderation.judge_text("A fox")
    assert (judged.flagged, judged.scores) == (True, {"hate": 0.0, "violence": 0.5})
