"""Offline speech: audible, as long as told, timed word by word, the same bytes again, refused or failed as promised."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.errors import InvalidRequest, UnexpectedReply, Unreachable
from app.providers.local.speech import LocalSpeech
from app.providers.speech import Speech, SpeechRequest, VoiceOrigin
from app.providers.values import AttemptKey, MediaType
from tests.contract.providers.sounds import peak_of, samples_of, sounding_part, wish

KEY = AttemptKey("attempt-1")
POLISH = "Zażółć gęślą jaźń — powiedział lis. „Dokąd idziesz?” W roku 2026 kupił 3 latarnie za 3,50 zł."
ENGLISH = "The fox came out of the blue, and it was 7 o'clock! \n Well-known  café; $20 (or so)..."
TEXTS = {
    "pl": "Stary latarnik powoli zszedł po schodach, a morze było spokojne.",
    "en": "The old lighthouse keeper walked slowly down, and the sea was calm.",
    "de": "Der alte Wärter stieg langsam hinab, und das Meer war ruhig.",
    "fr": "Le vieux gardien descendit lentement, et la mer était calme.",
    "es": "El viejo guardián bajó despacio, y el mar estaba tranquilo.",
    "it": "Il vecchio guardiano scese lentamente, e il mare era calmo.",
    "pt": "O velho guardião desceu devagar, e o mar estava calmo.",
}


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(2)
    yield made
    made.close()


@pytest.fixture
def speech(threads: Threads) -> LocalSpeech:
    return LocalSpeech(Path(find_tools().ffmpeg), threads, SystemClock(), FairLimiter(2))


def spoken_by(script: str, threads: Threads) -> LocalSpeech:
    """The engine with another child in the synthesiser's place."""
    return LocalSpeech(
        Path(find_tools().ffmpeg), threads, SystemClock(), FairLimiter(2), speaking=(sys.executable, "-c", script)
    )


async def test_every_language_sounds_and_takes_as_long_as_a_person_would(speech: LocalSpeech) -> None:
    sounds = set()
    for language, text in TEXTS.items():
        said = await speech.speak(wish(text, language), key=KEY)
        samples = samples_of(said.audio)
        assert len(samples) / 44_100 == pytest.approx(said.duration_seconds, abs=0.001)
        assert 8 < len(text) / said.duration_seconds < 22
        assert 0.05 < float(np.sqrt(np.mean(np.square(samples)))) < 0.3
        assert sounding_part(samples) > 0.6
        assert 0.4 < peak_of(samples) < 10 ** (-1 / 20)
        sounds.add(said.audio)
    assert len(sounds) == len(TEXTS)


async def test_every_listed_voice_speaks_and_sounds_like_no_other(speech: LocalSpeech) -> None:
    listed = [voice for voice in await speech.voices() if voice.language in {"pl", "en"}]
    assert {voice.origin for voice in listed} == {VoiceOrigin.SYSTEM}
    assert all(voice.description for voice in listed)
    sounds = set()
    for voice in listed:
        said = await speech.speak(wish("Radio.", voice.language or "", voice_id=voice.voice_id), key=KEY)
        assert peak_of(samples_of(said.audio)) < 10 ** (-1 / 20)
        sounds.add(said.audio)
    assert len(sounds) == len(listed) >= 12


async def test_a_style_alone_speaks_the_language_of_the_request(speech: LocalSpeech) -> None:
    alone = await speech.speak(wish("Dzień dobry.", "pl", voice_id="warm"), key=KEY)
    named = await speech.speak(wish("Dzień dobry.", "pl", voice_id="pl-warm"), key=KEY)
    foreign = await speech.speak(wish("Dzień dobry.", "pl", voice_id="en-warm"), key=KEY)
    assert alone.audio == named.audio == foreign.audio
    assert (await speech.speak(wish("Dzień dobry.", "en", voice_id="warm"), key=KEY)).audio != alone.audio


