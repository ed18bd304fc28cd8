"""Pure: the boxes of an MP4 file, read with every size doubted."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from app.media.errors import UnreadableMedia

__all__ = ["MOST_EDITS", "Box", "inner", "moov_of", "table", "unpack"]

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
