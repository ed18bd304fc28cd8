"""Natural voices behind the speech port: which speaks when, words in their time, and how they sound."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.errors import InvalidRequest, UnexpectedReply, Unreachable
from app.providers.local.natural.engine import NaturalSpeech
from app.providers.local.speech import LocalSpeech
from app.providers.speech import VoiceOrigin
from app.providers.values import AttemptKey, MediaType
from app.providers.voices.installed import VoiceFolder
from tests.contract.providers.naturalness import Naturalness, measured
from tests.contract.providers.sounds import peak_of, samples_of, sounding_part, wish
from tests.natural_voices import KOKORO, PIPER, natural_voices

__all__ = ["natural_voices"]

pytestmark = pytest.mark.timeout(900)
KEY = AttemptKey("attempt-1")
# The melody of the synthetic voice is tuned to be as wide as a person's, so a person's need not be wider.
NO_POORER = 0.8
SHORT = "The sea was calm; a fox came down."
STORY = (
    "A fox crosses the frozen river at dawn, and finds an owl that has lost its way home. "
    '"Where do you live?" asks the fox. The owl does not know, and looks at the hills.'
)
ODD = "The fox came out of the blue, and it was 7 o'clock! \n Well-known  café; $20 (or so)..."


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(2)
    yield made
    made.close()


def speech_of(folder: Path, threads: Threads, *, script: str = "", is_ready: bool = True) -> LocalSpeech:
    speaking = (sys.executable, "-c", script) if script else None
    natural = NaturalSpeech(VoiceFolder(folder), threads, speaking=speaking, is_ready=lambda: is_ready)
    return LocalSpeech(Path(find_tools().ffmpeg), threads, SystemClock(), FairLimiter(2), natural=natural)


@pytest.fixture
def speech(natural_voices: Path, threads: Threads) -> LocalSpeech:
    return speech_of(natural_voices, threads)


async def test_installed_voices_are_listed_first_and_called_natural(speech: LocalSpeech) -> None:
    first, second, third, *_ = await speech.voices()
    assert [first.voice_id, second.voice_id] == [KOKORO, PIPER]
    for voice in (first, second):
        assert voice.name.startswith("English, ")
        assert voice.name.endswith("(natural)")
        assert "natural voice" in voice.description
        assert (voice.origin, voice.language) == (VoiceOrigin.SYSTEM, "en")
    assert "natural" not in third.name


async def test_the_usual_voice_is_natural_where_one_is_installed_and_only_there(
    speech: LocalSpeech, threads: Threads, tmp_path: Path
) -> None:
    synthetic = speech_of(tmp_path, threads)
    usual = await speech.speak(wish(SHORT, "en"), key=KEY)
    assert usual.audio == (await speech.speak(wish(SHORT, "en", voice_id=KOKORO), key=KEY)).audio
    by_name = wish(SHORT, "en", voice_id="en-narrator")
    assert (await speech.speak(by_name, key=KEY)).audio == (await synthetic.speak(by_name, key=KEY)).audio
    assert (await speech.speak(wish(), key=KEY)).audio == (await synthetic.speak(wish(), key=KEY)).audio


async def test_without_the_extra_the_synthetic_voice_speaks(
    natural_voices: Path, threads: Threads, tmp_path: Path
) -> None:
    bare, synthetic = speech_of(natural_voices, threads, is_ready=False), speech_of(tmp_path, threads)
    assert not [voice for voice in await bare.voices() if "natural" in voice.name]
    assert (await bare.speak(wish(SHORT, "en"), key=KEY)).audio == (
        await synthetic.speak(wish(SHORT, "en"), key=KEY)
    ).audio
    with pytest.raises(InvalidRequest) as refused:
        await bare.speak(wish(SHORT, "en", voice_id=PIPER), key=KEY)
    assert "extra voices" in (refused.value.hint or "")


@pytest.mark.parametrize(
    "wrong",
    [wish("...", "en", voice_id=PIPER), wish(SHORT, "pl", voice_id=PIPER), wish(SHORT, "en", voice_id="en-nobody")],
    ids=["dots", "language", "voice"],
)
async def test_what_cannot_be_spoken_is_refused_with_what_to_change(speech: LocalSpeech, wrong: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await speech.speak(wrong, key=KEY)
    assert (refused.value.hint or "").endswith(".")


@pytest.mark.parametrize("voice_id", [PIPER, KOKORO])
async def test_a_text_takes_as_long_as_told_and_sounds_the_same_again(speech: LocalSpeech, voice_id: str) -> None:
    said = await speech.speak(wish(ODD, "en", voice_id=voice_id), key=KEY)
    samples = samples_of(said.audio)
    assert len(samples) / 44_100 == pytest.approx(said.duration_seconds, abs=0.001)
    assert sounding_part(samples) > 0.5
    assert 0.3 < peak_of(samples) < 10 ** (-1 / 20)
    assert [word.word for word in said.words] == ODD.split()
    starts = [word.start_seconds for word in said.words]
    assert starts == sorted(starts)
    assert said.words[-1].end_seconds <= said.duration_seconds + 0.001
    assert all(word.end_seconds >= word.start_seconds for word in said.words)
    # The pause behind "o'clock!" belongs to no word.
    clock, known = said.words[11], said.words[12]
    assert known.start_seconds - clock.end_seconds > 0.2
    assert said.audio == (await speech.speak(wish(ODD, "en", voice_id=voice_id), key=KEY)).audio


@pytest.mark.parametrize("voice_id", [PIPER, KOKORO])
async def test_speed_divides_the_length(speech: LocalSpeech, voice_id: str) -> None:
    lengths = [
        (await speech.speak(wish(SHORT, "en", voice_id=voice_id, speed=speed), key=KEY)).duration_seconds
        for speed in (0.7, 1.0, 1.4)
    ]
    assert lengths[0] > 1.15 * lengths[1] > 1.15 * 1.15 * lengths[2]


@pytest.mark.parametrize("text", ["one\x00 two three", "one \ud800 two three", "<speak>one</speak> & [[two]] three"])
async def test_odd_signs_neither_command_nor_break_the_engine(speech: LocalSpeech, text: str) -> None:
    said = await speech.speak(wish(text, "en", voice_id=PIPER), key=KEY)
    assert said.duration_seconds > 0.7
    assert said.words[-1].word == "three"


@pytest.mark.parametrize("media_type", [MediaType.MP3, MediaType.WAV])
async def test_it_gives_what_players_play(speech: LocalSpeech, media_type: MediaType) -> None:
    said = await speech.speak(wish(SHORT, "en", voice_id=PIPER, media_type=media_type), key=KEY)
    assert said.media_type is media_type
    assert said.audio[:4] in {b"RIFF", b"\xff\xfb\x90\xc4"} or said.audio[0] == 0xFF


@pytest.mark.parametrize(
    "script",
    ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(9)", "x = bytearray(9 << 30)"],
    ids=["killed", "failed", "greedy"],
)
async def test_a_child_that_breaks_did_nothing_and_may_be_asked_again(
    natural_voices: Path, threads: Threads, script: str
) -> None:
    with pytest.raises(Unreachable):
        await speech_of(natural_voices, threads, script=script).speak(wish(SHORT, "en"), key=KEY)


async def test_a_child_that_talks_nonsense_is_an_unexpected_reply(natural_voices: Path, threads: Threads) -> None:
    with pytest.raises(UnexpectedReply):
        await speech_of(natural_voices, threads, script="print('no facts')").speak(wish(SHORT, "en"), key=KEY)


async def test_a_cancel_leaves_no_child(natural_voices: Path, threads: Threads) -> None:
    slow = speech_of(natural_voices, threads, script="import sys, time; sys.stdin.read(); time.sleep(60)")
    before = set(psutil.Process().children(recursive=True))
    speaking = asyncio.ensure_future(slow.speak(wish(SHORT, "en"), key=KEY))
    async with asyncio.timeout(60):
        while not set(psutil.Process().children(recursive=True)) - before:
            await asyncio.sleep(0.01)
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    assert set(psutil.Process().children(recursive=True)) <= before


async def test_natural_voices_are_recognisably_better(speech: LocalSpeech, capsys: pytest.CaptureFixture[str]) -> None:
    """eSpeak NG is a set of tones; a person's voice has breath in it, and a melody that is no poorer."""
    found: dict[str, Naturalness] = {}
    for voice_id in ("en-narrator", PIPER, KOKORO):
        said = await speech.speak(wish(STORY, "en", voice_id=voice_id), key=KEY)
        found[voice_id] = measured(samples_of(said.audio), STORY)
    with capsys.disabled():
        print()
        for voice_id, sound in found.items():
            print(f"{voice_id:12} {sound}")
    synthetic = found.pop("en-narrator")
    assert found[KOKORO].pitch_range_semitones > synthetic.pitch_range_semitones
    for natural in found.values():
        assert natural.flatness > 2 * synthetic.flatness
        assert natural.pitch_range_semitones > NO_POORER * synthetic.pitch_range_semitones
        assert 11 < natural.letters_per_second < 21
