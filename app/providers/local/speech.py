"""Speech by eSpeak NG in a child process, with word times; a clone is the nearest voice by pitch and pace."""

import array
import io
import json
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from app.core import process
from app.core.clock import Clock
from app.core.process import Finished, Limits, ProcessFailed, ProcessTimedOut
from app.core.threads import Threads
from app.providers.errors import InvalidRequest, UnexpectedReply, Unreachable
from app.providers.local.timbre import TIMBRES, Timbre, described_timbre, measured_timbre, named_timbre, voice_name
from app.providers.local.voice_measure import SAMPLE_RATE, measured
from app.providers.local.word_times import word_times
from app.providers.speech import (
    CloneRequest,
    DesignedVoice,
    DesignRequest,
    MadeVoice,
    SampleRules,
    Speech,
    SpeechCapabilities,
    SpeechProvider,
    SpeechRequest,
    VoiceFacts,
    VoiceOrigin,
)
from app.providers.values import AttemptKey, MediaType, Reconcile

__all__ = ["LocalSpeech"]

NAME, MODEL = "local", "espeak-ng"
WORKER = Path(__file__).with_name("espeak_worker.py")
LANGUAGES = {"pl": "pl", "en": "en-us", "de": "de", "fr": "fr", "es": "es", "it": "it", "pt": "pt"}
SPEAK_SECONDS, SHAPE_SECONDS = 30.0, 60.0
LIMITS = Limits(memory_bytes=1024**3, cpu_seconds=60)
INTONATION = 55
PEAK = 0.6
# A gentle presence and no rumble; the sound comes out below -1 dB of full scale.
SHAPE = "highpass=f=70,equalizer=f=3200:t=q:w=1.2:g=2,aresample=44100"
SOUND_RATE = 44_100
SAMPLE = SampleRules(frozenset({MediaType.MP3, MediaType.M4A, MediaType.WAV}), 10, 300, 20 * 1024 * 1024)
CAPABILITIES = SpeechCapabilities(
    model=MODEL,
    text_limit_characters=5000,
    languages=frozenset(LANGUAGES),
    media_types=(MediaType.WAV, MediaType.MP3),
    min_speed=0.5,
    max_speed=2.0,
    gives_word_times=True,
    default_voice="calm",
    sample_rules=SAMPLE,
    clone_reconcile=Reconcile.BY_REPEATING,
    deadline_seconds=SPEAK_SECONDS + SHAPE_SECONDS,
    designs_voices=True,
    notes=("Synthetic speech by eSpeak NG, made on this machine.", "A clone only follows a sample's pitch and pace."),
)
CLONE_NOTE = (
    "An offline voice near the sample: it follows the speaker's pitch ({pitch:.0f} Hz) and pace, not the timbre. "
    "Whether the words of consent are said cannot be heard offline."
)


