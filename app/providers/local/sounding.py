"""Children that make sound: eSpeak NG speaks, ffmpeg makes it pleasant, and recordings are decoded."""

import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from app.core import process
from app.core.process import Finished, Limits, ProcessFailed, ProcessTimedOut
from app.core.threads import Threads
from app.providers.errors import InvalidRequest, UnexpectedReply, Unreachable
from app.providers.local.phrasing import Phrase, phrases_of, rested
from app.providers.local.timbre import LANGUAGES, MOST_PITCH, STYLES, USUAL_WORDS_PER_MINUTE, Tone
from app.providers.local.voice_measure import LISTENING_RATE_HZ
from app.providers.values import MediaType

__all__ = ["MOST_SECONDS", "NAME", "SPEAKING", "TOO_LONG", "Sounding", "Spoken", "read_recording", "run_child"]

NAME = "local"
SPEAKING = (sys.executable, "-I", str(Path(__file__).with_name("espeak_worker.py")))
NO_VOICE, TOO_LONG = 3, 4
MOST_SECONDS = 600.0
SPEAKING_LIMITS = Limits(memory_bytes=1024**3, cpu_seconds=60, file_bytes=0, open_files=32)
SHAPING_LIMITS = Limits(memory_bytes=2 * 1024**3, cpu_seconds=120, file_bytes=256 * 1024**2, open_files=64)
TIMEOUT_SECONDS = 90.0
SLOWEST_WORDS_PER_MINUTE, FASTEST_WORDS_PER_MINUTE = 80, 440
VOLUME = 80
QUOTED_LIFT, QUOTED_PACE = 6, 1.03
SOUND_RATE_HZ = 44_100
# The room above the loudest sample also holds what MP3 adds to it.
CEILING = 0.79
SPEECH_LEVEL = 3300.0
FRAME, QUIET_PART = 441, 0.05
BODY = "highpass=f=65,equalizer=f=210:t=q:w=0.9:g=2,equalizer=f=3100:t=q:w=1.1:g=-3.5,highshelf=f=6500:g=-4"
EVENNESS = "acompressor=threshold=0.12:ratio=2.2:attack=8:release=140:knee=5:makeup=2"
# A small room: three early reflections, far too short to be heard as an echo.
ROOM = "aecho=1:0.95:17|29|43:0.10|0.07|0.05"
PEAKS = f"alimiter=limit={CEILING}:level=0:latency=1:attack=4:release=60"
CODING = {
    MediaType.WAV: ("-c:a", "pcm_s16le", "-f", "wav"),
    MediaType.MP3: ("-c:a", "libmp3lame", "-b:a", "128k", "-id3v2_version", "0", "-f", "mp3"),
}
# The first word is the form that is read, the second the decoders that may be used for it.
READING = {
    MediaType.MP3: ("mp3", "mp3float,mp3"),
    MediaType.WAV: ("wav", "pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_u8,pcm_alaw,pcm_mulaw"),
    MediaType.M4A: ("mov", "aac,alac,mp3float,opus"),
}