@pytest.mark.parametrize(("language", "text"), [("pl", POLISH), ("en", ENGLISH)])
async def test_every_written_word_is_timed_in_order_within_the_sound(
    speech: LocalSpeech, language: str, text: str
) -> None:
    said = await speech.speak(wish(text, language), key=KEY)
    assert [timed.word for timed in said.words] == text.split()
    moments = [moment for timed in said.words for moment in (timed.start_seconds, timed.end_seconds)]
    assert moments == sorted(moments)
    assert moments[0] >= 0
    assert moments[-1] <= said.duration_seconds
    assert all(timed.end_seconds > timed.start_seconds for timed in said.words)


async def test_words_are_heard_when_they_are_said_to_be(speech: LocalSpeech) -> None:
    said = await speech.speak(wish("Dom. Las. Kot."), key=KEY)
    samples = samples_of(said.audio)
    assert len(said.words) == 3
    for timed in said.words:
        inside = samples[round(timed.start_seconds * 44_100) : round(timed.end_seconds * 44_100)]
        assert sounding_part(inside) > 0.6
    for before, after in zip(said.words, said.words[1:], strict=False):
        pause = samples[round((before.end_seconds + 0.03) * 44_100) : round((after.start_seconds - 0.02) * 44_100)]
        assert len(pause) > 0.1 * 44_100
        assert peak_of(pause) < 0.1 * peak_of(samples)


async def test_times_do_not_drift_in_a_long_text(speech: LocalSpeech) -> None:
    sentence = "Dawno temu żył sobie 1 smok — i 2 rycerzy. "
    said = await speech.speak(wish(sentence * 40), key=KEY)
    dragons = [timed for timed in said.words if timed.word == "smok"]
    lengths = [timed.end_seconds - timed.start_seconds for timed in dragons]
    gaps = np.diff([timed.start_seconds for timed in dragons])
    assert len(dragons) == 40
    assert max(lengths) - min(lengths) < 0.08
    assert float(gaps.max() - gaps.min()) < 0.15


async def test_words_are_left_out_where_nobody_asks(speech: LocalSpeech) -> None:
    assert (await speech.speak(replace(wish("Dom."), word_times=False), key=KEY)).words == ()


@pytest.mark.parametrize("media_type", [MediaType.WAV, MediaType.MP3])
async def test_the_same_request_gives_the_same_bytes(speech: LocalSpeech, media_type: MediaType) -> None:
    asked = wish(POLISH, media_type=media_type)
    assert await speech.speak(asked, key=KEY) == await speech.speak(asked, key=AttemptKey("attempt-2"))


async def test_an_mp3_is_as_long_as_told_and_sounds_at_the_same_moments(speech: LocalSpeech, tmp_path: Path) -> None:
    plain = await speech.speak(wish(POLISH), key=KEY)
    packed = await speech.speak(wish(POLISH, media_type=MediaType.MP3), key=KEY)
    assert packed.words == plain.words
    assert packed.duration_seconds == plain.duration_seconds
    heard, original = await unpacked(packed, tmp_path), samples_of(plain.audio)
    assert len(heard) / 44_100 == pytest.approx(packed.duration_seconds, abs=0.03)
    assert peak_of(heard) < 10 ** (-1 / 20)
    likeness = [
        float(np.dot(heard[2000 + lag : 90_000 + lag], original[2000:90_000])) for lag in range(-1500, 1500, 10)
    ]
    assert abs(int(np.argmax(likeness)) * 10 - 1500) <= 20


async def unpacked(said: Speech, folder: Path) -> np.ndarray:
    packed, plain = folder / "said.mp3", folder / "said.wav"
    packed.write_bytes(said.audio)
    done = await find_tools().run(["-y", "-i", str(packed), "-c:a", "pcm_s16le", str(plain)], timeout_seconds=20)
    assert done.succeeded
    return samples_of(plain.read_bytes())


@pytest.mark.parametrize("voice_id", ["narrator", "elder", "local-clone-pl-deep-p30-r100"])
async def test_speed_divides_the_length(speech: LocalSpeech, voice_id: str) -> None:
    usual = await speech.speak(wish(TEXTS["pl"], voice_id=voice_id), key=KEY)
    for speed in (0.5, 2.0):
        said = await speech.speak(wish(TEXTS["pl"], voice_id=voice_id, speed=speed), key=KEY)
        assert said.duration_seconds * speed == pytest.approx(usual.duration_seconds, rel=0.06)
        samples = samples_of(said.audio)
        assert len(samples) / 44_100 == pytest.approx(said.duration_seconds, abs=0.001)
        last_heard = float(np.flatnonzero(np.abs(samples) > 0.02)[-1]) / 44_100
        assert said.words[-1].end_seconds == pytest.approx(last_heard, abs=0.1)


