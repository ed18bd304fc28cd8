"""Pure: the boxes of an MP4 file as bytes, built from lists of samples."""

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, overload

from typing_extensions import override

__all__ = ["Chunk", "OutTrack", "Sample", "SampleList", "box", "full_box", "identity", "sample_tables"]


class Sample(NamedTuple):
    """One frame, packet or text, and where its bytes are now: in a file, or here."""

    source: Path | bytes
    position: int
    size_bytes: int
    duration: int
    composition: int = 0
    is_keyframe: bool = True


class SampleList(Sequence[Sample]):
    """Samples in columns of plain numbers: a long film has hundreds of thousands, and objects would be ten times it."""

    def __init__(self) -> None:
        self._sources: list[Path | bytes] = []
        self._source_of = array("I")
        self._numbers = tuple(array("q") for _ in range(4))
        self._keyframes = bytearray()

    def add(self, sample: Sample) -> None:
        """Puts a sample at the end."""
        if not self._sources or self._sources[-1] != sample.source:
            self._sources.append(sample.source)
        self._source_of.append(len(self._sources) - 1)
        for column, number in zip(self._numbers, sample[1:5], strict=True):
            column.append(number)
        self._keyframes.append(sample.is_keyframe)

    @override
    def __len__(self) -> int:
        return len(self._keyframes)

    @overload
    def __getitem__(self, at: int) -> Sample: ...
    @overload
    def __getitem__(self, at: slice) -> list[Sample]: ...
    @override
    def __getitem__(self, at: int | slice) -> Sample | list[Sample]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        position, size, duration, composition = (column[at] for column in self._numbers)
        source = self._sources[self._source_of[at]]
        return Sample(source, position, size, duration, composition, bool(self._keyframes[at]))


@dataclass(frozen=True)
class OutTrack:
    """One track of a file to be written."""

    handler: bytes
    entry: bytes
    timescale: int
    samples: Sequence[Sample]
    shape: bytes
    language: str = "und"
    media_start: int = 0
    shown_ticks: int | None = None
    groups: bytes = b""
    is_enabled: bool = True
    alternate_group: int = 0
    chapters_in: int | None = None

    @property
    def ticks(self) -> int:
        """How long it lasts, in units of its timescale."""
        return sum(sample.duration for sample in self.samples)

    @property
    def shown_seconds(self) -> float:
        """How long it is seen or heard."""
        return (self.ticks if self.shown_ticks is None else self.shown_ticks) / self.timescale


class Chunk(NamedTuple):
    """Samples of one track that lie together in the file."""

    track: int
    start_seconds: float
    first: int
    length: int
    size_bytes: int


def box(name: bytes, *parts: bytes | bytearray) -> bytes:
    """A box with its length."""
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, name) + content


def identity() -> bytes:
    """The matrix that leaves a picture as it is."""
    return struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def full_box(name: bytes, version_and_flags: int, *parts: bytes | bytearray) -> bytes:
    """A box with a version and flags."""
    return box(name, struct.pack(">I", version_and_flags), *parts)


def sample_tables(track: OutTrack, chunks: Sequence[Chunk], offsets: Sequence[int], *, is_long: bool) -> bytes:
    """The box that tells when and where each sample of a track is."""
    samples = track.samples
    parts = [full_box(b"stsd", 0, struct.pack(">I", 1), track.entry)]
    parts.append(_counted(b"stts", 0, ">II", _runs(sample.duration for sample in samples)))
    if any(sample.composition for sample in samples):
        version = 1 << 24 if min(sample.composition for sample in samples) < 0 else 0
        parts.append(_counted(b"ctts", version, ">Ii", _runs(sample.composition for sample in samples)))
    if not all(sample.is_keyframe for sample in samples):
        numbered = enumerate(samples, 1)
        parts.append(_counted(b"stss", 0, ">I", ((number,) for number, sample in numbered if sample.is_keyframe)))
    parts.append(_counted(b"stsc", 0, ">III", _chunk_runs(chunks)))
    sizes = bytearray()
    for sample in samples:
        sizes += struct.pack(">I", sample.size_bytes)
    parts.append(full_box(b"stsz", 0, struct.pack(">II", 0, len(samples)), sizes))
    name, form = (b"co64", ">Q") if is_long else (b"stco", ">I")
    parts.append(_counted(name, 0, form, [(offset,) for offset in offsets]))
    return box(b"stbl", *parts, track.groups)


def _counted(name: bytes, version_and_flags: int, form: str, rows: Iterable[tuple[int, ...]]) -> bytes:
    packed = bytearray()
    for row in rows:
        packed += struct.pack(form, *row)
    count = len(packed) // struct.calcsize(form)
    return full_box(name, version_and_flags, struct.pack(">I", count), packed)


def _runs(values: Iterable[int]) -> Iterator[tuple[int, ...]]:
    return ((sum(1 for _ in group), value) for value, group in groupby(values))


def _chunk_runs(chunks: Sequence[Chunk]) -> list[tuple[int, ...]]:
    rows: list[tuple[int, ...]] = []
    for number, chunk in enumerate(chunks, 1):
        if not rows or rows[-1][1] != chunk.length:
            rows.append((number, chunk.length, 1))
    return rows
