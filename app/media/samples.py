"""Pure: where every frame or packet of a track lies in its file and when it is decoded and shown."""

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import BinaryIO

from app.media.boxes import MOST_EDITS, inner, moov_of, table, unpack
from app.media.errors import UnreadableMedia

__all__ = ["SOUND", "VIDEO", "Samples", "samples_from"]

VIDEO, SOUND = b"vide", b"soun"
SHAPE_BYTES = 44
# Half a day at 60 frames a second; a longer table is an attack.
MOST_SAMPLES = 3_000_000

Boxes = Mapping[bytes, memoryview]


@dataclass(frozen=True)
class Samples:
    """One track of one file; the lists have one member per sample, in the order of decoding."""

    entry: bytes
    shape: bytes
    timescale: int
    durations: Sequence[int]
    compositions: Sequence[int]
    sizes: Sequence[int]
    positions: Sequence[int]
    keyframes: frozenset[int] | None
    groups: bytes
    media_start: int
    shown_seconds: Fraction | None

    @property
    def ticks(self) -> int:
        """How long all samples last, in units of the timescale."""
        return sum(self.durations)

    @property
    def first_shown(self) -> int:
        """The earliest moment of showing, counted from the first decoding."""
        moment, earliest = 0, self.compositions[0]
        for duration, composition in zip(self.durations, self.compositions, strict=True):
            earliest = min(earliest, moment + composition)
            moment += duration
        return earliest

    @property
    def starts_with_keyframe(self) -> bool:
        """Whether the first sample can be decoded alone."""
        return self.keyframes is None or 0 in self.keyframes

    @property
    def is_shown_whole(self) -> bool:
        """Whether no edit hides a sample or shifts the beginning."""
        if self.shown_seconds is None:
            return True
        hidden = Fraction(self.ticks, self.timescale) - self.shown_seconds
        return self.media_start == self.first_shown and hidden * self.timescale < max(self.durations)


def samples_from(file: BinaryIO, size_bytes: int, handler: bytes) -> Samples | None:
    """The first track of a sort, or None when there is none."""
    moov, _ = moov_of(file, size_bytes)
    boxes = list(inner(moov))
    header = dict(boxes).get(b"mvhd")
    if header is None:
        raise UnreadableMedia
    movie_timescale = _timescale(header)
    for name, content in boxes:
        if name == b"trak":
            track = dict(inner(content))
            media = dict(inner(_wanted(track, b"mdia")))
            if bytes(_wanted(media, b"hdlr")[8:12]) == handler:
                return _samples(track, media, movie_timescale, size_bytes)
    return None


def _samples(track: Boxes, media: Boxes, movie_timescale: int, size_bytes: int) -> Samples:
    tables = dict(inner(_wanted(dict(inner(_wanted(media, b"minf"))), b"stbl")))
    sizes = _sizes(_wanted(tables, b"stsz"), size_bytes)
    count = len(sizes)
    media_start, shown = _edit(track)
    found = Samples(
        entry=_entry(_wanted(tables, b"stsd")),
        shape=bytes(_wanted(track, b"tkhd")[-SHAPE_BYTES:]),
        timescale=_timescale(_wanted(media, b"mdhd")),
        durations=_runs(_wanted(tables, b"stts"), ">II", count),
        compositions=_compositions(tables, count),
        sizes=sizes,
        positions=_positions(tables, sizes, size_bytes),
        keyframes=_keyframes(tables, count),
        groups=b"".join(_whole(name, tables[name]) for name in (b"sgpd", b"sbgp") if name in tables),
        media_start=media_start,
        shown_seconds=None if shown is None else Fraction(shown, movie_timescale),
    )
    if not count or not found.ticks:
        raise UnreadableMedia
    return found


def _wanted(boxes: Boxes, name: bytes) -> memoryview:
    if name not in boxes:
        raise UnreadableMedia
    return boxes[name]


def _timescale(header: memoryview) -> int:
    (timescale,) = unpack(">I", header, 20 if unpack(">B", header)[0] else 12)
    if timescale == 0:
        raise UnreadableMedia
    return timescale


def _edit(track: Boxes) -> tuple[int, int | None]:
    lists = dict(inner(track[b"edts"])) if b"edts" in track else {}
    if b"elst" not in lists:
        return 0, None
    form = ">QqI" if unpack(">B", lists[b"elst"])[0] else ">IiI"
    rows = list(table(lists[b"elst"], form, MOST_EDITS))
    # A single plain edit is a trim; anything else hides or delays something, which a length of nothing tells.
    return (rows[0][1], rows[0][0]) if len(rows) == 1 and rows[0][1] >= 0 else (-1, 0)


def _entry(descriptions: memoryview) -> bytes:
    name, content = next(inner(descriptions, 8), (b"", memoryview(b"")))
    return _whole(name, content)


def _whole(name: bytes, content: memoryview) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + name + bytes(content)


def _sizes(content: memoryview, size_bytes: int) -> Sequence[int]:
    same, count = unpack(">II", content, 4)
    if count > MOST_SAMPLES or same * count > size_bytes:
        raise UnreadableMedia
    if same:
        return array("q", [same]) * count
    if len(content) < 12 + 4 * count:
        raise UnreadableMedia
    return array("q", (row[0] for row in struct.iter_unpack(">I", content[12 : 12 + 4 * count])))


def _runs(content: memoryview, form: str, count: int) -> Sequence[int]:
    values = array("q")
    for length, value in table(content, form, count):
        if len(values) + length > count:
            raise UnreadableMedia
        values += array("q", [value]) * length
    if len(values) != count:
        raise UnreadableMedia
    return values


def _keyframes(tables: Boxes, count: int) -> frozenset[int] | None:
    return frozenset(row[0] - 1 for row in table(tables[b"stss"], ">I", count)) if b"stss" in tables else None


def _compositions(tables: Boxes, count: int) -> Sequence[int]:
    return _runs(tables[b"ctts"], ">Ii", count) if b"ctts" in tables else array("q", [0]) * count


def _positions(tables: Boxes, sizes: Sequence[int], size_bytes: int) -> Sequence[int]:
    positions = array("q")
    left = iter(sizes)
    for begin, length in _chunks(tables, len(sizes)):
        at = begin
        for size in islice(left, length):
            positions.append(at)
            at += size
        if at > size_bytes:
            raise UnreadableMedia
    if len(positions) != len(sizes):
        raise UnreadableMedia
    return positions


def _chunks(tables: Boxes, count: int) -> Iterator[tuple[int, int]]:
    """Where each chunk begins and how many samples it has; a chunk without a sample, or told twice, is no chunk."""
    name, form = (b"co64", ">Q") if b"co64" in tables else (b"stco", ">I")
    begins = array("Q", (row[0] for row in table(_wanted(tables, name), form, count)))
    rows = [(first, length) for first, length, _ in table(_wanted(tables, b"stsc"), ">III", count)]
    ends = [first for first, _ in rows[1:]] + [len(begins) + 1]
    for (first, length), end in zip(rows, ends, strict=True):
        if not 1 <= first < end or not length:
            raise UnreadableMedia
        for begin in begins[first - 1 : end - 1]:
            yield begin, length