@pytest.mark.parametrize(
    "text", ["raz\x00 dwa trzy", "raz\x01200P dwa trzy", "raz \ud800 dwa trzy", "<speak>raz</speak> & [[dwa]] trzy"]
)
async def test_odd_signs_neither_command_nor_break_the_engine(speech: LocalSpeech, text: str) -> None:
    said = await speech.speak(wish(text), key=KEY)
    assert said.duration_seconds > 0.8
    assert said.words[-1].word == "trzy"


@pytest.mark.parametrize(
    "wrong",
    [
        wish(" \n"),
        wish("..."),
        wish("a" * 5001),
        wish("9876543210 " * 450, speed=0.5),
        wish(language="xx"),
        wish(voice_id="nobody"),
        wish(voice_id="xx-warm"),
        wish(voice_id="local-clone-pl-deep-p30-r999"),
        wish(speed=0.4),
        wish(speed=2.1),
        wish(media_type=MediaType.M4A),
        wish(model="other"),
    ],
    ids=["blank", "dots", "long", "endless", "language", "voice", "foreign", "pace", "slow", "fast", "type", "model"],
)
async def test_what_cannot_be_spoken_is_refused_with_what_to_change(speech: LocalSpeech, wrong: SpeechRequest) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await speech.speak(wrong, key=KEY)
    assert (refused.value.hint or "").endswith(".")
    assert refused.value.provider == speech.name


@pytest.mark.parametrize(
    "script",
    ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(9)"],
    ids=["killed", "failed"],
)
async def test_a_child_that_breaks_did_nothing_and_may_be_asked_again(threads: Threads, script: str) -> None:
    with pytest.raises(Unreachable):
        await spoken_by(script, threads).speak(wish("Dom."), key=KEY)


@pytest.mark.parametrize("reply", ["no facts", "{}", '{"rate_hz": 22050, "marks": 7}', '{"rate_hz": 0, "marks": []}'])
async def test_a_child_that_talks_nonsense_is_an_unexpected_reply(threads: Threads, reply: str) -> None:
    with pytest.raises(UnexpectedReply):
        await spoken_by(f"print({reply!r}, end='\\n\\0\\0')", threads).speak(wish("Dom."), key=KEY)


async def test_a_missing_ffmpeg_leaves_the_engine_unreachable(threads: Threads, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        await LocalSpeech(tmp_path / "ffmpeg", threads, SystemClock(), FairLimiter(2)).speak(wish("Dom."), key=KEY)


async def test_a_cancel_leaves_no_child(threads: Threads) -> None:
    slow = spoken_by("import sys, time; sys.stdin.read(); time.sleep(60)", threads)
    before = set(psutil.Process().children(recursive=True))
    speaking = asyncio.ensure_future(slow.speak(wish("Dom."), key=KEY))
    async with asyncio.timeout(10):
        while not set(psutil.Process().children(recursive=True)) - before:
            await asyncio.sleep(0.01)
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    assert set(psutil.Process().children(recursive=True)) <= before


async def test_speaking_does_not_hold_the_loop_up(speech: LocalSpeech) -> None:
    loop = asyncio.get_running_loop()
    speaking = asyncio.ensure_future(speech.speak(wish(TEXTS["pl"] * 30), key=KEY))
    longest = 0.0
    while not speaking.done():
        at = loop.time()
        await asyncio.sleep(0.005)
        longest = max(longest, loop.time() - at)
    assert (await speaking).duration_seconds > 60
    assert longest < 0.25


async def test_the_capabilities_say_what_is_taken(speech: LocalSpeech) -> None:
    can = speech.capabilities(speech.models()[0])
    assert can.languages == frozenset(TEXTS)
    assert can.gives_word_times
    assert can.designs_voices
    assert any("imitation" in note for note in can.notes)
    assert (await speech.speak(SpeechRequest("Dom.", can.default_voice, "pl"), key=KEY)).billed_characters == 4