@dataclass(frozen=True)
class _Spoken:
    """What came from the synthesiser."""

    rate: int
    samples: bytes
    marks: tuple[tuple[int, float], ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / 2 / self.rate


class LocalSpeech(SpeechProvider):
    """Speaks without a key and without a network."""

    name = NAME
    account = NAME

    def __init__(self, ffmpeg: Path, threads: Threads, clock: Clock) -> None:
        self._ffmpeg = ffmpeg
        self._threads = threads
        self._clock = clock

    @override
    def models(self) -> tuple[str, ...]:
        return (MODEL,)

    @override
    def capabilities(self, model: str = "") -> SpeechCapabilities:
        if model not in {"", MODEL}:
            raise InvalidRequest(provider=NAME, hint=f"Use {MODEL}.")
        return CAPABILITIES

    @override
    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        self.capabilities(request.model)
        timbre = _checked(request)
        spoken = await self._spoken(request, timbre)
        audio = await self._shaped(spoken, request.media_type)
        words = word_times(request.text, spoken.marks, spoken.seconds) if request.word_times else ()
        return Speech(audio, request.media_type, round(spoken.seconds, 3), len(request.text), words)

    @override
    async def voices(self) -> tuple[VoiceFacts, ...]:
        return tuple(
            VoiceFacts(f"{language}-{name}", f"{name.title()} ({language})", VoiceOrigin.SYSTEM, "eSpeak NG", language)
            for language in LANGUAGES
            for name in TIMBRES
        )

    @override
    async def clone(self, request: CloneRequest, *, key: AttemptKey) -> MadeVoice:
        unfit = next(SAMPLE.misfits(request.sample), None)
        if unfit is not None:
            raise InvalidRequest(provider=NAME, provider_code="sample", hint=unfit)
        heard = ["-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "s16le", "pipe:1"]
        decoded = await self._ffmpeg_run(["-i", "pipe:0", "-t", "60", *heard], request.sample.content)
        found = await self._threads.run(measured, decoded.stdout)
        if not decoded.succeeded or found.pitch_hz is None:
            raise InvalidRequest(provider=NAME, provider_code="sample", hint="use a recording in which somebody speaks")
        timbre = measured_timbre(found.pitch_hz, found.syllables_per_second)
        return MadeVoice(voice_name(timbre), note=CLONE_NOTE.format(pitch=found.pitch_hz))

    @override
    async def design(self, request: DesignRequest, *, key: AttemptKey) -> DesignedVoice:
        voice = voice_name(described_timbre(request.description))
        wish = SpeechRequest(request.preview_text, voice, "pl", media_type=MediaType.WAV)
        preview = await self.speak(wish, key=key)
        return DesignedVoice(MadeVoice(voice), preview.audio, MediaType.WAV)

    @override
    async def delete(self, voice_id: str, origin: VoiceOrigin) -> None:
        """Nothing is kept of a voice but its name."""

    @override
    async def close(self) -> None:
        """Nothing stays open."""

    async def _spoken(self, request: SpeechRequest, timbre: Timbre) -> _Spoken:
        order = {
            "voice": f"{LANGUAGES[request.language]}+{timbre.variant}",
            "rate": round(timbre.rate_wpm * request.speed),
            "pitch": timbre.pitch,
            "range": INTONATION,
            "text": request.text,
        }
        command = (sys.executable, "-I", str(WORKER))
        said = await _ran(command, json.dumps(order).encode(), SPEAK_SECONDS)
        if not said.succeeded:
            raise Unreachable(provider=NAME, provider_code=str(said.exit_code))
        head, _, samples = said.stdout.partition(b"\n")
        if not samples:
            raise UnexpectedReply(provider=NAME, provider_code="silence")
        facts = json.loads(head)
        marks = tuple((int(at), milliseconds / 1000) for at, milliseconds in facts["words"])
        return _Spoken(int(facts["rate"]), samples, marks)

    async def _shaped(self, spoken: _Spoken, media_type: MediaType) -> bytes:
        level = await self._threads.run(_gain, spoken.samples)
        source = ["-f", "s16le", "-ar", str(spoken.rate), "-ac", "1", "-i", "pipe:0"]
        shape = ["-af", f"volume={level:.4f},{SHAPE}", "-flags", "+bitexact", "-fflags", "+bitexact"]
        coded = (
            ["-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"]
            if media_type is MediaType.MP3
            else ["-c:a", "pcm_s16le", "-f", "s16le"]
        )
        made = await self._ffmpeg_run([*source, *shape, *coded, "pipe:1"], spoken.samples)
        if not made.succeeded:
            raise Unreachable(provider=NAME, provider_code="shaping")
        return made.stdout if media_type is MediaType.MP3 else await self._threads.run(_wav, made.stdout)

    async def _ffmpeg_run(self, arguments: list[str], content: bytes) -> Finished:
        command = (str(self._ffmpeg), "-hide_banner", "-nostats", "-v", "error", *arguments)
        return await _ran(command, content, SHAPE_SECONDS)


async def _ran(command: tuple[str, ...], content: bytes, seconds: float) -> Finished:
    try:
        return await process.run(command, timeout_seconds=seconds, limits=LIMITS, stdin=content)
    except (ProcessTimedOut, ProcessFailed) as fault:
        raise Unreachable(provider=NAME, provider_code="child") from fault


def _checked(request: SpeechRequest) -> Timbre:
    """The voice of a request that can be spoken."""
    timbre = named_timbre(request.voice_id or CAPABILITIES.default_voice)
    limit = CAPABILITIES.text_limit_characters
    faults = (
        (not request.text.strip(), "text", "say what is to be spoken"),
        (len(request.text) > limit, "text", f"use at most {limit} characters"),
        (request.language not in LANGUAGES, "language", f"use one of {', '.join(LANGUAGES)}"),
        (timbre is None, "voice_id", "use a voice of the list, or clone one"),
        (not CAPABILITIES.min_speed <= request.speed <= CAPABILITIES.max_speed, "speed", "use a speed of 0.5 to 2"),
        (request.media_type not in CAPABILITIES.media_types, "media_type", "ask for WAV or MP3"),
    )
    for is_fault, param, hint in faults:
        if is_fault:
            raise InvalidRequest(provider=NAME, provider_code=param, hint=hint)
    return timbre or TIMBRES[CAPABILITIES.default_voice]


def _gain(samples: bytes) -> float:
    """What brings the loudest sample to the wanted peak."""
    loudest = max(map(abs, array.array("h", samples)), default=0)
    return PEAK * 32768 / loudest if loudest else 1.0


def _wav(samples: bytes) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes(samples)
    return made.getvalue()
