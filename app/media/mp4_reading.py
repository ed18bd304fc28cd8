"""Reads MP4 files, every size doubted: boxes, samples and tracks as frozen values."""

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import BinaryIO

from app.media.errors import UnreadableMedia
from app.media.sniff import FileKind

HEADER_BYTES = 8
LONG_HEADER_BYTES = 16
# An hour of film at 60 frames a second needs about 4 MB; more than this is an attack or no film of ours.
LARGEST_MOOV_BYTES = 16 * 1024 * 1024
MOST_BOXES = 4096
MOST_EDITS = 4096
Box = tuple[bytes, memoryview]


def moov_of(file: BinaryIO, size_bytes: int) -> tuple[memoryview, bool]:
    """The film's description, and whether it stands before the film so that playing may begin at once."""
    begin, media_seen = 0, False
    for _ in range(MOST_BOXES):
        file.seek(begin)
        name, header, length = _header(file.read(LONG_HEADER_BYTES), size_bytes - begin)
        if begin == 0 and name != b"ftyp":
            raise UnreadableMedia
        if name == b"moov":
            if length > LARGEST_MOOV_BYTES:
                raise UnreadableMedia
            file.seek(begin + header)
            return memoryview(file.read(length - header)), not media_seen
        media_seen = media_seen or name == b"mdat"
        begin += length
    raise UnreadableMedia


def inner(content: memoryview, begin: int = 0) -> Iterator[Box]:
    """The boxes inside a box, in order."""
    for _ in range(MOST_BOXES):
        if begin + HEADER_BYTES > len(content):
            return
        name, header, length = _header(bytes(content[begin : begin + LONG_HEADER_BYTES]), len(content) - begin)
        yield name, content[begin + header : begin + length]
        begin += length
    raise UnreadableMedia


def table(content: memoryview, form: str, most_rows: int) -> Iterator[tuple[int, ...]]:
    """The rows of a counted table: version, flags, how many, rows; a caller that keeps them names what can be true."""
    (count,) = unpack(">I", content, 4)
    rows = content[8:]
    if count > most_rows or count * struct.calcsize(form) > len(rows):
        raise UnreadableMedia
    return struct.iter_unpack(form, rows[: count * struct.calcsize(form)])


def unpack(form: str, content: memoryview, at: int = 0) -> tuple[int, ...]:
    """Numbers at a place; a box too short for them is unreadable."""
    if at + struct.calcsize(form) > len(content):
        raise UnreadableMedia
    return struct.unpack_from(form, content, at)


def _header(head: bytes, left: int) -> tuple[bytes, int, int]:
    if len(head) < HEADER_BYTES:
        raise UnreadableMedia
    length, name = struct.unpack_from(">I4s", head)
    header = HEADER_BYTES
    if length == 1 and len(head) == LONG_HEADER_BYTES:
        header = LONG_HEADER_BYTES
        (length,) = struct.unpack_from(">Q", head, HEADER_BYTES)
    if length == 0:
        length = left
    if not header <= length <= left:
        raise UnreadableMedia
    return name, header, length


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


# How the matrix of a track turns its pictures clockwise; anything else is a shear, a mirror or nonsense.
ONE, MINUS_ONE = 0x00010000, -0x00010000
TURNS = {
    (ONE, 0, 0, ONE): 0,
    (0, ONE, MINUS_ONE, 0): 90,
    (MINUS_ONE, 0, 0, MINUS_ONE): 180,
    (0, MINUS_ONE, ONE, 0): 270,
}
VIDEO_ENTRY_BYTES, AUDIO_ENTRY_BYTES = 78, 28
CONFIGURATIONS = (b"avcC", b"hvcC", b"av1C", b"vpcC")


@dataclass(frozen=True)
class VideoTrack:
    """Moving pictures as the file describes them."""

    codec: str
    duration_seconds: float
    width_px: int
    height_px: int
    frame_count: int
    keyframe_count: int
    timescale: int
    frame_ticks: int | None
    rotation_degrees: int | None
    edits: tuple[tuple[int, int], ...]
    configuration: bytes
    colour: bytes
    pixel_aspect: bytes
    description_count: int

    @property
    def frames_per_second(self) -> float:
        """The mean rate; `frame_ticks` is None where it varies."""
        return self.frame_count / self.duration_seconds if self.duration_seconds else 0.0

    @property
    def joining(self) -> tuple[object, ...]:
        """Clips whose values here are equal may be joined without encoding anything again."""
        return (
            *(self.codec, self.width_px, self.height_px, self.timescale, self.frame_ticks, self.rotation_degrees),
            *(self.configuration, self.colour, self.pixel_aspect, self.description_count),
            *(media_time for _, media_time in self.edits),
        )


