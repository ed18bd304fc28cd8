"""eSpeak NG in a child: phrases and pauses, pleasant sound by ffmpeg, and when each word is heard."""

import json
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
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
from app.providers.local.voices import LANGUAGES, LISTENING_RATE_HZ, MOST_PITCH, STYLES, USUAL_WORDS_PER_MINUTE, Tone
from app.providers.speech import WordTime
from app.providers.values import MediaType

FRAME_SECONDS = 0.01
QUIET_PART = 0.02
# A sign that nobody speaks, such as a dash between words, still gets a little time of its own.
LEAST_LETTERS = 0.3
LEAST_PART = 0.25


def word_times(
    words: Sequence[str], marks: Sequence[tuple[int, int]], samples: NDArray[np.int16], rate_hz: float
) -> tuple[WordTime, ...]:
    """One time for each word; `marks` are (character of the words joined by blanks, sample) where speaking began."""
    starts = _starts(words, marks, len(samples))
    bounds = [*starts[1:], len(samples)]
    loud = _loud_frames(samples, rate_hz)
    step = max(1, int(rate_hz * FRAME_SECONDS))
    found = []
    for word, start, bound in zip(words, starts, bounds, strict=True):
        # The frame in which the next word begins is that word's.
        first, after = int(start) // step, int(bound) // step
        heard = np.flatnonzero(loud[first:after])
        fade = (first + int(heard[-1]) + 1) * step if len(heard) else 0
        end = min(max(fade, start + (bound - start) * LEAST_PART), bound)
        found.append(WordTime(word, start / rate_hz, end / rate_hz))
    return tuple(found)


def _starts(words: Sequence[str], marks: Sequence[tuple[int, int]], total: int) -> list[float]:
    """Where words begin: as marked, and between marks by their share of the letters."""
    known = _marked(words, marks, total)
    weights = [max(LEAST_LETTERS, float(sum(sign.isalnum() for sign in word))) for word in words]
    anchors = sorted(known)
    if not anchors or anchors[0] != 0:
        anchors, known = [0, *anchors], {0: 0, **known}
    starts = []
    for first, after in zip(anchors, [*anchors[1:], len(words)], strict=True):
        span = known.get(after, total) - known[first]
        share = span / sum(weights[first:after])
        at = float(known[first])
        for number in range(first, after):
            starts.append(at)
            at += weights[number] * share
    return starts


def _marked(words: Sequence[str], marks: Sequence[tuple[int, int]], total: int) -> dict[int, int]:
    """Word to first sample, for words that have a mark; samples never go back."""
    owner = [number for number, word in enumerate(words) for _ in range(len(word) + 1)]
    known: dict[int, int] = {}
    latest, latest_word = 0, -1
    for character, sample in marks:
        if 0 <= character < len(owner) and owner[character] > latest_word:
            latest, latest_word = min(max(sample, latest), total), owner[character]
            known[latest_word] = latest
    return known


def _loud_frames(samples: NDArray[np.int16], rate_hz: float) -> NDArray[np.bool_]:
    step = max(1, int(rate_hz * FRAME_SECONDS))
    padded = np.pad(samples.astype(np.float32), (0, -len(samples) % step))
    loudness = np.abs(padded.reshape(-1, step)).max(axis=1)
    return np.asarray(loudness > QUIET_PART * max(float(loudness.max(initial=0)), 1.0))


Samples = NDArray[np.int16]

# Direct speech between marks at the edges of words; one quoted word is a name or irony and is not acted.
QUOTED = re.compile(r"(?:(?<=\s)|^)[“„«»\"](?P<said>[^“”„«»\"]+)[”“»«\"][.,!?;:…]*(?=\s|$)")
ENDED = re.compile(r"[.,!?;:…\u2013\u2014-][\"'”\u2019»«“)\]]*$")
SAID = re.compile(r"(?:[.,!?;:…]\s?[”“»«\"]|\s?[”“»«\"][.,!?;:…])$")
# The engine names an end a few signs early; signs that stand alone, as in French, belong to the word before them.
REST_OF_WORD = re.compile(r"\S*(?:\s[?!:;»”…]+(?=\s|$))*")
# A text that breaks off in a sentence, which another segment goes on with, is spoken as if a comma followed.
FEWEST_WORDS_THAT_BREAK_OFF = 4
# Seconds of rest after a clause at the usual pace, by the sign at its end.
RESTS = {",": 0.2, ";": 0.3, ":": 0.3, "\u2013": 0.26, "\u2014": 0.26, "…": 0.55}
SENTENCE_REST, INNER_REST, OTHER_REST = 0.46, 0.24, 0.2
CLOSING = "\"'”\u2019»«“)] "
# The engine marks the end of an abbreviation too, but does not rest there.
LEAST_REST_SECONDS = 0.09
PAUSE_QUIET_PART, PAUSE_FRAME_SECONDS = 0.02, 0.005


@dataclass(frozen=True)
class Phrase:
    """Words that are spoken in one manner; `start` is the character of the text at which they begin."""

    start: int
    text: str
    is_quoted: bool = False


@dataclass(frozen=True)
class _Rest:
    """Silence from one sample to another, how many samples it shall have, and where the next clause begins in it."""

    begin: int
    end: int
    wanted: int
    following: int


