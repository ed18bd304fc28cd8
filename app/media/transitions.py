"""Pure: which frames round a cut are encoded again for a transition, and which stay bit by bit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from app.media.joining import JoinedClip
from app.media.mp4_reading import Samples
from app.media.timeline import SAMPLE_RATE, Transition


@dataclass(frozen=True)
class Stretch:
    """Some frames of one clip, counted as they are decoded; where it begins and ends that is also how they show."""

    clip: int
    first: int
    end: int

    @property
    def frame_count(self) -> int:
        """How many frames it has."""
        return self.end - self.first


@dataclass(frozen=True)
class Bridge:
    """Neighbouring stretches that are encoded as one; `halves` are the frames on one side of each cut inside."""

    parts: tuple[Stretch, ...]
    halves: tuple[int, ...]

    @property
    def frame_count(self) -> int:
        """How many frames are encoded."""
        return sum(part.frame_count for part in self.parts)


def halves_of(
    transition: Transition, seconds: Fraction, rate: Fraction, frame_counts: Sequence[int]
) -> tuple[int, ...]:
    """Half of each transition in frames; two transitions of one short clip never meet."""
    wanted = 0 if transition is Transition.CUT else round(seconds * rate / 2)
    return tuple(min(wanted, before // 2, after // 2) for before, after in pairwise(frame_counts))


def sound_halves(transition: Transition, seconds: Fraction, bounds: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """For each segment its half of the transition before it and of the one after it, in samples.

    The bounds are the first sample of each segment and the end of the last.
    """
    counts = [end - begin for begin, end in pairwise(bounds)]
    halves = halves_of(transition, seconds, Fraction(SAMPLE_RATE), counts)
    return tuple(zip((0, *halves), (*halves, 0), strict=True))


def plan_bridges(tables: Sequence[Samples], halves: Sequence[int]) -> list[Stretch | Bridge]:
    """The film as stretches that are copied and bridges that are encoded, in their order."""
    planned: list[Stretch | Bridge] = []
    parts: list[Stretch] = []
    inside: list[int] = []
    for clip, samples in enumerate(tables):
        count = len(samples.sizes)
        before = halves[clip - 1] if clip else 0
        after = halves[clip] if clip < len(halves) else 0
        head, tail = _copied(samples, before, after)
        if head >= tail:
            head, tail = count, count
        if head:
            parts.append(Stretch(clip, 0, head))
        if head < tail:
            _close(planned, parts, inside)
            planned.append(Stretch(clip, head, tail))
        if tail < count:
            parts.append(Stretch(clip, tail, count))
        if after:
            inside.append(after)
        else:
            _close(planned, parts, inside)
    return planned


def stretch_of(piece: JoinedClip, first: int, end: int) -> JoinedClip:
    """The frames of a piece from one that can be decoded alone up to one where nothing is missing."""
    samples = piece.samples
    keyframes = samples.keyframes
    kept = replace(
        samples,
        durations=samples.durations[first:end],
        compositions=samples.compositions[first:end],
        sizes=samples.sizes[first:end],
        positions=samples.positions[first:end],
        keyframes=None if keyframes is None else frozenset(key - first for key in keyframes if first <= key < end),
    )
    return replace(piece, samples=kept)


def source_of(samples: Samples, stretch: Stretch) -> Stretch:
    """The stretch with all that is needed to decode it: from the last frame before it that can be decoded alone."""
    first = max(number for number in _starts(samples) if number <= stretch.first)
    return replace(stretch, first=first)


def _close(planned: list[Stretch | Bridge], parts: list[Stretch], inside: list[int]) -> None:
    if parts:
        planned.append(Bridge(tuple(parts), tuple(inside)))
    parts.clear()
    inside.clear()


def _copied(samples: Samples, before: int, after: int) -> tuple[int, int]:
    """From which frame to which a clip stays as it is."""
    count = len(samples.sizes)
    head = next((number for number in _starts(samples) if number >= before), count) if before else 0
    tail = max(number for number in _ends(_ranks(samples)) if number <= count - after)
    return head, tail


def _ranks(samples: Samples) -> list[int]:
    """For each frame in the order of decoding, which one it is in the order of showing."""
    begins = accumulate(samples.durations, initial=0)
    shown = [begin + composition for begin, composition in zip(begins, samples.compositions, strict=False)]
    ranks = {moment: rank for rank, moment in enumerate(sorted(shown))}
    return [ranks[moment] for moment in shown]


def _ends(ranks: Sequence[int]) -> list[int]:
    """How many frames can be taken from the beginning so that none is missing between those shown."""
    latest = accumulate(ranks, max, initial=-1)
    return [number for number, rank in enumerate(latest) if rank == number - 1]


def _starts(samples: Samples) -> list[int]:
    """The frames that can be decoded alone and are shown before all that follow them."""
    ranks = _ranks(samples)
    keys = samples.keyframes
    ends = _ends(ranks)
    return [number for number in ends[:-1] if ranks[number] == number and (keys is None or number in keys)]
