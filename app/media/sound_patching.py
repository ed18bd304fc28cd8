"""After an edit: only the stretches round changed segments are mixed and encoded again, the rest is copied."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.threads import Threads
from app.media.buses import Buses
from app.media.container import Credits, write_film
from app.media.errors import ToolFailed
from app.media.joining import sound_track
from app.media.loudness import is_good
from app.media.samples import SOUND, Samples, samples_from
from app.media.sound_facts import SoundFacts, SoundInputs
from app.media.sound_files import earlier_sounds
from app.media.soundgraph import ENCODER, Bus, Mix, mix_arguments
from app.media.splicing import Seam, Window, join_at, windows_of
from app.media.tables import Sample
from app.media.timeline import Timeline
from app.media.tools import file_address
from app.media.transitions import sound_halves

__all__ = ["SoundPatching"]

PACKET_HEAD_BYTES = 2
# Our encoder writes the length of each descriptor in four bytes.
DECODER_DESCRIPTOR = b"\x05\x80\x80\x80"


@dataclass(frozen=True)
class _Patch:
    """New packets for a stretch of an earlier sound."""

    path: Path
    window: Window


class SoundPatching:
    """Makes a sound from an earlier one that differs in single segments."""

    def __init__(self, buses: Buses, threads: Threads) -> None:
        self._buses = buses
        self._threads = threads

    async def patch(self, timeline: Timeline, inputs: SoundInputs, folder: Path, into: Path) -> SoundFacts | None:
        """Writes the sound, or gives None where it must be made as a whole.

        Every bus is lifted as far as before; when that makes the film too loud or too quiet, it is made as a whole.
        """
        for path, facts in await self._threads.run(earlier_sounds, folder):
            changed = inputs.changed(facts.inputs)
            windows = windows_of(changed, inputs.bounds) if changed and not facts.loudness.is_quiet else []
            if windows:
                return await self._patched(timeline, replace(facts, inputs=inputs), path, windows, into)
        return None

    async def _patched(
        self, timeline: Timeline, facts: SoundFacts, earlier: Path, windows: Sequence[Window], into: Path
    ) -> SoundFacts | None:
        patches = []
        music = into.with_name("music")
        if timeline.music is not None:
            await self._buses.lay_music(timeline.music, music, facts.inputs.bounds[-1])
        for number, window in enumerate(windows):
            piece = into.with_name(f"patch-{number}.mp4")
            mix = await self._mixed(timeline, facts, window, into)
            await self._buses.run(mix_arguments(mix, [*ENCODER, file_address(piece)], is_metered=False))
            patches.append(_Patch(piece, window))
        if not await self._threads.run(_spliced, earlier, patches, facts.inputs.bounds[-1], into):
            return None
        level = await self._buses.measured_file(into)
        if not is_good(level):
            return None
        heard = replace(facts.loudness, integrated_lufs=level.integrated_lufs, true_peak_dbtp=level.true_peak_dbtp)
        return replace(facts, loudness=heard)

    async def _mixed(self, timeline: Timeline, facts: SoundFacts, window: Window, into: Path) -> Mix:
        """The buses of a stretch; speech and clips are decoded only where they reach into it."""
        bounds, levels = facts.inputs.bounds, facts.levels
        first, last = bisect_right(bounds, window.first) - 1, bisect_left(bounds, window.end)
        parts, within = timeline.segments[first:last], bounds[first : last + 1]
        skipped = window.first - within[0]
        speech, clips = into.with_name("speech"), into.with_name("clips")
        await self._buses.place([one.narration.path if one.narration else None for one in parts], within, speech)
        laid: list[Bus] = []
        if timeline.keeps_clip_sound:
            halves = sound_halves(timeline.transition, timeline.transition_seconds, bounds)[first:last]
            await self._buses.place([one.clip for one in parts], within, clips, halves)
            laid.append(Bus(clips, 0.0, skipped))
        if timeline.music is not None:
            laid.append(Bus(into.with_name("music"), 0.0, window.first, is_music=True))
        under = [replace(bus, gain_db=gain_db) for bus, gain_db in zip(laid, levels.under_gains_db, strict=True)]
        return Mix(
            window.sample_count,
            Bus(speech, levels.speech_gain_db, skipped),
            levels.setting,
            tuple(under),
            is_ducked=levels.is_ducked,
            ends_after_samples=bounds[-1] - window.end,
        )


def _spliced(earlier: Path, patches: Sequence[_Patch], sample_count: int, into: Path) -> bool:
    """Writes old and new packets as one sound; not when they fit together nowhere."""
    old = _packets(earlier)
    heads = list(_heads(earlier, old))
    track = sound_track(earlier, old, sample_count, "und")
    samples = list(track.samples)
    for patch in patches:
        new = _packets(patch.path)
        seam = join_at(patch.window, heads, list(_heads(patch.path, new))) if _decoder(new) == _decoder(old) else None
        if seam is None:
            return False
        samples[seam.begin : seam.end] = _taken(patch, new, seam, sample_count)
    write_film([replace(track, samples=samples)], Credits(), into)
    return True


def _taken(patch: _Patch, new: Samples, seam: Seam, sample_count: int) -> list[Sample]:
    shift = patch.window.first_packet
    return list(sound_track(patch.path, new, sample_count, "und").samples)[seam.begin - shift : seam.end - shift]


def _packets(path: Path) -> Samples:
    with path.open("rb") as file:
        samples = samples_from(file, path.stat().st_size, SOUND)
    if samples is None:
        raise ToolFailed
    return samples


def _decoder(samples: Samples) -> bytes:
    """How a decoder must be set up; the bit rates that stand before it differ from file to file."""
    _, found, told = samples.entry.partition(DECODER_DESCRIPTOR)
    if not found:
        raise ToolFailed
    return told[: told[0] + 1]


def _heads(path: Path, samples: Samples) -> Iterator[bytes]:
    """The first bytes of every packet."""
    with path.open("rb") as file:
        for position in samples.positions:
            file.seek(position)
            yield file.read(PACKET_HEAD_BYTES)
