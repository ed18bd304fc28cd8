"""One way to make the film, run in a process of its own, which prints what that cost as JSON."""

import asyncio
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from app.core.threads import Threads
from app.media.film import FilmCutter
from app.media.timeline import PlacedNarration, Timeline, TimelineSegment
from app.media.tools import find_tools
from benchmarks.assembly.inputs import SECONDS, clips, narrations

Contender = Callable[[Path, Path], Awaitable[None]]


def timeline(folder: Path) -> Timeline:
    """The film as our cut takes it."""
    pairs = zip(clips(folder), narrations(folder), strict=True)
    return Timeline(tuple(TimelineSegment(clip, Fraction(SECONDS), PlacedNarration(said)) for clip, said in pairs))


async def ours(folder: Path, work: Path) -> None:
    """Our cut; whatever an earlier run of it left in the work folder is used again."""
    workshop = work / "workshop"
    workshop.mkdir(exist_ok=True)
    await FilmCutter(find_tools(), Threads(2)).render(timeline(folder), work / "ours.mp4", workshop)


async def prepare(folder: Path, work: Path) -> None:
    """The sound alone, as it is made while clips are still on their way."""
    workshop = work / "workshop"
    workshop.mkdir(exist_ok=True)
    await FilmCutter(find_tools(), Threads(2)).prepare_audio(timeline(folder), workshop)


async def edited(folder: Path, work: Path) -> None:
    """The film again after one narration was spoken anew; the sound of the film before lies in the workshop."""
    workshop = work / "edited"
    shutil.rmtree(workshop, ignore_errors=True)
    shutil.copytree(work / "workshop", workshop)
    told = timeline(folder)
    middle = len(told.segments) // 2
    segments = list(told.segments)
    segments[middle] = replace(segments[middle], narration=segments[middle + 1].narration)
    again = replace(told, segments=tuple(segments))
    await FilmCutter(find_tools(), Threads(2)).render(again, work / "edited.mp4", workshop)


async def copy(folder: Path, work: Path) -> None:
    """The floor: one ffmpeg that copies clips and a finished sound into one file."""
    listed = work / "list.txt"
    listed.write_text("".join(f"file '{clip}'\n" for clip in clips(folder)))
    inputs = ["-f", "concat", "-safe", "0", "-i", listed, "-i", prepared_sound(work)]
    ffmpeg(*inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", "-movflags", "+faststart", work / "copy.mp4")


async def copy_and_encode_sound(folder: Path, work: Path) -> None:
    """One ffmpeg that copies clips and encodes their narrations, without any measure of loudness."""
    listed = work / "list.txt"
    listed.write_text("".join(f"file '{clip}'\n" for clip in clips(folder)))
    said = narrations(folder)
    inputs = [part for path in said for part in ("-i", path)]
    graph = _sound_graph(len(said), first=1)
    ffmpeg("-f", "concat", "-safe", "0", "-i", listed, *inputs, "-filter_complex", graph, "-map", "0:v", "-map", "[m]",
           "-c:v", "copy", "-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", work / "sounded.mp4")  # fmt: skip


async def encode_again(folder: Path, work: Path) -> None:
    """The usual way of peers: the concat filter, every picture decoded and encoded anew."""
    paths, said = clips(folder), narrations(folder)
    inputs = [part for path in [*paths, *said] for part in ("-i", path)]
    pictures = "".join(f"[{number}:v]" for number in range(len(paths)))
    graph = f"{pictures}concat=n={len(paths)}:v=1:a=0[v];{_sound_graph(len(said), first=len(paths))}"
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", "-map", "[m]", "-c:v", "libx264", "-preset", "veryfast",
           "-crf", "20", "-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart", work / "encoded.mp4")  # fmt: skip


def prepared_sound(work: Path) -> Path:
    """The sound that an earlier run of ours has left."""
    return next(work.glob("workshop/sound-*.mp4"))


def _sound_graph(count: int, *, first: int) -> str:
    rule = f"aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo,apad=whole_len={48000 * SECONDS}"
    chains = [f"[{first + i}:a]{rule},atrim=end_sample={48000 * SECONDS}[a{i}]" for i in range(count)]
    return ";".join(chains) + ";" + "".join(f"[a{i}]" for i in range(count)) + f"concat=n={count}:v=0:a=1[m]"


def ffmpeg(*arguments: object) -> None:
    """Runs the ffmpeg that our cut uses as well."""
    subprocess.run([find_tools().ffmpeg, "-y", "-v", "error", *map(str, arguments)], check=True)


CONTENDERS: dict[str, Contender] = {
    "ours": ours,
    "prepare": prepare,
    "edited": edited,
    "copy": copy,
    "copy_and_encode_sound": copy_and_encode_sound,
    "encode_again": encode_again,
}


def spent_seconds() -> float:
    """Seconds of processor of this process and the children that have ended."""
    uses = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def main() -> None:
    """Runs the named contender; imports are not counted, because a service has made them before."""
    name, folder, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    find_tools()
    idle_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before, begun = spent_seconds(), time.perf_counter()
    asyncio.run(CONTENDERS[name](folder, work))
    wall = time.perf_counter() - begun
    own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    cost = {"cpu": spent_seconds() - before, "wall": wall, "idle_mb": idle_kb / 1024}
    print(json.dumps({**cost, "own_mb": own_kb / 1024, "child_mb": child_kb / 1024}))


if __name__ == "__main__":
    main()
