"""Sound files: checked by a whole decode and written again as sound only; recordings joined to one."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.media.errors import AudioTooLong, AudioTooShort, ToolFailed, UnreadableMedia, UnsupportedMedia
from app.media.sniff import HEAD_BYTES, FileKind, sniff
from app.media.sound_files import append, part_of, placed
from app.media.soundgraph import RAW, RAW_SAMPLE_BYTES, placing_arguments
from app.media.timeline import sample_bounds
from app.media.tools import Tools, file_address, guarded_input

TIMEOUT_SECONDS = 60.0
AT_ONCE = 2
RATE_HZ = 44100
# A decode goes on a little past the limit, so that a longer recording shows that it is longer.
MARGIN_SECONDS = 5.0


@dataclass(frozen=True)
class AudioRules:
    """How long a recording must be."""

    shortest_seconds: float = 0.1
    longest_seconds: float = 600.0


VOICE_SAMPLE = AudioRules(shortest_seconds=10.0, longest_seconds=300.0)


@dataclass(frozen=True)
class AudioFacts:
    """What a recording is."""

    kind: FileKind
    duration_seconds: float


class Sounds:
    """Reads and writes sound by ffmpeg; a few at a time, because each decodes a whole recording."""

    def __init__(self, tools: Tools, threads: Threads, turns: FairLimiter | None = None) -> None:
        self._tools = tools
        self._threads = threads
        self._turns = turns or FairLimiter(AT_ONCE)

    async def clean(
        self, path: Path, target: Path, rules: AudioRules, *, tempo: float = 1.0, pitch: float = 1.0
    ) -> AudioFacts:
        """Decodes a recording wholly and writes it as MP3 to `target`; refuses what is too short or too long.

        With another tempo it is spoken faster or slower at the same pitch; with another pitch higher or lower at the
        same tempo.
        """
        kind = await self._threads.run(_sound_kind, path)
        arguments = [
            "-y",
            *guarded_input(path, kind),
            *("-t", f"{rules.longest_seconds + MARGIN_SECONDS:g}"),
            *("-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-bitexact"),
            *_retuned(tempo, pitch),
            *("-c:a", "libmp3lame", "-b:a", "192k", "-ac", "2", "-ar", str(RATE_HZ), "-id3v2_version", "0"),
            *("-write_xing", "0", "-progress", "pipe:1", "-f", "mp3", file_address(target)),
        ]
        async with self._turns.turn():
            done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        duration = _duration(done.stdout)
        if not done.succeeded or duration is None:
            raise UnreadableMedia
        if duration < rules.shortest_seconds:
            raise AudioTooShort(facts={"duration_seconds": round(duration, 2)})
        if duration > rules.longest_seconds:
            raise AudioTooLong(facts={"longest_seconds": rules.longest_seconds})
        return AudioFacts(kind, duration)


def _retuned(tempo: float, pitch: float) -> list[str]:
    """Sound that is played faster is also higher; slowed down again it keeps only the height."""
    if pitch == 1.0:
        return [] if tempo == 1.0 else ["-filter:a", f"atempo={tempo:g}"]
    played = f"aresample={RATE_HZ},asetrate={round(RATE_HZ * pitch)},aresample={RATE_HZ}"
    return ["-filter:a", f"{played},atempo={tempo / pitch:.6f}"]


def _sound_kind(path: Path) -> FileKind:
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    # Recorders write voice memos as plain MP4 too; whether there is sound in it shows in the decode.
    if kind is FileKind.MP4:
        return FileKind.M4A
    if kind is None or not kind.is_sound:
        raise UnsupportedMedia
    return kind


def _duration(progress: bytes) -> float | None:
    times = [line.partition("=")[2] for line in progress.decode().splitlines() if line.startswith("out_time_us=")]
    return int(times[-1]) / 1_000_000 if times and times[-1].lstrip("-").isdecimal() else None


JOIN_TIMEOUT_SECONDS = 300.0
JOINED_AT_ONCE = 10


class Splices:
    """Makes one sound of several."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def join(self, sounds: Sequence[Path], durations: Sequence[Fraction], into: Path) -> None:
        """Writes a WAV file in which every sound begins where the one before it ends."""
        raw = into.with_name(f"{into.name}.raw")
        bounds = sample_bounds(durations)
        counts = [end - begin for begin, end in pairwise(bounds)]
        cast = [await self._threads.run(placed, path, count) for path, count in zip(sounds, counts, strict=True)]
        await self._threads.run(raw.write_bytes, b"")
        for first in range(0, len(cast), JOINED_AT_ONCE):
            batch = cast[first : first + JOINED_AT_ONCE]
            await self._run(placing_arguments(batch, part_of(raw)))
            expected = sum(sound.sample_count for sound in batch) * RAW_SAMPLE_BYTES
            await self._threads.run(append, part_of(raw), raw, expected)
        plain = ["-c:a", "pcm_s16le", "-map_metadata", "-1", "-bitexact", "-f", "wav", file_address(into)]
        await self._run(["-y", "-v", "error", *RAW, "-i", file_address(raw), *plain])

    async def _run(self, arguments: Sequence[str]) -> None:
        done = await self._tools.run(arguments, timeout_seconds=JOIN_TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed
