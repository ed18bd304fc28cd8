"""Offline voices: an imitation follows the sample's pitch and pace and says so; a description becomes a voice."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.errors import InvalidRequest
from app.providers.local.speech import LocalSpeech
from app.providers.local.voices import STYLES, guessed_language, made_tone, measured, tone_of, wished_tone
from app.providers.speech import CloneRequest, DesignRequest, VoiceOrigin, VoiceSample
from app.providers.values import AttemptKey, MediaType, Reconcile
from tests.contract.providers.sounds import samples_of, wish

KEY = AttemptKey("attempt-1")
STORY = "Lis szedł przez las i śpiewał o morzu, które widział dawno temu, gdy był mały i wesoły. " * 3
CODERS = {MediaType.MP3: "libmp3lame", MediaType.M4A: "aac"}


@pytest.fixture
def speech() -> Iterator[LocalSpeech]:
    threads = Threads(2)
    yield LocalSpeech(Path(find_tools().ffmpeg), threads, SystemClock(), FairLimiter(2))
    threads.close()


async def sample(speech: LocalSpeech, voice_id: str, *, speed: float = 1.0) -> VoiceSample:
    said = await speech.speak(wish(STORY, voice_id=voice_id, speed=speed), key=KEY)
    return VoiceSample(said.audio, MediaType.WAV, said.duration_seconds)


async def cloned(speech: LocalSpeech, taken: VoiceSample) -> str:
    return (await speech.clone(CloneRequest("key", taken, "pl"), key=KEY)).voice_id


def pitch_of(audio: bytes) -> float:
    samples = samples_of(audio)
    times = np.arange(0, len(samples) - 1, 44_100 / 16_000)
    found = measured((np.interp(times, np.arange(len(samples)), samples) * 32767).astype(np.int16))
    assert found is not None
    return found.pitch_hz


@pytest.mark.parametrize("voice_id", ["local-clone-pl-deep-p35-r150", "local-design-pl-bright-p60-r150"])
async def test_a_clone_speaks_as_high_as_the_sample(speech: LocalSpeech, voice_id: str) -> None:
    taken = await sample(speech, voice_id)
    said = await speech.speak(wish(STORY, voice_id=await cloned(speech, taken)), key=KEY)
    assert pitch_of(said.audio) == pytest.approx(pitch_of(taken.content), rel=0.1)


async def test_a_low_and_a_high_sample_give_a_low_and_a_high_clone(speech: LocalSpeech) -> None:
    low, high = await cloned(speech, await sample(speech, "deep")), await cloned(speech, await sample(speech, "lively"))
    pitches = [pitch_of((await speech.speak(wish(STORY, voice_id=voice), key=KEY)).audio) for voice in (low, high)]
    assert pitches[1] > 2 * pitches[0]


async def test_a_clone_speaks_as_fast_as_the_sample(speech: LocalSpeech) -> None:
    lengths = []
    for speed in (0.75, 1.35):
        taken = await sample(speech, "narrator", speed=speed)
        said = await speech.speak(wish(STORY, voice_id=await cloned(speech, taken)), key=KEY)
        assert said.duration_seconds == pytest.approx(taken.duration_seconds, rel=0.15)
        lengths.append(said.duration_seconds)
    assert lengths[0] > 1.4 * lengths[1]


async def test_the_same_sample_gives_the_same_voice_which_is_how_a_lost_reply_is_found_out(speech: LocalSpeech) -> None:
    taken = await sample(speech, "warm")
    assert speech.capabilities().clone_reconcile is Reconcile.BY_REPEATING
    assert await cloned(speech, taken) == await cloned(speech, taken)


async def test_a_clone_says_that_it_is_none_and_that_consent_was_not_heard(speech: LocalSpeech) -> None:
    asked = CloneRequest("key", await sample(speech, "warm"), "pl")
    plain = await speech.clone(asked, key=KEY)
    checked = await speech.clone(replace(asked, expected_transcript="Zgadzam się."), key=KEY)
    assert plain.voice_id == checked.voice_id
    assert "not a copy" in plain.note
    assert "Hz" in plain.note
    assert "could not be checked" in checked.note
    assert plain.expires_at is None


@pytest.mark.parametrize("media_type", CODERS)
async def test_packed_recordings_are_heard_too(speech: LocalSpeech, tmp_path: Path, media_type: MediaType) -> None:
    taken = await sample(speech, "warm")
    plain, packed = tmp_path / "a.wav", tmp_path / f"a.{media_type.name.lower()}"
    plain.write_bytes(taken.content)
    done = await find_tools().run(["-y", "-i", str(plain), "-c:a", CODERS[media_type], str(packed)], timeout_seconds=20)
    assert done.succeeded
    made = await cloned(speech, VoiceSample(packed.read_bytes(), media_type, taken.duration_seconds))
    assert made.startswith("local-clone-pl-warm-")


def wav_of(samples: np.ndarray) -> bytes:
    sound = samples.astype("<i2").tobytes()
    sizes = (len(sound) + 36).to_bytes(4, "little"), len(sound).to_bytes(4, "little")
    form = bytes.fromhex("666d7420 10000000 0100 0100 803e0000 007d0000 0200 1000")
    return b"RIFF" + sizes[0] + b"WAVE" + form + b"data" + sizes[1] + sound


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF nothing",
        b"",
        b"#EXTM3U\n#EXTINF:12,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '/etc/hostname'\n",
        wav_of(np.zeros(16_000 * 12)),
        wav_of(np.random.default_rng(1).normal(0, 3000, 16_000 * 12)),
    ],
    ids=["broken", "empty", "playlist", "list", "silence", "noise"],
)
async def test_a_recording_without_a_voice_is_refused(speech: LocalSpeech, content: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await cloned(speech, VoiceSample(content, MediaType.WAV, 12))
    assert "recording" in (refused.value.hint or "")


@pytest.mark.parametrize(
    "wrong",
    [
        CloneRequest("key", VoiceSample(b"x", MediaType.WAV, 9.9), "pl"),
        CloneRequest("key", VoiceSample(b"x", MediaType.WAV, 301), "pl"),
        CloneRequest("key", VoiceSample(b"x", MediaType.MP4, 20), "pl"),
        CloneRequest("key", VoiceSample(b"x" * (20 * 1024**2 + 1), MediaType.WAV, 20), "pl"),
        CloneRequest("key", VoiceSample(b"x", MediaType.WAV, 20), "xx"),
    ],
    ids=["short", "long", "type", "heavy", "language"],
)
async def test_a_sample_that_does_not_fit_is_refused_by_its_facts(speech: LocalSpeech, wrong: CloneRequest) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await speech.clone(wrong, key=KEY)
    assert refused.value.hint


async def test_a_described_voice_introduces_itself_in_the_language_of_its_text(speech: LocalSpeech) -> None:
    low = await speech.design(DesignRequest("key", "a deep, slow voice of an old man", "Good evening to you."), key=KEY)
    high = await speech.design(DesignRequest("key", "młoda, wesoła dziewczyna", "Cześć, opowiem ci historię."), key=KEY)
    tones = [tone_of(designed.voice.voice_id) for designed in (low, high)]
    assert tones[0] is not None
    assert tones[1] is not None
    assert (tones[0].language, tones[1].language) == ("en", "pl")
    assert tones[1].pitch_hz > 2 * tones[0].pitch_hz
    assert min(len(designed.preview) for designed in (low, high)) > 10_000
    said = await speech.speak(wish("Good evening to you.", "en", voice_id=low.voice.voice_id), key=KEY)
    assert said.duration_seconds > 1


@pytest.mark.parametrize(("description", "text"), [(" ", "Dzień dobry"), ("deep", "x" * 501), ("deep", " ")])
async def test_a_voice_of_nothing_is_refused(speech: LocalSpeech, description: str, text: str) -> None:
    with pytest.raises(InvalidRequest):
        await speech.design(DesignRequest("key", description, text), key=KEY)


@pytest.mark.parametrize("origin", VoiceOrigin)
async def test_deleting_a_voice_is_never_an_error_because_nothing_is_kept(
    speech: LocalSpeech, origin: VoiceOrigin
) -> None:
    await speech.delete("local-clone-pl-warm-p50-r150", origin)
    await speech.close()


@pytest.mark.parametrize(
    ("description", "style"),
    [
        ("a warm woman", "warm"),
        ("ciepły kobiecy głos", "warm"),
        ("głęboki, niski męski głos", "deep"),
        ("une jeune femme", "lively"),
        ("ein alter Mann", "elder"),
        ("una voz tranquila", "calm"),
        ("xyzzy", "narrator"),
    ],
)
def test_words_of_many_languages_choose_a_style(description: str, style: str) -> None:
    assert wished_tone(description, "en").style == style


@pytest.mark.parametrize(("slower", "faster"), [("slow man", "man"), ("a woman", "a fast woman"), ("wolno", "szybko")])
def test_words_of_pace_change_the_pace(slower: str, faster: str) -> None:
    assert wished_tone(slower, "en").words_per_minute < wished_tone(faster, "en").words_per_minute


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Dzień dobry, opowiem ci historię.", "pl"),
        ("Hello, I will tell you a story.", "en"),
        ("Guten Tag, ich erzähle dir eine Geschichte.", "de"),
        ("Bonjour, je vous raconte une histoire.", "fr"),
        ("Hola, yo soy el narrador de esta historia.", "es"),
        ("Ciao, io sono il narratore di questa storia.", "it"),
        ("Olá, eu sou o narrador da história.", "pt"),
        ("12345", "en"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_small_words(text: str, language: str) -> None:
    assert guessed_language(text) == language


@pytest.mark.parametrize("style", STYLES)
def test_a_made_name_says_all_of_its_voice_and_keeps_to_the_engine_s_limits(style: str) -> None:
    for pitch_hz, pace in ((20.0, 5.0), (120.0, 158.0), (900.0, 900.0)):
        tone = made_tone("pl", style, pitch_hz=pitch_hz, words_per_minute=pace)
        for origin in (VoiceOrigin.CLONED, VoiceOrigin.DESIGNED):
            assert tone_of(tone.named(origin)) == tone
