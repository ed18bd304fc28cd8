"""Measures our slideshows beside the usual ffmpeg chains on the same pictures in one run.

Run it with `python -m benchmarks.slideshow.run`; it ends with 1 when a promise is broken. Wall time is only fair on a
quiet machine, so the load is printed; CPU seconds divided by two cores bound the speed from above.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from app.core.threads import Threads
from app.media.slideshow.rendering import Slideshows
from app.media.slideshow.show import Effect, Slideshow, evenly
from app.media.tools import find_tools

SECONDS_EACH = 6
CORES = 2
PROMISES = {"basic_fade": 6.0, "ken_burns": 2.0}
ENCODER = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "2", "-pix_fmt", "yuv420p", "-an")


@dataclass(frozen=True)
class Cost:
    """What one slideshow cost; memory is that of the largest child."""

    cpu: float
    wall: float
    child_mb: float

    def line(self, name: str, seconds: float) -> str:
        """One row of the table."""
        speed = f"{seconds / self.wall:6.2f} x real time, at most {seconds * CORES / self.cpu:6.2f} x on {CORES} cores"
        return f"{name:30} {self.cpu:7.2f} CPU s {self.wall:7.2f} s wall {self.child_mb:5.0f} MB  {speed}"


def pictures(folder: Path, count: int) -> list[Path]:
    """Pictures of soft shapes with some grain, larger than the frames."""
    paths = []
    rows, columns = np.mgrid[0:1080, 0:1920] / 1080
    for number in range(count):
        chance = np.random.default_rng(number)
        waves = [np.sin(chance.uniform(1, 9) * rows + chance.uniform(1, 9) * columns + turn) for turn in range(3)]
        light = 128 + 80 * np.stack(waves, axis=2) + chance.normal(0, 3, (1080, 1920, 1))
        paths.append(folder / f"{number}.jpg")
        Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(paths[-1], quality=92)
    return paths


def ours(effect: Effect, size: tuple[int, int], rate: int, paths: list[Path], into: Path) -> None:
    """The slideshow as the service makes it."""
    show = Slideshow(evenly(paths, Fraction(SECONDS_EACH * len(paths)), effect), *size, rate)
    threads = Threads(2)
    asyncio.run(Slideshows(find_tools(), threads).render(show, into))
    threads.close()


def naive(effect: Effect, size: tuple[int, int], rate: int, paths: list[Path], into: Path) -> None:
    """The chain found in most tutorials: every frame scaled anew, zooms by zoompan on an enlarged picture."""
    width, height = size
    count = rate * SECONDS_EACH
    moved = "zoompan=z='1.04+0.16*on/{0}':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2':d={0}:s={1}x{2}:fps={3}"
    still = f"scale={width}:{height}:flags=lanczos,fade=t=in:d=0.5,fade=t=out:st={SECONDS_EACH - 0.5}:d=0.5"
    looped = effect is Effect.BASIC_FADE
    chain = still if looped else f"scale={4 * width}:{4 * height}," + moved.format(count, width, height, rate)
    inputs: list[str] = []
    for path in paths:
        inputs += [*(("-loop", "1", "-t", str(SECONDS_EACH), "-r", str(rate)) if looped else ()), "-i", str(path)]
    chains = [f"[{number}]{chain},setsar=1,format=yuv420p[v{number}]" for number in range(len(paths))]
    joined = "".join(f"[v{number}]" for number in range(len(paths)))
    graph = ";".join([*chains, f"{joined}concat=n={len(paths)}:v=1:a=0[v]"])
    command = [find_tools().ffmpeg, "-y", "-v", "error", *inputs, "-filter_complex", graph, "-map", "[v]"]
    subprocess.run([*command, *ENCODER, str(into)], check=True)


CONTENDERS = {"ours": ours, "naive": naive}


def measured(contender: str, effect: Effect, size: tuple[int, int], rate: int, folder: Path) -> Cost:
    """One run in a process of its own, so that its children are counted alone."""
    told = [contender, effect.value, str(size[0]), str(size[1]), str(rate), str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.slideshow.run", "--one", *told], check=True, capture_output=True, text=True
    )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def one(told: list[str]) -> None:
    """Runs one contender and prints what it cost."""
    contender, effect, width, height, rate, folder = told
    paths = sorted(Path(folder).glob("*.jpg"), key=lambda path: int(path.stem))
    began = time.monotonic()
    cpu = time.process_time()
    CONTENDERS[contender](Effect(effect), (int(width), int(height)), int(rate), paths, Path(folder) / "out.mp4")
    wall = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() - cpu + used.ru_utime + used.ru_stime
    print(json.dumps({"cpu": total, "wall": wall, "child_mb": used.ru_maxrss / 1024}))


def _kept(name: str, value: float, least: float) -> bool:
    print(f"  {'kept  ' if value >= least else 'BROKEN'} {name}: {value:.2f} x real time, promised at least {least:g}")
    return value >= least


def main() -> int:
    """Prints the table and the promises."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--promised", action="store_true", help="measure only what has a promise")
    parser.add_argument("--one", nargs=6)
    chosen = parser.parse_args()
    if chosen.one:
        one(chosen.one)
        return 0
    seconds = SECONDS_EACH * chosen.pictures
    print(
        f"{chosen.pictures} pictures, {seconds} s, load at the start {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"
    )
    races = [(Effect(name), (1280, 720), 24) for name in PROMISES]
    if not chosen.promised:
        races += [(Effect.SLIDE_LEFT, (1280, 720), 24), (Effect.KEN_BURNS, (1920, 1080), 30)]
    kept = []
    with tempfile.TemporaryDirectory() as folder:
        pictures(Path(folder), chosen.pictures)
        for effect, size, rate in races:
            costs = {
                name: min(
                    (measured(name, effect, size, rate, Path(folder)) for _ in range(chosen.rounds)),
                    key=lambda cost: cost.wall,
                )
                for name in CONTENDERS
            }
            for name, cost in costs.items():
                print(cost.line(f"{effect} {size[1]}p{rate} {name}", seconds))
            ratio = costs["naive"].cpu / costs["ours"].cpu
            print(f"  the usual chain takes {ratio:.2f} x our CPU seconds; load {os.getloadavg()[0]:.2f}")
            if size[1] == 720 and effect in PROMISES:
                kept.append(_kept(f"{effect} 720p24", seconds / costs["ours"].wall, PROMISES[effect]))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