@dataclass(frozen=True)
class AudioTrack:
    """Sound as the file describes it; no channels means that the file does not say in plain words."""

    codec: str
    duration_seconds: float
    sample_rate: int
    channel_count: int


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds: the first track of each sort, and how many there are."""

    kind: FileKind
    duration_seconds: float
    video: VideoTrack | None = None
    audio: AudioTrack | None = None
    track_count: int = 1
    begins_at_once: bool = True
    is_fragmented: bool = False


def film_from(file: BinaryIO, size_bytes: int, kind: FileKind) -> MediaInfo:
    """Reads the boxes that describe a film; the film itself is skipped."""
    moov, begins_at_once = moov_of(file, size_bytes)
    video: VideoTrack | None = None
    audio: AudioTrack | None = None
    track_count, is_fragmented, duration = 0, False, 0.0
    for name, content in inner(moov):
        is_fragmented = is_fragmented or name == b"mvex"
        if name == b"mvhd":
            duration = _duration(content)[1]
        elif name == b"trak":
            track_count += 1
            found = _track(content, size_bytes)
            video = video or (found if isinstance(found, VideoTrack) else None)
            audio = audio or (found if isinstance(found, AudioTrack) else None)
    if video is None and audio is None:
        raise UnreadableMedia
    return MediaInfo(kind, duration, video, audio, track_count, begins_at_once, is_fragmented)


def _track(trak: memoryview, size_bytes: int) -> VideoTrack | AudioTrack | None:
    boxes = dict(inner(trak))
    media = dict(inner(_wanted(boxes, b"mdia")))
    handler = bytes(_wanted(media, b"hdlr")[8:12])
    if handler not in {b"vide", b"soun"}:
        return None
    timescale, duration = _duration(_wanted(media, b"mdhd"))
    samples = dict(inner(_wanted(dict(inner(_wanted(media, b"minf"))), b"stbl")))
    descriptions = _wanted(samples, b"stsd")
    (description_count,) = unpack(">I", descriptions, 4)
    codec, entry = next(inner(descriptions, 8), (b"", memoryview(b"")))
    if handler == b"soun":
        channels, _, _, rate = unpack(">HHIH", entry, 16)
        return AudioTrack(_word(codec), duration, rate, channels)
    width, height = unpack(">HH", entry, 24)
    within = dict(inner(entry, VIDEO_ENTRY_BYTES))
    frame_count, frame_ticks = _pace(_wanted(samples, b"stts"), size_bytes)
    return VideoTrack(
        codec=_word(codec),
        duration_seconds=duration,
        width_px=width,
        height_px=height,
        frame_count=frame_count,
        keyframe_count=unpack(">I", samples[b"stss"], 4)[0] if b"stss" in samples else frame_count,
        timescale=timescale,
        frame_ticks=frame_ticks,
        rotation_degrees=_rotation(_wanted(boxes, b"tkhd")),
        edits=_edits(boxes),
        configuration=b"".join(bytes(within[name]) for name in CONFIGURATIONS if name in within),
        colour=bytes(within.get(b"colr", b"")),
        pixel_aspect=bytes(within.get(b"pasp", b"")),
        description_count=description_count,
    )


def _duration(header: memoryview) -> tuple[int, float]:
    long = bool(unpack(">B", header)[0])
    timescale, ticks = unpack(">IQ" if long else ">II", header, 20 if long else 12)
    if timescale == 0:
        raise UnreadableMedia
    return timescale, ticks / timescale


def _pace(times: memoryview, size_bytes: int) -> tuple[int, int | None]:
    frame_count, is_even = 0, True
    pace: int | None = None
    for count, ticks in table(times, ">II", size_bytes):
        if count:
            is_even = is_even and pace in {None, ticks}
            frame_count, pace = frame_count + count, ticks
    # Every frame takes a byte at least.
    if frame_count > size_bytes:
        raise UnreadableMedia
    return frame_count, pace if is_even else None


def _rotation(header: memoryview) -> int | None:
    at = 52 if unpack(">B", header)[0] else 40
    a, b, _, c, d = unpack(">iiiii", header, at)
    return TURNS.get((a, b, c, d))


def _edits(boxes: Boxes) -> tuple[tuple[int, int], ...]:
    lists = dict(inner(boxes[b"edts"])) if b"edts" in boxes else {}
    if b"elst" not in lists:
        return ()
    form = ">QqI" if unpack(">B", lists[b"elst"])[0] else ">IiI"
    return tuple((row[0], row[1]) for row in table(lists[b"elst"], form, MOST_EDITS))


def _word(name: bytes) -> str:
    return name.decode("latin-1").strip()
