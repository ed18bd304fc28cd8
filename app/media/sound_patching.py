"""After an edit: which stretches of a finished sound are made again, and their mixing; the rest is copied."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.joining import sound_track
from app.media.loudness import is_good
from app.media.mp4_reading import SOUND, Samples, samples_from
from app.media.mp4_writing import Credits, Sample, write_film
from app.media.sound_files import Buses, SoundFacts, SoundInputs, earlier_sounds
from app.media.soundgraph import ENCODER, Bus, Mix, mix_arguments
from app.media.timeline import SAMPLE_RATE, Timeline
from app.media.tools import file_address
from app.media.transitions import sound_halves

PACKET_SAMPLES = 1024
# A limiter and ducked music remember what they heard for about this long.
SETTLING_SAMPLES = 3 * SAMPLE_RATE
# The limiter hears an edit before it comes, and an encoder looks one packet ahead.
FOREKNOWN_SAMPLES = 2 * PACKET_SAMPLES
MOST_TRIED_PACKETS = 48
# When more of a film than this is made again, all of it is.
MOST_SHARE = 0.6
CHANNEL_PAIR = 1


@dataclass(frozen=True)
class PatchWindow:
    """A stretch that is made again, in samples: what changed, and with it what is only made to settle.

    `first` lies on the border of a packet of the whole film.
    """

    first: int
    changed_from: int
    changed_to: int
    end: int

    @property
    def sample_count(self) -> int:
        """How much sound is made again."""
        return self.end - self.first

    @property
    def first_packet(self) -> int:
        """The packet of the whole that the first of the new ones stands for."""
        return self.first // PACKET_SAMPLES


@dataclass(frozen=True)
class Seam:
    """New packets from `begin` up to `end` take the place of the old; counted in packets of the whole."""

    begin: int
    end: int


def windows_of(changed: Sequence[int], bounds: Sequence[int]) -> list[PatchWindow]:
    """The stretches round changed segments; none when making the whole again is no dearer."""
    windows: list[PatchWindow] = []
    for number in changed:
        window = _window(bounds[number], bounds[number + 1], bounds[-1])
        if windows and window.first <= windows[-1].end:
            earlier = windows.pop()
            window = PatchWindow(earlier.first, earlier.changed_from, window.changed_to, window.end)
        windows.append(window)
    made_again = sum(window.sample_count for window in windows)
    return windows if made_again <= MOST_SHARE * bounds[-1] else []


def join_at(window: PatchWindow, old: Sequence[bytes], new: Sequence[bytes]) -> Seam | None:
    """Where the new packets replace the old, or None where their windows never agree.

    A packet is heard together with half of its neighbours, so that both sides of a seam must be cut alike.
    """
    shift = window.first_packet
    last = len(old) - 1

    def agree(packet: int) -> bool:
        """Whether an old packet may be followed by the new one after it, or the other way round."""
        here, there = range(packet, packet + 2), range(packet - shift, packet - shift + 2)
        if here.start < 0 or there.start < 0 or here.stop > len(old) or there.stop > len(new):
            return False
        shapes = [(_shape(old[one]), _shape(new[other])) for one, other in zip(here, there, strict=True)]
        return all(mine is not None and mine == other for mine, other in shapes)

    begin, end = 0, last + 1
    if window.changed_from > 0:
        latest = (window.changed_from - FOREKNOWN_SAMPLES) // PACKET_SAMPLES - 1
        found = next((at for at in range(latest, latest - MOST_TRIED_PACKETS, -1) if agree(at)), None)
        if found is None:
            return None
        begin = found + 1
    if shift + len(new) <= last:
        # The last packets of a stretch know that nothing follows.
        latest = shift + len(new) - 4
        found = next((at for at in range(latest, latest - MOST_TRIED_PACKETS, -1) if agree(at)), None)
        if found is None:
            return None
        end = found + 1
    elif shift + len(new) != last + 1:
        return None
    return Seam(begin, end)


def _window(begin: int, end: int, whole: int) -> PatchWindow:
    first = max(0, begin - SETTLING_SAMPLES)
    last = min(whole, end + SETTLING_SAMPLES)
    return PatchWindow(first - first % PACKET_SAMPLES, begin, end, last)


def _shape(packet: bytes) -> tuple[int, int] | None:
    """How the two channels of a packet are cut into windows; None when each is cut in its own way."""
    head = int.from_bytes(packet[:2], "big")
    if head >> 13 != CHANNEL_PAIR or not head >> 8 & 1:
        return None
    return head >> 5 & 3, head >> 4 & 1


PACKET_HEAD_BYTES = 2
# Our encoder writes the length of each descriptor in four bytes.
DECODER_DESCRIPTOR = b"\x05\x80\x80\x80"


@dataclass(frozen=True)
class _Patch:
    """New packets for a stretch of an earlier sound."""

    path: Path
    window: PatchWindow


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
        self, timeline: Timeline, facts: SoundFacts, earlier: Path, windows: Sequence[PatchWindow], into: Path
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

    async def _mixed(self, timeline: Timeline, facts: SoundFacts, window: PatchWindow, into: Path) -> Mix:
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
