"""Writes MP4 files: boxes as bytes, text tracks, and the film whose samples are copied from other files."""

import os
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self, overload

from typing_extensions import override

from app.media.errors import UnreadableMedia
from app.media.timeline import Caption


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


MOVIE_TIMESCALE = 90_000
CHUNK_SECONDS = 1.0
COPY_BYTES = 256 * 1024
# Positions up to here fit into 32 bits, with room for the description before them.
LARGEST_PLAIN_BYTES = 0xFFFF_FFFF - 64 * 1024 * 1024
MOST_OPEN_SOURCES = 8
HANDLER_NAMES = {b"vide": b"VideoHandler", b"soun": b"SoundHandler", b"sbtl": b"SubtitleHandler", b"text": b"Chapters"}


@dataclass(frozen=True)
class Credits:
    """What the file says of itself."""

    title: str = ""
    encoder: str = "AI Video Creator"
    comment: str = ""


def write_film(tracks: Sequence[OutTrack], told: Credits, into: Path) -> int:
    """Writes the whole file under another name, then gives it its own; gives its size in bytes."""
    chunks = sorted(chain.from_iterable(_chunks(number, track) for number, track in enumerate(tracks)), key=_order)
    head = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    media_bytes = sum(chunk.size_bytes for chunk in chunks)
    # The description stands before the media and says where they lie, so that its own length must be known first.
    begin = len(head) + len(_movie(tracks, told, chunks, media_bytes=media_bytes)) + len(_media_header(media_bytes))
    partial = into.with_name(f"{into.name}.part")
    with partial.open("wb") as file:
        file.write(head + _movie(tracks, told, chunks, begin, media_bytes=media_bytes))
        file.write(_media_header(media_bytes))
        with _Sources() as sources:
            for chunk in chunks:
                _copy(tracks[chunk.track].samples[chunk.first : chunk.first + chunk.length], file, sources)
        file.flush()
        os.fsync(file.fileno())
        size_bytes = file.tell()
    partial.replace(into)
    return size_bytes


