"""What a delivered film really is: probed, its frames and its sound looked at."""

import asyncio
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.core.threads import Threads
from app.media.probe import Probes
from app.media.tools import find_tools

LIGHT = re.compile(r"lavfi\.signalstats\.YAVG=([\d.]+)")
LOUD = re.compile(r"mean_volume: (-?[\d.]+|-inf) dB")
FRAMES = "fps=2,scale=160:-2,signalstats,metadata=mode=print:file=-"


@dataclass(frozen=True)
class Look:
    """Length, size, mean light of two frames a second (0 to 255) and mean loudness (None: no sound track)."""

    seconds: float
    width_px: int
    height_px: int
    lights: tuple[float, ...]
    loudness_db: float | None

    def is_worth_seeing(self) -> bool:
        """Whether most frames show something and, where there is sound, something is heard."""
        lit = sum(light > 20 for light in self.lights)
        return lit > len(self.lights) / 2 and (self.loudness_db is None or self.loudness_db > -60)


async def look_at(path: Path) -> Look:
    """Decodes a whole film."""
    tools = find_tools()
    found = await Probes(tools, Threads(2)).probe(path)
    assert found.video is not None
    lights, loudness = await asyncio.to_thread(_decoded, tools.ffmpeg, path, has_sound=found.audio is not None)
    return Look(found.duration_seconds, found.video.width_px, found.video.height_px, lights, loudness)


def _decoded(ffmpeg: str, path: Path, *, has_sound: bool) -> tuple[tuple[float, ...], float | None]:
    heard = ["-map", "0:a:0", "-af", "volumedetect", "-f", "null", "-"] if has_sound else []
    shown = ["-map", "0:v:0", "-vf", FRAMES, "-f", "null", "-"]
    command = [ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-i", str(path), *shown, *heard]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    loudness = LOUD.search(done.stderr)
    assert (loudness is not None) == has_sound, done.stderr
    return tuple(float(found) for found in LIGHT.findall(done.stdout)), float(loudness[1]) if loudness else None