@dataclass(frozen=True)
class Spoken:
    """Raw speech; `marks` are (character, sample) where words begin, and its pace is still to be changed.

    What is natural keeps its own sound, of which the other is given something.
    """

    samples: NDArray[np.int16]
    made_hz: int
    marks: tuple[tuple[int, int], ...]
    pace_left: float
    is_natural: bool = False

    @property
    def rate_hz(self) -> float:
        """Samples that pass in a second once the pace is right."""
        return self.made_hz * self.pace_left

    @property
    def duration_seconds(self) -> float:
        """How long it is once its pace is right."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True)
class Recording:
    """What the speaking child gave: places are (character, sample)."""

    samples: NDArray[np.int16]
    rate_hz: int
    marks: tuple[tuple[int, int], ...]
    ends: tuple[tuple[int, int], ...]


class Sounding:
    """Runs the children; a child that could not do its work did nothing that would have to be paid."""

    def __init__(self, ffmpeg: Path, threads: Threads, speaking: Sequence[str] = SPEAKING) -> None:
        self._ffmpeg = ffmpeg
        self._threads = threads
        self._speaking = speaking

    async def spoken(self, text: str, tone: Tone, speed: float) -> Spoken:
        """One text in one voice."""
        wanted = tone.wanted_words_per_minute * speed
        pace = min(max(round(wanted), SLOWEST_WORDS_PER_MINUTE), FASTEST_WORDS_PER_MINUTE)
        order = {
            "voice": f"{LANGUAGES[tone.language].voice}+{STYLES[tone.style].variant}",
            "volume": VOLUME,
            "max_seconds": MOST_SECONDS,
            "phrases": [_phrase_order(phrase, tone, pace) for phrase in phrases_of(text)],
        }
        done = await run_child(self._speaking, SPEAKING_LIMITS, stdin=json.dumps(order).encode())
        if done.exit_code == TOO_LONG:
            raise InvalidRequest(provider=NAME, hint=f"Use a text that takes under {MOST_SECONDS:g} s to speak.")
        if not done.succeeded:
            raise Unreachable(provider=NAME, provider_code=f"speaking ended with {done.exit_code}")
        recording = read_recording(done.stdout)
        rest_hz = recording.rate_hz * USUAL_WORDS_PER_MINUTE / pace
        samples, marks = await self._threads.run(
            rested, text, recording.samples, recording.marks, recording.ends, rest_hz
        )
        return Spoken(samples, recording.rate_hz, marks, wanted / pace)

    async def shaped(self, spoken: Spoken, media_type: MediaType) -> bytes:
        """The same sound as a file: fuller, more even, without a loud peak, exactly as long as it should be."""
        gain = await self._threads.run(_gain, spoken.samples)
        length = round(spoken.duration_seconds * SOUND_RATE_HZ)
        stretch = [f"atempo={spoken.pace_left:.6f}"] if spoken.pace_left != 1 else []
        ends = [f"apad=whole_len={length}", f"atrim=end_sample={length}"]
        shape = [] if spoken.is_natural else [BODY]
        room = [] if spoken.is_natural else [ROOM]
        steps = [f"volume={gain:.4f}", *stretch, f"aresample={SOUND_RATE_HZ}", *shape, EVENNESS, *room, PEAKS, *ends]
        async with self._folder() as folder:
            target = folder / "speech"
            command = [
                *self._opening("pipe"),
                *("-f", "s16le", "-ar", str(spoken.made_hz), "-ac", "1", "-i", "pipe:0", "-af", ",".join(steps)),
                *("-map_metadata", "-1", "-flags", "+bitexact", "-fflags", "+bitexact", "-ac", "1"),
                *(*CODING[media_type], f"file:{target}"),
            ]
            done = await run_child(command, SHAPING_LIMITS, stdin=spoken.samples.tobytes())
            if not done.succeeded:
                raise Unreachable(provider=NAME, provider_code=f"ffmpeg ended with {done.exit_code}")
            return await self._threads.run(target.read_bytes)

    async def decoded(self, content: bytes, media_type: MediaType) -> NDArray[np.int16]:
        """A recording as samples for listening."""
        form, decoders = READING[media_type]
        async with self._folder() as folder:
            source = folder / "sample"
            await self._threads.run(source.write_bytes, content)
            command = [
                *(*self._opening("file,pipe"), "-format_whitelist", form, "-codec_whitelist", decoders),
                *("-f", form, "-i", f"file:{source}", "-map", "0:a:0", "-vn", "-sn", "-dn", "-t", str(MOST_SECONDS)),
                *("-ac", "1", "-ar", str(LISTENING_RATE_HZ), "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"),
            ]
            done = await run_child(command, SHAPING_LIMITS)
        if done.exit_code < 0:
            raise Unreachable(provider=NAME, provider_code=f"ffmpeg ended with {done.exit_code}")
        if not done.succeeded:
            raise InvalidRequest(provider=NAME, hint="The recording cannot be read. Save it again as MP3, M4A or WAV.")
        return np.frombuffer(done.stdout, np.dtype("<i2"))

    def _opening(self, protocols: str) -> tuple[str, ...]:
        quiet = ("-nostdin",) if protocols != "pipe" else ()
        return (
            str(self._ffmpeg),
            *quiet,
            "-hide_banner",
            "-nostats",
            "-v",
            "error",
            "-y",
            "-protocol_whitelist",
            protocols,
        )

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        # Made on the loop, in microseconds: a cancel while a thread makes it would leave the folder behind.
        made = Path(tempfile.mkdtemp(prefix="avc-voice-"))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


async def run_child(
    command: Sequence[str], limits: Limits, stdin: bytes | None = None, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> Finished:
    """Runs a child to its end; one that could not be started or was too slow did nothing."""
    try:
        return await process.run(command, timeout_seconds=timeout_seconds, limits=limits, stdin=stdin)
    except (ProcessTimedOut, ProcessFailed) as fault:
        raise Unreachable(provider=NAME, provider_code=type(fault).__name__) from fault


def _phrase_order(phrase: Phrase, tone: Tone, pace: int) -> dict[str, JsonValue]:
    """Direct speech is a little higher, livelier and quicker than what is told."""
    lift = QUOTED_LIFT if phrase.is_quoted else 0
    return {
        "start": phrase.start,
        "text": phrase.text,
        "rate": round(pace * QUOTED_PACE) if phrase.is_quoted else pace,
        "pitch": min(tone.pitch + lift, MOST_PITCH),
        "range": min(tone.melody + lift, MOST_PITCH),
    }


def read_recording(reply: bytes) -> Recording:
    """What the speaking child wrote: a line of facts, then the samples."""
    head, _, sound = reply.partition(b"\n")
    try:
        facts = json.loads(head)
        marks, ends = (tuple((int(at), int(sample)) for at, sample in facts[name]) for name in ("marks", "ends"))
        recording = Recording(np.frombuffer(sound, np.dtype("<i2")), int(facts["rate_hz"]), marks, ends)
    except (ValueError, KeyError, TypeError) as wrong:
        raise UnexpectedReply(provider=NAME, provider_code="speaking child") from wrong
    if recording.rate_hz <= 0:
        raise UnexpectedReply(provider=NAME, provider_code="speaking child")
    return recording


def _gain(samples: NDArray[np.int16]) -> float:
    """What brings the spoken parts to a common loudness."""
    whole = samples[: len(samples) // FRAME * FRAME].astype(np.float32).reshape(-1, FRAME)
    loudness = np.sqrt(np.mean(np.square(whole), axis=1))
    heard = loudness[loudness > QUIET_PART * loudness.max(initial=0)]
    return SPEECH_LEVEL / max(float(np.sqrt(np.mean(np.square(heard)))), 1.0) if len(heard) else 1.0
