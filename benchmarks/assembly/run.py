"""Measures our cut beside a plain copy by ffmpeg, a full encode and moviepy, on the same clips in one run.

Run it with `python -m benchmarks.assembly.run`; `--moviepy PYTHON` names an interpreter of an environment that has
moviepy. It ends with 1 when a promise is broken.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from app.media.tools import find_tools
from benchmarks.assembly.inputs import lay_out

FEW, MANY = 10, 100
PEAK_MB = 150
# An edited narration is one of ten, and the whole is measured again.
MOST_OF_AN_EDIT = 0.6


@dataclass(frozen=True)
class Cost:
    """What one film cost; memory is that of the largest tool and what our own process grew by."""

    cpu: float
    wall: float
    idle_mb: float
    own_mb: float
    child_mb: float

    @property
    def peak_mb(self) -> float:
        """The most memory at one time, at worst; a service's own size without any film is not counted."""
        return self.own_mb - self.idle_mb + self.child_mb

    def line(self, name: str) -> str:
        """One row of the table."""
        own_mb = self.own_mb - self.idle_mb
        cost = f"{self.cpu:8.2f} CPU s {self.wall:8.2f} s wall"
        return f"{name:34} {cost} {self.child_mb:6.0f} MB tool, {own_mb:4.0f} MB own"


class Race:
    """Runs contenders on one set of inputs."""

    def __init__(self, folder: Path, count: int, rounds: int) -> None:
        self._inputs = folder / f"inputs-{count}"
        self._work = folder / f"work-{count}"
        self._rounds = rounds
        lay_out(find_tools().ffmpeg, self._inputs, count)
        self._work.mkdir()

    def best(self, name: str, *, afresh: bool = False, rounds: int = 0) -> Cost:
        """The cheapest of several runs; `afresh` forgets the prepared sound before each."""
        costs = []
        for _ in range(rounds or self._rounds):
            if afresh:
                shutil.rmtree(self._work / "workshop", ignore_errors=True)
            command = ["-m", "benchmarks.assembly.contenders", name, str(self._inputs), str(self._work)]
            costs.append(_cost([sys.executable, *command]))
        # Other work on the machine stretches the wall of one run and the processor time of another.
        return replace(min(costs, key=lambda cost: cost.cpu), wall=min(cost.wall for cost in costs))

    def moviepy(self, interpreter: str) -> Cost:
        """moviepy, once."""
        script = Path(__file__).with_name("with_moviepy.py")
        return _cost([interpreter, str(script), str(self._inputs), str(self._work / "moviepy.mp4")])


def _cost(command: list[str]) -> Cost:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _promised(name: str, value: float, most: float) -> bool:
    print(f"  {'kept  ' if value <= most else 'BROKEN'} {name}: {value:.2f}, promised at most {most:g}")
    return value <= most


def _times(other: Cost, fresh: Cost, ready: Cost) -> str:
    return f"  that is {other.cpu / fresh.cpu:.0f} times our CPU with the sound, {other.cpu / ready.cpu:.0f} without"


def few(race: Race, wish: argparse.Namespace) -> tuple[bool, Cost]:
    """Ten segments: our cut against the floor, and against those who encode."""
    fresh = race.best("ours", afresh=True)
    print(fresh.line("ours, sound made with the film"))
    sound = race.best("prepare", afresh=True)
    print(sound.line("ours, the sound alone"))
    ready, floor = race.best("ours"), race.best("copy")
    print(ready.line("ours, sound prepared before"))
    print(floor.line("ffmpeg copy and mux: the floor"))
    edit = race.best("edited")
    print(edit.line("ours, one narration edited"))
    print(race.best("copy_and_encode_sound").line("ffmpeg copy, sound encoded"))
    kept = [
        _promised("CPU against the floor", ready.cpu / floor.cpu, 1.3),
        _promised("wall against the floor", ready.wall / floor.wall, 1.5),
        _promised("CPU seconds with the sound", fresh.cpu, 3.0),
        _promised("CPU after one edit against the whole", edit.cpu / fresh.cpu, MOST_OF_AN_EDIT),
        _promised("peak memory in MB", max(fresh.peak_mb, ready.peak_mb), PEAK_MB),
    ]
    if not wish.quick:
        encoded = race.best("encode_again", rounds=1)
        print(encoded.line("ffmpeg concat filter, veryfast"))
        print(_times(encoded, fresh, ready))
    if wish.moviepy:
        other = race.moviepy(wish.moviepy)
        print(other.line("moviepy, veryfast"))
        print(
            f"  that is {other.cpu / fresh.cpu:.0f} times our CPU with the sound, {other.cpu / ready.cpu:.0f} without"
        )
        kept.append(_promised("our CPU, sound prepared, against moviepy", ready.cpu / other.cpu, 1 / 25))
    return all(kept), fresh


def main() -> int:
    """Prints the costs; 1 when a promise is broken."""
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("--rounds", type=int, default=3)
    wish.add_argument("--moviepy", default="")
    wish.add_argument("--quick", action="store_true", help="leave out what encodes everything again")
    chosen = wish.parse_args()
    print(f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; best of {chosen.rounds}")
    with tempfile.TemporaryDirectory(prefix="avc-assembly-") as name:
        print(f"{FEW} segments of 6 s, 1080p24")
        fine, short = few(Race(Path(name), FEW, chosen.rounds), chosen)
        print(f"{MANY} segments of 6 s, 1080p24")
        race = Race(Path(name), MANY, chosen.rounds)
        long = race.best("ours", afresh=True)
        print(long.line("ours, sound made with the film"))
        ready = race.best("ours")
        print(ready.line("ours, sound prepared before"))
        floor = race.best("copy")
        print(floor.line("ffmpeg copy and mux: the floor"))
        fine &= _promised("CPU against the floor", ready.cpu / floor.cpu, 1.3)
        fine &= _promised("CPU against ten segments", long.cpu / short.cpu, 11)
        fine &= _promised("memory against ten segments", long.peak_mb / short.peak_mb, 1.15)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
