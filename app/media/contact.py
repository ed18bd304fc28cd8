"""A film at a glance: a sheet with a picture of every segment, and the shape of its sound."""

from collections.abc import Sequence
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.sniff import HEAD_BYTES, Kind, sniff
from app.media.tools import Tools, file_address, guarded_input

__all__ = ["COLUMNS", "ContactSheets"]

TIMEOUT_SECONDS = 120.0
COLUMNS = 5
THUMB_PX, WAVE_SIZE, WAVE_COLOUR = 256, "1280x120", "0x3a6ea5"
# A picture counts as the first of its segment when it begins this near to it.
NEAR_SECONDS = 0.002


class ContactSheets:
    """Draws from finished films; only pictures that can be decoded alone are looked at, because they cost little."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def draw(self, film: Path, starts_seconds: Sequence[float], into: Path) -> None:
        """A JPEG of five pictures a row, in the order of the segments."""
        chosen = "+".join(f"lt(abs(t-{start:.6f})\\,{NEAR_SECONDS})" for start in starts_seconds)
        rows = -(-len(starts_seconds) // COLUMNS)
        chain = f"select='{chosen}',scale={THUMB_PX}:-2,tile={COLUMNS}x{rows}:padding=6:color=white"
        await self._run(
            *("-skip_frame", "nokey", *guarded_input(film, Kind.MP4), "-map", "0:v:0", "-vf", chain),
            *("-frames:v", "1", "-q:v", "4", "-update", "1", "-f", "image2", file_address(into)),
        )
        await self._threads.run(_check, into, Kind.JPEG)

    async def draw_wave(self, sound: Path, into: Path) -> None:
        """A PNG of the sound's loudness over time."""
        chain = f"showwavespic=s={WAVE_SIZE}:split_channels=0:colors={WAVE_COLOUR}"
        await self._run(
            *(*guarded_input(sound, Kind.MP4), "-filter_complex", f"[0:a:0]{chain}"),
            *("-frames:v", "1", "-update", "1", "-f", "image2", "-c:v", "png", file_address(into)),
        )
        await self._threads.run(_check, into, Kind.PNG)

    async def _run(self, *arguments: str) -> None:
        done = await self._tools.run(["-y", "-v", "error", *arguments], timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed


def _check(picture: Path, kind: Kind) -> None:
    if not picture.is_file():
        raise ToolFailed
    with picture.open("rb") as file:
        if sniff(file.read(HEAD_BYTES)) is not kind:
            raise ToolFailed
