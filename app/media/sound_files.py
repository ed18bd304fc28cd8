"""Files that sound is made from and kept in, and what is written beside a finished sound; blocking, for a thread."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from app.core.threads import Threads
from app.media.errors import ToolFailed, UnreadableMedia, UnsupportedMedia
from app.media.loudness import Level, Loudness, LoudnessSetting, read_level
from app.media.mp4_reading import SOUND, samples_from
from app.media.sniff import HEAD_BYTES, FileKind, sniff
from app.media.soundgraph import (
    METER,
    RAW,
    RAW_SAMPLE_BYTES,
    Placed,
    edged,
    meter_arguments,
    placing_arguments,
)
from app.media.timeline import SAMPLE_RATE, Mood, Timeline
from app.media.tools import Tools, file_address, guarded_input
from app.media.transitions import sound_halves

# Another number makes all sound anew: it belongs to how sound is made.
RECIPE = 4


@dataclass(frozen=True)
class SoundInputs:
    """Everything that decides how a film sounds: `segments` one by one, `rest` for all of them."""

    bounds: tuple[int, ...]
    segments: tuple[str, ...]
    rest: str

    @property
    def digest(self) -> str:
        """One name for all of it."""
        return _digest(json.dumps([self.bounds, self.segments, self.rest]))

    def changed(self, earlier: "SoundInputs") -> list[int] | None:
        """The segments that sound different now; None when more than single segments changed."""
        if (self.bounds, self.rest) != (earlier.bounds, earlier.rest):
            return None
        pairs = zip(self.segments, earlier.segments, strict=True)
        return [number for number, (now, before) in enumerate(pairs) if now != before]


@dataclass(frozen=True)
class Levels:
    """How far each bus is lifted before they meet, and what is done with their sum."""

    speech_gain_db: float
    under_gains_db: tuple[float, ...]
    is_ducked: bool
    setting: LoudnessSetting


@dataclass(frozen=True)
class SoundFacts:
    """What is known of a finished sound."""

    inputs: SoundInputs
    levels: Levels
    loudness: Loudness

    def text(self) -> str:
        """The facts as they are written down."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """The facts as they were written down."""
        try:
            told = json.loads(path.read_text())
            inputs, levels = told["inputs"], told["levels"]
            return cls(
                SoundInputs(tuple(inputs["bounds"]), tuple(inputs["segments"]), inputs["rest"]),
                Levels(
                    levels["speech_gain_db"],
                    tuple(levels["under_gains_db"]),
                    levels["is_ducked"],
                    LoudnessSetting(**levels["setting"]),
                ),
                Loudness(**told["loudness"]),
            )
        except (OSError, ValueError, TypeError, KeyError) as fault:
            raise UnreadableMedia from fault


def inputs_of(timeline: Timeline, bounds: Sequence[int]) -> SoundInputs:
    """What a film's sound is made from; blocking, for a thread."""
    narrations = [_content(segment.narration.path) if segment.narration else "" for segment in timeline.segments]
    clips = [_content(segment.clip) if timeline.keeps_clip_sound else "" for segment in timeline.segments]
    music = _content(timeline.music) if isinstance(timeline.music, Path) else timeline.music
    halves = sound_halves(timeline.transition, timeline.transition_seconds, bounds) if timeline.keeps_clip_sound else ()
    rest = json.dumps([RECIPE, music, timeline.music_gain_db, timeline.clip_sound_gain_db, *halves])
    segments = tuple(_digest(f"{said} {shown}") for said, shown in zip(narrations, clips, strict=True))
    return SoundInputs(tuple(bounds), segments, rest)


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


PREFIX = "sound-"
MOST_EARLIER = 16
COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Soundtrack:
    """A finished sound file and how loud it is."""

    path: Path
    digest: str
    sample_count: int
    loudness: Loudness
    was_ready: bool = False


def found(path: Path, inputs: SoundInputs) -> Soundtrack | None:
    """What an earlier run left, if it left all of it."""
    try:
        facts = SoundFacts.read(path.with_suffix(".json"))
        with path.open("rb") as file:
            if facts.inputs != inputs or samples_from(file, path.stat().st_size, SOUND) is None:
                return None
    except (OSError, UnreadableMedia):
        return None
    return Soundtrack(path, inputs.digest, inputs.bounds[-1], facts.loudness, was_ready=True)


def earlier_sounds(folder: Path) -> list[tuple[Path, SoundFacts]]:
    """The last finished sounds of a folder, the newest first."""
    told = sorted(folder.glob(f"{PREFIX}*.json"), key=_written_ns, reverse=True)
    known = []
    for path in told[:MOST_EARLIER]:
        try:
            known.append((path.with_suffix(".mp4"), SoundFacts.read(path)))
        except UnreadableMedia:
            continue
    return known


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def keep(partial: Path, path: Path, facts: SoundFacts) -> None:
    """Gives finished sound its name; the facts come last, and prove that it is whole."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    told = partial.with_suffix(".json")
    told.write_text(facts.text())
    partial.replace(path)
    told.replace(path.with_suffix(".json"))


def remove(paths: Iterable[Path]) -> None:
    """Takes away what was only needed on the way."""
    for path in paths:
        path.unlink(missing_ok=True)


def name_of(inputs: SoundInputs) -> str:
    """What the sound made from these inputs is called."""
    return f"{PREFIX}{inputs.digest[:32]}.mp4"


def part_of(path: Path) -> Path:
    """Where a piece of a file is made before it is added to it."""
    return path.with_name(f"{path.name}.piece")


def append(piece: Path, into: Path, expected_bytes: int) -> None:
    """Adds a piece to a file; a piece of another length would shift everything after it."""
    if piece.stat().st_size != expected_bytes:
        raise ToolFailed
    with piece.open("rb") as source, into.open("ab") as target:
        while content := source.read(COPY_BYTES):
            target.write(content)


def placed(path: Path | None, sample_count: int) -> Placed:
    """A sound by its proven kind; a film without sound is silence."""
    if path is None:
        return Placed(sample_count)
    kind = kind_of(path)
    if kind is FileKind.MP4:
        with path.open("rb") as file:
            if samples_from(file, path.stat().st_size, SOUND) is None:
                return Placed(sample_count)
    return Placed(sample_count, path, kind)


def kind_of(path: Path) -> FileKind:
    """The kind of a sound, or of a film that has sound."""
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is None or kind.is_picture:
        raise UnsupportedMedia
    return kind


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
        return read_level(await self.run([*guarded_input(path, FileKind.MP4), *meter]))

    async def run(self, arguments: Sequence[str]) -> str:
        """What ffmpeg said; it must have succeeded."""
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed
        return done.stderr_tail


def _write_loop(mood: Mood, into: Path) -> None:
    """Loads the synthesis only where music is made, because a process that serves pages needs none of it."""
    from app.media.music import write_loop

    write_loop(mood, into)


def _make_loop(raw: Path, sample_count: int) -> None:
    from app.media.music import make_loop

    make_loop(raw, sample_count)