def phrases_of(text: str) -> tuple[Phrase, ...]:
    """The text from its beginning to its end; only direct speech is a phrase of its own."""
    found, at = [], 0
    for quote in QUOTED.finditer(text):
        if len(quote["said"].split()) > 1:
            found += [Phrase(at, text[at : quote.start()]), Phrase(quote.start(), quote.group(), is_quoted=True)]
            at = quote.end()
    parts = [phrase for phrase in [*found, Phrase(at, text[at:])] if phrase.text.strip()]
    if parts and _breaks_off(parts[-1].text):
        parts[-1] = Phrase(parts[-1].start, parts[-1].text.rstrip() + ",", parts[-1].is_quoted)
    return tuple(parts)


def rested(
    text: str, samples: Samples, marks: Sequence[tuple[int, int]], ends: Sequence[tuple[int, int]], seconds_hz: float
) -> tuple[Samples, tuple[tuple[int, int], ...]]:
    """The sound with rests as the signs ask for them, and the marks where they are now.

    `ends` are (character, sample) at which clauses end; `seconds_hz` is how many samples a second of rest has.
    """
    rests = list(_rests(text, samples, ends, seconds_hz))
    pieces, moves, begin, moved = [], [(0, 0, 0)], 0, 0
    for rest in rests:
        kept = min(rest.wanted, rest.end - rest.begin)
        cut = rest.begin + kept // 2
        pieces += [samples[begin:cut], np.zeros(rest.wanted - kept, np.int16)]
        begin = rest.end - (kept - kept // 2)
        earliest = rest.begin + moved
        moved += rest.wanted - (rest.end - rest.begin)
        moves.append((rest.following, moved, earliest))
    pieces.append(samples[begin:])
    return np.concatenate(pieces), tuple(_moved(marks, moves))


def _breaks_off(text: str) -> bool:
    return ENDED.search(text.rstrip()) is None and len(text.split()) >= FEWEST_WORDS_THAT_BREAK_OFF


def _rests(text: str, samples: Samples, ends: Sequence[tuple[int, int]], seconds_hz: float) -> Iterator[_Rest]:
    """Each rest within the sound, in order and apart from the one before it."""
    step = max(1, int(seconds_hz * PAUSE_FRAME_SECONDS))
    frames = np.abs(samples[: len(samples) // step * step].astype(np.int32)).reshape(-1, step).max(axis=1)
    heard = np.flatnonzero(frames > PAUSE_QUIET_PART * max(int(frames.max(initial=0)), 1))
    latest = 0
    for place, sample in ends:
        character = _after_word(text, place)
        after = int(np.searchsorted(heard, sample // step))
        if not 0 < after < len(heard):
            continue
        begin, end = (int(heard[after - 1]) + 1) * step, int(heard[after]) * step
        is_joined = text[:character].rstrip() == text.rstrip()
        if begin >= latest and not is_joined and end - begin >= _least(text, character) * seconds_hz:
            latest = end
            yield _Rest(begin, end, round(_seconds(text, character) * seconds_hz), min(max(sample, begin), end))


def _after_word(text: str, character: int) -> int:
    rest = REST_OF_WORD.match(text, character)
    return rest.end() if rest else character


def _least(text: str, character: int) -> float:
    """Where direct speech ends, the engine was stopped and rests by itself not at all."""
    return 0.0 if SAID.search(text[:character].rstrip()) else LEAST_REST_SECONDS


def _seconds(text: str, character: int) -> float:
    said, following = text[:character].rstrip(CLOSING), text[character:].lstrip(CLOSING)
    sign = said[-1:]
    if sign in ".!?":
        goes_on = following[:1].islower() or (sign == "." and following[:1].isdigit())
        return INNER_REST if goes_on else SENTENCE_REST
    return RESTS.get(sign, OTHER_REST)


def _moved(marks: Sequence[tuple[int, int]], moves: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    at = 0
    for character, sample in marks:
        while at + 1 < len(moves) and sample >= moves[at + 1][0]:
            at += 1
        _, moved, earliest = moves[at]
        yield character, max(earliest, sample + moved)


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
FRAME, SPEECH_LEAST_PART = 441, 0.05
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
class EspeakOutput:
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


def read_recording(reply: bytes) -> EspeakOutput:
    """What the speaking child wrote: a line of facts, then the samples."""
    head, _, sound = reply.partition(b"\n")
    try:
        facts = json.loads(head)
        marks, ends = (tuple((int(at), int(sample)) for at, sample in facts[name]) for name in ("marks", "ends"))
        recording = EspeakOutput(np.frombuffer(sound, np.dtype("<i2")), int(facts["rate_hz"]), marks, ends)
    except (ValueError, KeyError, TypeError) as wrong:
        raise UnexpectedReply(provider=NAME, provider_code="speaking child") from wrong
    if recording.rate_hz <= 0:
        raise UnexpectedReply(provider=NAME, provider_code="speaking child")
    return recording


def _gain(samples: NDArray[np.int16]) -> float:
    """What brings the spoken parts to a common loudness."""
    whole = samples[: len(samples) // FRAME * FRAME].astype(np.float32).reshape(-1, FRAME)
    loudness = np.sqrt(np.mean(np.square(whole), axis=1))
    heard = loudness[loudness > SPEECH_LEAST_PART * loudness.max(initial=0)]
    return SPEECH_LEVEL / max(float(np.sqrt(np.mean(np.square(heard)))), 1.0) if len(heard) else 1.0
