"""Where the first picture of a film lies that can be seen: not dark, and no longer fading in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.media.sniff import Kind
from app.media.tools import Tools, guarded_input

__all__ = ["LitFrames", "Luma", "lit_moment"]

TIMEOUT_SECONDS: Final = 60.0
# A picture of this mean luma, of 255, can be seen.
LIT_LUMA: Final = 40.0
# A picture that gains this much within the next half second is still fading in.
FADING_GAIN: Final = 1.1
FADE_SECONDS: Final = 0.5
# The beginning is looked at closely; the whole film only where the beginning is dark.
BEGINNING_SECONDS, BEGINNING_RATE, WHOLE_RATE = 8, 8, 1
SMALL_PX: Final = 64
MOMENT: Final = re.compile(r"pts_time:([\d.]+)")
MEAN: Final = re.compile(r"lavfi\.signalstats\.YAVG=([\d.]+)")


@dataclass(frozen=True)
class Luma:
    """How bright the picture at one moment is, 0 to 255."""

    at_seconds: float
    mean: float


def lit_moment(lumas: Sequence[Luma]) -> float | None:
    """When the first fully lit picture is shown; None when there is none."""
    for luma in lumas:
        following = [later.mean for later in lumas if 0 < later.at_seconds - luma.at_seconds <= FADE_SECONDS]
        if luma.mean > LIT_LUMA and max(following, default=0.0) <= FADING_GAIN * luma.mean:
            return luma.at_seconds
    return None


class LitFrames:
    """Measures films of this machine."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def first(self, film: Path) -> float:
        """When the first fully lit picture is shown; the brightest of the film where all are dark."""
        beginning = await self._measured(film, BEGINNING_RATE, "-t", str(BEGINNING_SECONDS))
        found = lit_moment(beginning)
        if found is not None:
            return found
        whole = await self._measured(film, WHOLE_RATE)
        found = lit_moment(whole)
        if found is not None:
            return found
        return max([*beginning, *whole], key=lambda luma: luma.mean, default=Luma(0.0, 0.0)).at_seconds

    async def _measured(self, film: Path, rate: int, *length: str) -> list[Luma]:
        """The brightness of so many pictures a second; none where the film cannot be decoded."""
        chain = (
            f"fps={rate},scale={SMALL_PX}:-2:flags=area,format=gray,signalstats,"
            "metadata=mode=print:key=lavfi.signalstats.YAVG:file=-"
        )
        arguments = [
            *("-v", "error", "-threads", "1", *length, *guarded_input(film, Kind.MP4), "-map", "0:v:0"),
            *("-vf", chain, "-f", "null", "-"),
        ]
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        text = done.stdout.decode(errors="replace") if done.succeeded else ""
        pairs = zip(MOMENT.findall(text), MEAN.findall(text), strict=False)
        return [Luma(float(moment), float(mean)) for moment, mean in pairs]
