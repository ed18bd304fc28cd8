"""The sound of a film, made once: placed by samples, mixed, lifted to its loudness, limited, encoded and measured."""

import shutil
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.loudness import (
    MOST_LIFT_DB,
    TARGET_LUFS,
    Level,
    Loudness,
    LoudnessSetting,
    adjusted,
    is_good,
    lift,
    read_level,
)
from app.media.sound_files import (
    DISCARD,
    Buses,
    Levels,
    SoundFacts,
    SoundInputs,
    Soundtrack,
    found,
    inputs_of,
    keep,
    name_of,
)
from app.media.sound_patching import SoundPatching
from app.media.soundgraph import (
    ENCODER,
    PAUSE_BELOW_SPEECH_LU,
    Bus,
    Mix,
    mix_arguments,
)
from app.media.timeline import Timeline, sample_bounds
from app.media.tools import Tools, file_address
from app.media.transitions import sound_halves

MOST_ROUNDS = 6
MUSIC_BELOW_SPEECH_LU = PAUSE_BELOW_SPEECH_LU
CLIPS_BELOW_SPEECH_LU = 8.0


class Soundtracks:
    """Makes the sound of films; what was made from the same inputs is found again."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._threads = threads
        self._buses = Buses(tools, threads)
        self._patching = SoundPatching(self._buses, threads)

    async def prepare(self, timeline: Timeline, folder: Path, durations: Sequence[Fraction] = ()) -> Soundtrack:
        """The sound for a timeline; durations are those of the clips, once they are known.

        After an edit of single segments, only their stretches of the earlier sound are made again.
        """
        bounds = sample_bounds(durations or timeline.durations)
        inputs = await self._threads.run(inputs_of, timeline, bounds)
        path = folder / name_of(inputs)
        if (ready := await self._threads.run(found, path, inputs)) is not None:
            return ready
        # Another job may be making the same sound at this moment: each works in a folder of its own.
        work = Path(await self._threads.run(tempfile.mkdtemp, prefix="sound-", dir=folder))
        try:
            partial = work / "sound.part"
            facts = await self._patching.patch(timeline, inputs, folder, partial)
            if facts is None:
                facts = await self._make(timeline, inputs, partial)
            await self._threads.run(keep, partial, path, facts)
        finally:
            await self._threads.run(shutil.rmtree, work)
        return Soundtrack(path, inputs.digest, bounds[-1], facts.loudness)

    async def _make(self, timeline: Timeline, inputs: SoundInputs, into: Path) -> SoundFacts:
        speech, bounds = into.with_name("speech"), inputs.bounds
        narrations = [segment.narration.path if segment.narration else None for segment in timeline.segments]
        await self._buses.place(narrations, bounds, speech)
        spoken = await self._buses.measured(speech)
        below = 0.0 if spoken.is_silent else 1.0
        under = await self._under(timeline, bounds, into, below)
        mix = Mix(bounds[-1], Bus(speech, lift(spoken)), LoudnessSetting(0.0), tuple(under), is_ducked=bool(below))
        setting, loudness = await self._encode(mix, into)
        gains = tuple(bus.gain_db for bus in under)
        return SoundFacts(inputs, Levels(mix.speech.gain_db, gains, mix.is_ducked, setting), loudness)

    async def _under(self, timeline: Timeline, bounds: Sequence[int], into: Path, below: float) -> list[Bus]:
        """What is heard under the speech: the clips' own sound, then music."""
        clips, music = into.with_name("clips"), into.with_name("music")
        under: list[Bus] = []
        if timeline.keeps_clip_sound:
            halves = sound_halves(timeline.transition, timeline.transition_seconds, bounds)
            await self._buses.place([segment.clip for segment in timeline.segments], bounds, clips, halves)
            level = await self._buses.measured(clips)
            aim = TARGET_LUFS - below * CLIPS_BELOW_SPEECH_LU + timeline.clip_sound_gain_db
            under.append(Bus(clips, lift(level, aim)))
        if timeline.music is not None:
            await self._buses.lay_music(timeline.music, music, bounds[-1])
            level = await self._buses.measured(music)
            aim = TARGET_LUFS - below * MUSIC_BELOW_SPEECH_LU + timeline.music_gain_db
            under.append(Bus(music, lift(level, aim), is_music=True))
        return under

    async def _encode(self, mix: Mix, into: Path) -> tuple[LoudnessSetting, Loudness]:
        """Tries settings on the sound itself, which is cheap, and then believes only the encoded file."""
        setting = mix.setting
        for _ in range(MOST_ROUNDS):
            report = await self._buses.run(mix_arguments(mix.at(setting), DISCARD, is_metered=True))
            better = adjusted(setting, read_level(report), most_gain_db=_room(mix))
            if better is None:
                break
            setting = better
        for _ in range(MOST_ROUNDS):
            await self._buses.run(mix_arguments(mix.at(setting), [*ENCODER, file_address(into)], is_metered=False))
            level = await self._buses.measured_file(into)
            better = None if is_good(level) else adjusted(setting, level, most_gain_db=_room(mix))
            if better is None:
                return setting, _loudness(mix, setting, level)
            setting = better
        raise ToolFailed


def _lifted(mix: Mix) -> float:
    """How far the loudest bus is lifted before the buses meet."""
    return mix.speech.gain_db if mix.is_ducked or not mix.under else max(bus.gain_db for bus in mix.under)


def _room(mix: Mix) -> float:
    return max(0.0, MOST_LIFT_DB - max(0.0, _lifted(mix)))


def _loudness(mix: Mix, setting: LoudnessSetting, level: Level) -> Loudness:
    return Loudness(
        integrated_lufs=level.integrated_lufs,
        true_peak_dbtp=level.true_peak_dbtp,
        gain_db=round(_lifted(mix) + setting.gain_db, 2),
        is_quiet=not is_good(level),
        is_silent=level.is_silent,
    )
