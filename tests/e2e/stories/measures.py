"""What is measured of a film of a story: its words, its sound, its pictures."""

import asyncio
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from app.media.tools import find_tools
from app.providers.local.scenery.layout import drawn_keys
from app.providers.local.scenery.mentions import scene_of
from tests.e2e.conftest import Json, Person
from tests.e2e.stories.telling import Story

WORD = re.compile(r"[^\W_]+")
TIMES = re.compile(r"^\d+\n[\d:,]+ --> [\d:,]+\n", re.MULTILINE)
SILENCE = re.compile(r"silence_duration: ([\d.]+)")
LENGTH = re.compile(r"time=(\d+):(\d+):([\d.]+)")
LOUDNESS = re.compile(r"I:\s+(-?[\d.]+) LUFS")
QUIET_DB, SHORTEST_SILENCE_SECONDS = -45, 0.3
MOST_SILENCE, MOST_PEAK_LU, WANTED_LUFS = 0.10, 0.5, -14.0
# A take is laid at the beginning of its segment, to a hundredth of a second.
# A recording ends with a whole frame of its format, the rest of which is silence.
ROUNDING_SECONDS = 0.05
SHEET_COLUMNS, THUMB_PX, SECONDS_BETWEEN = 4, 480, 3


@dataclass(frozen=True)
class Measured:
    """One row of the table."""

    name: str
    language: str
    is_language_right: bool
    seconds: float
    words: float
    silence: float
    loudness: float
    subjects: int
    named: tuple[str, ...]
    drawn: tuple[str, ...]
    late_seconds: float

    def wrongs(self) -> list[str]:
        """What of this film is not as it must be, but for its subjects, which are counted over all films."""
        found = {
            f"language is {self.language}": not self.is_language_right,
            f"{self.words:.1%} of the words": self.words < 1,
            f"{self.silence:.1%} silence": self.silence > MOST_SILENCE,
            f"{self.loudness} LUFS": abs(self.loudness - WANTED_LUFS) > MOST_PEAK_LU,
            f"speech is {self.late_seconds:.2f} s too long": self.late_seconds > ROUNDING_SECONDS,
        }
        return [f"{self.name}: {wrong}" for wrong, is_wrong in found.items() if is_wrong]


async def measured(story: Story, person: Person, project: Json, folder: Path) -> Measured:
    """Everything that the table says of one film."""
    path = f"/projects/{project['id']}"
    film = await person.file(f"{path}/film", folder / f"{story.name}.mp4")
    captions = (await person.file(f"{path}/film?variant=captions.srt", folder / f"{story.name}.srt")).read_text()
    segments = await person.get(f"{path}/segments")
    heard = await _heard(film)
    seen = [scene_of(segment[name]) for segment in segments for name in ("video_prompt", "end_frame_prompt")]
    figures = {figure.key for scene in seen for figure in scene.figures}
    places = {str(value) for scene in seen for value in (scene.place, scene.hour, scene.weather) if value}
    drawn = {key for scene in seen for key in drawn_keys(scene)} | places
    seconds = _length(heard)
    return Measured(
        name=story.name,
        language=project["language"],
        is_language_right=project["language"] == story.language,
        seconds=seconds,
        words=share_told(story.text, TIMES.sub("", captions)),
        silence=sum(map(float, SILENCE.findall(heard))) / seconds,
        loudness=float(LOUDNESS.findall(heard)[-1]),
        subjects=len(story.subjects),
        named=tuple(key for key in story.subjects if key in figures | places),
        drawn=tuple(key for key in story.subjects if key in drawn),
        late_seconds=await _late_seconds(person, segments),
    )


def share_told(story: str, captions: str) -> float:
    """How many of a story's words the captions have, in order; more words than the story has count against them."""
    wanted, found = WORD.findall(story.casefold()), WORD.findall(captions.casefold())
    blocks = SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(len(wanted), len(found))


async def sheet(film: Path, seconds: float, into: Path) -> None:
    """A picture of the film every few seconds, on one sheet."""
    rows = math.ceil(seconds / SECONDS_BETWEEN / SHEET_COLUMNS)
    into.parent.mkdir(parents=True, exist_ok=True)
    chain = (
        f"fps=1/{SECONDS_BETWEEN}:start_time=0,scale={THUMB_PX}:-2,tile={SHEET_COLUMNS}x{rows}:padding=6:color=white"
    )
    await _ffmpeg("-y", "-i", str(film), "-vf", chain, "-frames:v", "1", "-q:v", "4", "-update", "1", str(into))


async def _late_seconds(person: Person, segments: Sequence[Json]) -> float:
    """By how much the longest narration sticks out of its segment."""
    late = [0.0]
    for segment in segments:
        if segment["narration_text"]:
            [take, *_] = (await person.get(f"/segments/{segment['id']}/narrations"))["narrations"]
            late.append(take["duration_seconds"] - segment["video_duration_sec"])
    return max(late)


async def _heard(film: Path) -> str:
    quiet = f"silencedetect=noise={QUIET_DB}dB:duration={SHORTEST_SILENCE_SECONDS}"
    return await _ffmpeg("-stats", "-i", str(film), "-vn", "-af", f"{quiet},ebur128=framelog=quiet", "-f", "null", "-")


def _length(heard: str) -> float:
    hours, minutes, seconds = LENGTH.findall(heard)[-1]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


async def _ffmpeg(*arguments: str) -> str:
    command = (find_tools().ffmpeg, "-hide_banner", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")
    return said.decode(errors="replace")
