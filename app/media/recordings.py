"""Joins recordings to one, each for exactly so long, however many they are."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.sound_files import append, part_of, placed
from app.media.soundgraph import RAW, RAW_SAMPLE_BYTES, placing_arguments
from app.media.timeline import sample_bounds
from app.media.tools import Tools, file_address

__all__ = ["Splices"]

TIMEOUT_SECONDS = 300.0
AT_ONCE = 10


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
        for first in range(0, len(cast), AT_ONCE):
            batch = cast[first : first + AT_ONCE]
            await self._run(placing_arguments(batch, part_of(raw)))
            expected = sum(sound.sample_count for sound in batch) * RAW_SAMPLE_BYTES
            await self._threads.run(append, part_of(raw), raw, expected)
        plain = ["-c:a", "pcm_s16le", "-map_metadata", "-1", "-bitexact", "-f", "wav", file_address(into)]
        await self._run(["-y", "-v", "error", *RAW, "-i", file_address(raw), *plain])

    async def _run(self, arguments: Sequence[str]) -> None:
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed
