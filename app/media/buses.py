"""The buses of a film as raw sound: speech, clips and music, each placed by samples; and what ffmpeg says of them."""

from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.loudness import Level, read_level
from app.media.sniff import Kind
from app.media.sound_files import append, kind_of, part_of, placed
from app.media.soundgraph import METER, RAW, RAW_SAMPLE_BYTES, edged, meter_arguments, placing_arguments
from app.media.timeline import SAMPLE_RATE, Mood
from app.media.tools import Tools, file_address, guarded_input

__all__ = ["DISCARD", "Buses"]

TIMEOUT_SECONDS = 300.0
AT_ONCE = 10
DISCARD = ("-f", "null", "-")


class Buses:
    """Lays raw sound down and measures sound."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def place(
        self, paths: Sequence[Path | None], bounds: Sequence[int], into: Path, halves: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Decodes a few at a time, so that a long film needs no more memory than a short one."""
        counts = [end - begin for begin, end in pairwise(bounds)]
        sounds = [await self._threads.run(placed, path, count) for path, count in zip(paths, counts, strict=True)]
        sounds = edged(sounds, halves) if halves else sounds
        await self._threads.run(into.write_bytes, b"")
        for first in range(0, len(sounds), AT_ONCE):
            batch = sounds[first : first + AT_ONCE]
            await self.run(placing_arguments(batch, part_of(into)))
            expected = sum(sound.sample_count for sound in batch) * RAW_SAMPLE_BYTES
            await self._threads.run(append, part_of(into), into, expected)

    async def lay_music(self, music: Path | Mood, into: Path, sample_count: int) -> None:
        """Music that goes round without a seam."""
        if isinstance(music, Mood):
            await self._threads.run(_write_loop, music, into)
            return
        kind = await self._threads.run(kind_of, music)
        wanted = f"{sample_count / SAMPLE_RATE + 1:.3f}"
        arguments = ["-y", "-v", "error", "-vn", *guarded_input(music, kind), "-map", "0:a:0", "-t", wanted]
        await self.run([*arguments, *RAW, file_address(into)])
        await self._threads.run(_make_loop, into, sample_count)

    async def measured(self, raw: Path) -> Level:
        """How loud raw sound is."""
        return read_level(await self.run(meter_arguments(raw)))

    async def measured_file(self, path: Path) -> Level:
        """How loud a finished file is, with its true peaks."""
        meter = ("-map", "0:a:0", "-af", METER, *DISCARD)
        return read_level(await self.run([*guarded_input(path, Kind.MP4), *meter]))

    async def run(self, arguments: Sequence[str]) -> str:
        """What ffmpeg said; it must have succeeded."""
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed
        return done.stderr_tail


def _write_loop(mood: Mood, into: Path) -> None:
    """Loads the synthesis only where music is made, because a process that serves pages needs none of it."""
    import_module("app.media.moods").write_loop(mood, into)


def _make_loop(raw: Path, sample_count: int) -> None:
    import_module("app.media.music").make_loop(raw, sample_count)
