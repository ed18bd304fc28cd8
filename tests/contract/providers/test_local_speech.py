"""Offline speech: audible, timed word by word, the same bytes again; a clone follows the sample and says what it is."""

import array
import io
import wave
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.clock import SystemClock
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.errors import InvalidRequest
from app.providers.local.speech import LocalSpeech
from app.providers.local.timbre import TIMBRES, described_timbre, measured_timbre, named_timbre, voice_name
from app.providers.local.voice_measure import measured
from app.providers.local.word_times import word_times
from app.providers.speech import CloneRequest, DesignRequest, Speech, SpeechRequest, VoiceSample
from app.providers.values import AttemptKey, MediaType
from tests.standins.minimax.media import tone

KEY = AttemptKey("attempt-1")
POLISH = "Zażółć gęślą jaźń, powiedział lis. W roku 2026 kupił 3 latarnie."
ENGLISH = "The fox came out of the blue, and it was 7 o'clock!"
LONG = "Lis szedł przez las i śpiewał o morzu, które widział dawno temu, gdy był mały i wesoły. " * 3


@pytest.fixture
def speech() -> Iterator[LocalSpeech]:
    threads = Threads(2)
    yield LocalSpeech(Path(find_tools().ffmpeg), threads, SystemClock())
    threads.close()


def wish(text: str = POLISH, language: str = "pl", **changes: object) -> SpeechRequest:
    facts = {"voice_id": "calm", "media_type": MediaType.WAV, "word_times": True, **changes}
    return SpeechRequest(text, language=language, **facts)


def samples_of(speech: Speech) -> array.array:
    with wave.open(io.BytesIO(speech.audio)) as file:
        assert file.getframerate() == 44_100
        return array.array("h", file.readframes(file.getnframes()))


@pytest.mark.parametrize(("language", "text"), [("pl", POLISH), ("en", ENGLISH)])
async def test_speech_is_audible_and_never_clipped(speech: LocalSpeech, language: str, text: str) -> None:
    said = await speech.speak(wish(text, language), key=KEY)
    samples = samples_of(said)
    assert len(samples) / 44_100 == pytest.approx(said.duration_seconds, abs=0.02)
    loudest = max(map(abs, samples)) / 32768
    loudness = (sum(sample * sample for sample in samples) / len(samples)) ** 0.5 / 32768
    assert 0.4 < loudest < 0.89
    assert loudness > 0.03


@pytest.mark.parametrize(("language", "text"), [("pl", POLISH), ("en", ENGLISH)])
async def test_every_written_word_has_its_time(speech: LocalSpeech, language: str, text: str) -> None:
    said = await speech.speak(wish(text, language), key=KEY)
    assert [timed.word for timed in said.words] == text.split()
    starts = [timed.start_seconds for timed in said.words]
    assert starts == sorted(starts)
    assert len(set(starts)) == len(starts)
    assert all(timed.end_seconds > timed.start_seconds for timed in said.words)
    assert said.words[-1].end_seconds <= said.duration_seconds + 0.001


async def test_the_same_request_gives_the_same_bytes(speech: LocalSpeech) -> None:
    assert (await speech.speak(wish(), key=KEY)).audio == (await speech.speak(wish(), key=KEY)).audio


async def test_double_speed_takes_about_half_the_time(speech: LocalSpeech) -> None:
    usual = await speech.speak(wish(), key=KEY)
    fast = await speech.speak(wish(speed=2.0), key=KEY)
    assert 0.4 < fast.duration_seconds / usual.duration_seconds < 0.65


@pytest.mark.parametrize("language", ["pl", "en", "de", "fr", "es", "it", "pt"])
async def test_every_language_is_spoken_as_mp3(speech: LocalSpeech, language: str) -> None:
    said = await speech.speak(wish("Radio, piano, 12.", language, media_type=MediaType.MP3), key=KEY)
    assert said.audio[:3] == b"ID3" or said.audio[0] == 0xFF
    assert said.duration_seconds > 0.8


async def test_the_listed_voices_can_be_spoken_with(speech: LocalSpeech) -> None:
    voices = [voice.voice_id for voice in await speech.voices() if voice.language in {"pl", "en"}]
    assert len(voices) == 2 * len(TIMBRES)
    lengths = {(await speech.speak(wish("Dobry dzień.", voice_id=voice), key=KEY)).audio for voice in voices}
    assert len(lengths) == len(TIMBRES)


async def sample(speech: LocalSpeech, voice: str) -> VoiceSample:
    said = await speech.speak(wish(LONG, voice_id=voice), key=KEY)
    assert said.duration_seconds > 10
    return VoiceSample(said.audio, MediaType.WAV, said.duration_seconds)


async def test_a_clone_follows_the_samples_pitch_and_says_what_it_is(speech: LocalSpeech) -> None:
    pitches = {}
    for voice in ("deep", "lively"):
        made = await speech.clone(CloneRequest("key", await sample(speech, voice), "pl"), key=KEY)
        assert "not the timbre" in made.note
        again = await speech.clone(CloneRequest("key", await sample(speech, voice), "pl"), key=KEY)
        assert again.voice_id == made.voice_id
        said = await speech.speak(wish(LONG, voice_id=made.voice_id), key=KEY)
        pitches[voice] = pitch_of(said)
    assert pitches["lively"] > pitches["deep"] * 1.25


def pitch_of(said: Speech) -> float:
    thinned = samples_of(said)[::3]
    found = measured(array.array("h", thinned).tobytes())
    assert found.pitch_hz is not None
    return found.pitch_hz


async def test_a_sample_without_a_voice_is_refused(speech: LocalSpeech) -> None:
    short = VoiceSample(tone(3, "wav"), MediaType.WAV, 3)
    broken = VoiceSample(b"RIFF nothing", MediaType.WAV, 12)
    for unfit in (short, broken):
        with pytest.raises(InvalidRequest):
            await speech.clone(CloneRequest("key", unfit, "pl"), key=KEY)


async def test_a_described_voice_introduces_itself(speech: LocalSpeech) -> None:
    low = await speech.design(DesignRequest("key", "a deep, slow voice of an old man", "Dobry wieczór."), key=KEY)
    high = await speech.design(DesignRequest("key", "młody wysoki głos, kobieta", "Dobry wieczór."), key=KEY)
    assert low.voice.voice_id != high.voice.voice_id
    assert len(low.preview) > 20_000


@pytest.mark.parametrize(
    "wrong",
    [
        wish(" "),
        wish("a" * 5001),
        wish(language="xx"),
        wish(voice_id="nobody"),
        wish(speed=3.0),
        wish(media_type=MediaType.M4A),
    ],
    ids=lambda wrong: f"{wrong.text[:3]}-{wrong.language}-{wrong.voice_id}-{wrong.speed}-{wrong.media_type}",
)
async def test_what_cannot_be_spoken_is_refused(speech: LocalSpeech, wrong: SpeechRequest) -> None:
    with pytest.raises(InvalidRequest):
        await speech.speak(wrong, key=KEY)


async def test_no_child_is_left(speech: LocalSpeech) -> None:
    await speech.speak(wish(), key=KEY)
    assert [child.name() for child in psutil.Process().children() if "python" in child.name()] == []


def test_words_that_run_together_share_the_time_between_their_neighbours() -> None:
    times = word_times("out of the blue", [(0, 0.0), (11, 0.9)], 1.5)
    assert [timed.start_seconds for timed in times] == [0.0, 0.3, 0.6, 0.9]


def test_a_made_name_says_all_of_the_voice() -> None:
    for timbre in (measured_timbre(90, 3.0), measured_timbre(240, 6.0), described_timbre("fast girl")):
        assert named_timbre(voice_name(timbre)) == timbre