def _media_kind(handler: bytes) -> bytes:
    """The header that each sort of track has of its own."""
    match handler:
        case b"vide":
            return full_box(b"vmhd", 1, bytes(8))
        case b"soun":
            return full_box(b"smhd", 0, bytes(4))
        case b"sbtl":
            return full_box(b"nmhd", 0)
        case _:
            base = full_box(b"gmin", 0, struct.pack(">4HhH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0))
            return box(b"gmhd", base, box(b"text", identity()))


def _order(chunk: Chunk) -> tuple[float, int]:
    return chunk.start_seconds, chunk.track


def _chunks(number: int, track: OutTrack) -> Iterator[Chunk]:
    moment, first, size, begun = 0, 0, 0, 0
    for index, sample in enumerate(track.samples):
        if index > first and moment - begun >= CHUNK_SECONDS * track.timescale:
            yield Chunk(number, begun / track.timescale, first, index - first, size)
            first, size, begun = index, 0, moment
        moment += sample.duration
        size += sample.size_bytes
    yield Chunk(number, begun / track.timescale, first, len(track.samples) - first, size)


def _movie(
    tracks: Sequence[OutTrack], told: Credits, chunks: Sequence[Chunk], begin: int = 0, *, media_bytes: int
) -> bytes:
    offsets: list[list[int]] = [[] for _ in tracks]
    at = begin
    for chunk in chunks:
        offsets[chunk.track].append(at)
        at += chunk.size_bytes
    described = []
    for number, track in enumerate(tracks):
        own = [chunk for chunk in chunks if chunk.track == number]
        described.append(
            _track(track, number + 1, sample_tables(track, own, offsets[number], is_long=_is_long(media_bytes)))
        )
    duration = _movie_ticks(max(track.shown_seconds for track in tracks))
    header = struct.pack(">IIII", 0, 0, MOVIE_TIMESCALE, duration) + struct.pack(">IH", 0x10000, 0x100) + bytes(10)
    header += identity() + bytes(24) + struct.pack(">I", len(tracks) + 1)
    return box(b"moov", full_box(b"mvhd", 0, header), *described, _credits(told))


def _track(track: OutTrack, number: int, tables: bytes) -> bytes:
    shown = _movie_ticks(track.shown_seconds)
    volume = 0x100 if track.handler == b"soun" else 0
    header = struct.pack(">IIIII", 0, 0, number, 0, shown) + bytes(8)
    header += struct.pack(">HHHH", 0, track.alternate_group, volume, 0) + track.shape
    edit = struct.pack(">IIiI", 1, shown, track.media_start, 0x10000)
    reference = b"" if track.chapters_in is None else box(b"tref", box(b"chap", struct.pack(">I", track.chapters_in)))
    times = struct.pack(">IIIIHH", 0, 0, track.timescale, track.ticks, _language(track.language), 0)
    handler = bytes(4) + track.handler + bytes(12) + HANDLER_NAMES[track.handler] + b"\0"
    places = box(b"dinf", full_box(b"dref", 0, struct.pack(">I", 1), full_box(b"url ", 1)))
    return box(
        b"trak",
        full_box(b"tkhd", 3 if track.is_enabled else 2, header),
        box(b"edts", full_box(b"elst", 0, edit)),
        reference,
        box(
            b"mdia",
            full_box(b"mdhd", 0, times),
            full_box(b"hdlr", 0, handler),
            box(b"minf", _media_kind(track.handler), places, tables),
        ),
    )


def _credits(told: Credits) -> bytes:
    pairs = ((b"\xa9nam", told.title), (b"\xa9too", told.encoder), (b"\xa9cmt", told.comment))
    items = [box(name, box(b"data", struct.pack(">II", 1, 0), text.encode())) for name, text in pairs if text]
    handler = full_box(b"hdlr", 0, bytes(4), b"mdirappl", bytes(9))
    return box(b"udta", full_box(b"meta", 0, handler, box(b"ilst", *items)))


def _language(code: str) -> int:
    first, second, third = (ord(letter) - 0x60 for letter in code)
    return first << 10 | second << 5 | third


def _movie_ticks(seconds: float) -> int:
    return round(seconds * MOVIE_TIMESCALE)


def _is_long(media_bytes: int) -> bool:
    return media_bytes > LARGEST_PLAIN_BYTES


def _media_header(media_bytes: int) -> bytes:
    if _is_long(media_bytes):
        return struct.pack(">I4sQ", 1, b"mdat", media_bytes + 16)
    return struct.pack(">I4s", media_bytes + 8, b"mdat")


class _Sources:
    """The few files that are being read from; the one opened first is closed first."""

    def __init__(self) -> None:
        self._open: dict[Path, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._close_oldest()

    def at(self, path: Path, position: int) -> BinaryIO:
        if path not in self._open:
            if len(self._open) == MOST_OPEN_SOURCES:
                self._close_oldest()
            self._open[path] = path.open("rb")
        self._open[path].seek(position)
        return self._open[path]

    def _close_oldest(self) -> None:
        self._open.pop(next(iter(self._open))).close()


def _copy(samples: Sequence[Sample], file: BinaryIO, sources: _Sources) -> None:
    for source, group in groupby(samples, key=lambda sample: sample.source):
        if isinstance(source, bytes):
            file.writelines(source[one.position : one.position + one.size_bytes] for one in group)
            continue
        for position, size in _ranges(group):
            _copy_range(sources.at(source, position), size, file)


def _ranges(samples: Iterator[Sample]) -> Iterator[tuple[int, int]]:
    begin = end = -1
    for sample in samples:
        if sample.position != end:
            if end > begin:
                yield begin, end - begin
            begin = end = sample.position
        end += sample.size_bytes
    if end > begin:
        yield begin, end - begin


def _copy_range(source: BinaryIO, size: int, file: BinaryIO) -> None:
    while size:
        piece = source.read(min(size, COPY_BYTES))
        if not piece:
            raise UnreadableMedia
        file.write(piece)
        size -= len(piece)


TIMESCALE = 1000
UTF8 = b"\0\0\0\x0cencd\0\0\1\0"
NOTHING = b"\0\0"
CAPTION_BAND = 6
FONT = b"Sans-Serif"
# Files name languages by three letters.
LANGUAGES = {
    "ar": "ara",
    "cs": "ces",
    "da": "dan",
    "de": "deu",
    "el": "ell",
    "en": "eng",
    "es": "spa",
    "fi": "fin",
    "fr": "fra",
    "he": "heb",
    "hi": "hin",
    "hu": "hun",
    "id": "ind",
    "it": "ita",
    "ja": "jpn",
    "ko": "kor",
    "nl": "nld",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "ron",
    "ru": "rus",
    "sk": "slk",
    "sv": "swe",
    "th": "tha",
    "tr": "tur",
    "uk": "ukr",
    "vi": "vie",
    "zh": "zho",
}


def language_code(language: str) -> str:
    """The code that goes into files; a language nobody listed is undetermined."""
    short = language.partition("-")[0].partition("_")[0].lower()
    return LANGUAGES.get(short, short if short in LANGUAGES.values() else "und")


def caption_track(
    captions: Sequence[Caption], duration_seconds: float, language: str, size: tuple[int, int]
) -> OutTrack:
    """A soft track: the player shows it or not."""
    width, height = size
    band = height // CAPTION_BAND
    shape = identity()[:24] + struct.pack(">III", 0, (height - band) << 16, 0x40000000)
    style = struct.pack(">HHHBB4B", 0, 0, 1, 0, max(12, height // 20), 255, 255, 255, 255)
    fonts = box(b"ftab", struct.pack(">HHB", 1, 1, len(FONT)), FONT)
    place = struct.pack(">4h", 0, 0, min(band, 0x7FFF), min(width, 0x7FFF))
    entry = box(b"tx3g", bytes(6), struct.pack(">HIbb4B", 1, 0, 1, -1, 0, 0, 0, 0), place, style, fonts)
    return OutTrack(
        handler=b"sbtl",
        entry=entry,
        timescale=TIMESCALE,
        samples=list(_caption_samples(captions, round(duration_seconds * TIMESCALE))),
        shape=shape + struct.pack(">II", width << 16, band << 16),
        language=language_code(language),
        alternate_group=3,
    )


def chapter_track(titles: Sequence[str], starts: Sequence[float], duration_seconds: float, language: str) -> OutTrack:
    """Where each segment begins, for the player's list."""
    bounds = [round(start * TIMESCALE) for start in (*starts, duration_seconds)]
    spans = zip(titles, pairwise(bounds), strict=True)
    samples = [_text(title, end - begin, UTF8) for title, (begin, end) in spans]
    style = struct.pack(">HHHBB4B", 0, 0, 1, 0, 0, 0, 0, 0, 0)
    entry = box(
        b"text", bytes(6), struct.pack(">HI", 1, 1), bytes(2 + 4 + 8), style, box(b"ftab", struct.pack(">HHB", 1, 1, 0))
    )
    return OutTrack(
        handler=b"text",
        entry=entry,
        timescale=TIMESCALE,
        samples=samples,
        shape=identity() + bytes(8),
        language=language_code(language),
        is_enabled=False,
    )


def _caption_samples(captions: Sequence[Caption], end: int) -> Iterator[Sample]:
    at = 0
    for caption in captions:
        begin = max(at, min(end, round(caption.start_seconds * TIMESCALE)))
        until = max(begin, min(end, round(caption.end_seconds * TIMESCALE)))
        if begin > at:
            yield Sample(NOTHING, 0, len(NOTHING), begin - at)
        if until > begin:
            yield _text(caption.text, until - begin)
        at = until
    if end > at:
        yield Sample(NOTHING, 0, len(NOTHING), end - at)


def _text(text: str, duration: int, ending: bytes = b"") -> Sample:
    content = text.encode()[:0xFFFF].decode(errors="ignore").encode()
    whole = struct.pack(">H", len(content)) + content + ending
    return Sample(whole, 0, len(whole), duration)
