"""Writes a film file from tracks whose bytes lie in other files: description first, bytes copied as they are."""

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import BinaryIO, Self

from app.media.errors import UnreadableMedia
from app.media.tables import Chunk, OutTrack, Sample, box, full_box, identity, sample_tables

__all__ = ["Credits", "write_film"]

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
