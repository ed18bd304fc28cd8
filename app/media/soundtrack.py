"""The sound of a film, made once: placed by samples, mixed, lifted to its loudness, limited, encoded and measured."""

import shutil
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.loudness import MOST_LIFT_DB, TARGET_LUFS, Level, Loudness, Setting, adjusted, is_good, lift, read_level
from app.media.sniff import Kind
from app.media.sound_files import Soundtrack, append, digest_of, found, keep, kind_of, part_of, placed
from app.media.soundgraph import (
    METER,
    RAW,
    RAW_SAMPLE_BYTES,
    Mix,
    edged,
    meter_arguments,
    mix_arguments,
    placing_arguments,
)
from app.media.timeline import SAMPLE_RATE, Mood, Timeline, sample_bounds
from app.media.tools import Tools, file_address, guarded_input
from app.media.transitions import sound_halves

__all__ = ["Soundtracks"]

TIMEOUT_SECONDS = 300.0
AT_ONCE = 10
MOST_ROUNDS = 6
MUSIC_BELOW_SPEECH_LU = 12.0
CLIPS_BELOW_SPEECH_LU = 8.0
ENCODER = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "192k", "-map_metadata", "-1", "-bitexact", "-f", "mp4")
DISCARD = ("-f", "null", "-")


class Soundtracks:
    """Makes the sound of films; what was made from the same inputs is found again."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def prepare(self, timeline: Timeline, folder: Path, durations: Sequence[Fraction] = ()) -> Soundtrack:
        """The sound for a timeline; durations are those of the clips, once they are known."""
        bounds = sample_bounds(durations or timeline.durations)
        digest = await self._threads.run(digest_of, timeline, bounds)
        path = folder / f"sound-{digest[:32]}.mp4"
        if (ready := await self._threads.run(found, path, digest, bounds[-1])) is not None:
            return ready
        # Another job may be making the same sound at this moment: each works in a folder of its own.
        work = Path(await self._threads.run(tempfile.mkdtemp, prefix="sound-", dir=folder))
        try:
            partial = work / "sound.part"
            loudness = await self._make(timeline, bounds, work, partial)
            await self._threads.run(keep, partial, path, loudness)
        finally:
            await self._threads.run(shutil.rmtree, work)
        return Soundtrack(path, digest, bounds[-1], loudness)

    async def _make(self, timeline: Timeline, bounds: Sequence[int], work: Path, into: Path) -> Loudness:
        speech, clips, music = (work / name for name in ("speech", "clips", "music"))
        narrations = [segment.narration.path if segment.narration else None for segment in timeline.segments]
        await self._place(narrations, bounds, speech)
        spoken = await self._measured(speech)
        below = 0.0 if spoken.is_silent else 1.0
        under: list[tuple[Path, float]] = []
        if timeline.keeps_clip_sound:
            halves = sound_halves(timeline.transition, timeline.transition_seconds, bounds)
            await self._place([segment.clip for segment in timeline.segments], bounds, clips, halves)
            level = await self._measured(clips)
            under.append((clips, lift(level, TARGET_LUFS - below * CLIPS_BELOW_SPEECH_LU)))
        if timeline.music is not None:
            await self._lay_music(timeline.music, music, bounds[-1])
            level = await self._measured(music)
            under.append((music, lift(level, TARGET_LUFS - below * MUSIC_BELOW_SPEECH_LU + timeline.music_gain_db)))
        mix = Mix(bounds[-1], speech, lift(spoken), Setting(0.0), tuple(under), is_ducked=bool(below))
        return await self._encode(mix, into)

    async def _place(
        self, paths: Sequence[Path | None], bounds: Sequence[int], into: Path, halves: Sequence[int] = ()
    ) -> None:
        """Decodes a few at a time, so that a long film needs no more memory than a short one."""
        counts = [end - begin for begin, end in pairwise(bounds)]
        sounds = [await self._threads.run(placed, path, count) for path, count in zip(paths, counts, strict=True)]
        sounds = edged(sounds, halves)
        await self._threads.run(into.write_bytes, b"")
        for first in range(0, len(sounds), AT_ONCE):
            batch = sounds[first : first + AT_ONCE]
            await self._run(placing_arguments(batch, part_of(into)))
            expected = sum(sound.sample_count for sound in batch) * RAW_SAMPLE_BYTES
            await self._threads.run(append, part_of(into), into, expected)

    async def _lay_music(self, music: Path | Mood, into: Path, sample_count: int) -> None:
        if isinstance(music, Mood):
            await self._threads.run(_write_loop, music, into)
            return
        kind = await self._threads.run(kind_of, music)
        wanted = f"{sample_count / SAMPLE_RATE + 1:.3f}"
        arguments = ["-y", "-v", "error", "-vn", *guarded_input(music, kind), "-map", "0:a:0", "-t", wanted]
        await self._run([*arguments, *RAW, file_address(into)])
        await self._threads.run(_make_loop, into, sample_count)

    async def _encode(self, mix: Mix, into: Path) -> Loudness:
        """Tries settings on the sound itself, which is cheap, and then believes only the encoded file."""
        setting = mix.setting
        for _ in range(MOST_ROUNDS):
            report = await self._run(mix_arguments(mix.at(setting), DISCARD, is_metered=True))
            better = adjusted(setting, read_level(report), most_gain_db=_room(mix))
            if better is None:
                break
            setting = better
        for _ in range(MOST_ROUNDS):
            await self._run(mix_arguments(mix.at(setting), [*ENCODER, file_address(into)], is_metered=False))
            level = read_level(await self._run([*guarded_input(into, Kind.MP4), *_meter()]))
            better = None if is_good(level) else adjusted(setting, level, most_gain_db=_room(mix))
            if better is None:
                return _loudness(mix, setting, level)
            setting = better
        raise ToolFailed

    async def _measured(self, raw: Path) -> Level:
        return read_level(await self._run(meter_arguments(raw)))

    async def _run(self, arguments: Sequence[str]) -> str:
        done = await self._tools.run(arguments, timeout_seconds=TIMEOUT_SECONDS)
        if not done.succeeded:
            raise ToolFailed
        return done.stderr_tail


def _meter() -> list[str]:
    return ["-map", "0:a:0", "-af", METER, *DISCARD]


def _lifted(mix: Mix) -> float:
    """How far the loudest bus is lifted before the buses meet."""
    return mix.speech_gain_db if mix.is_ducked or not mix.under else max(gain_db for _, gain_db in mix.under)


def _room(mix: Mix) -> float:
    return max(0.0, MOST_LIFT_DB - max(0.0, _lifted(mix)))


def _loudness(mix: Mix, setting: Setting, level: Level) -> Loudness:
    return Loudness(
        integrated_lufs=level.integrated_lufs,
        true_peak_dbtp=level.true_peak_dbtp,
        gain_db=round(_lifted(mix) + setting.gain_db, 2),
        is_quiet=not is_good(level),
        is_silent=level.is_silent,
    )


def _write_loop(mood: Mood, into: Path) -> None:
    """Loads the synthesis only where music is made, because a process that serves pages needs none of it."""
    import_module("app.media.moods").write_loop(mood, into)


def _make_loop(raw: Path, sample_count: int) -> None:
    import_module("app.media.music").make_loop(raw, sample_count)
