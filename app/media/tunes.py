"""A tune of one mood as a file: the built-in music, as long and as fast as it is wished for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.soundgraph import RAW
from app.media.timeline import Mood
from app.media.tools import Tools, file_address

TIMEOUT_SECONDS: Final = 120.0
FADE_SECONDS: Final = 2.0
SLOWEST, FASTEST = 0.5, 2.0


@dataclass(frozen=True)
class Tune:
    """What shall sound; `pace` is the speed against the mood's own, at the same pitch."""

    mood: Mood
    seconds: float
    pace: float = 1.0


class Tunes:
    """Writes tunes by synthesis and ffmpeg."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def write(self, tune: Tune, temp_dir: Path) -> Path:
        """The tune as MP3 in a temporary folder, faded out at its end."""
        raw, target = temp_dir / "loop", temp_dir / "tune.mp3"
        await self._threads.run(_write_loop, tune.mood, raw)
        fade = min(FADE_SECONDS, tune.seconds / 4)
        graph = f"atempo={tune.pace:g},afade=t=out:st={tune.seconds - fade:g}:d={fade:g}"
        arguments = [
            *("-y", "-v", "error", "-stream_loop", "-1", *RAW, "-i", file_address(raw)),
            *("-filter:a", graph, "-t", f"{tune.seconds:g}", "-map_metadata", "-1", "-bitexact"),
            *("-c:a", "libmp3lame", "-b:a", "192k", "-ar", "44100", "-id3v2_version", "0", "-f", "mp3"),
            file_address(target),
        ]
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed
        return target


def _write_loop(mood: Mood, into: Path) -> None:
    """Loads the synthesis only where music is made, because a process that serves pages needs none of it."""
    from app.media.music import write_loop

    write_loop(mood, into)
