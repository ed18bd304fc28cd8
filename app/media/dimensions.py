"""Pure: a picture's size from its header, before any decoder allocates anything."""

import struct

from app.media.sniff import Kind

__all__ = ["picture_size"]

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
START_OF_SCAN = 0xDA


def picture_size(kind: Kind, head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, or None when the header makes no sense."""
    try:
        match kind:
            case Kind.PNG:
                return _png(head)
            case Kind.JPEG:
                return _jpeg(head)
            case Kind.WEBP:
                return _webp(head)
            case _:
                return None
    except (struct.error, IndexError):
        return None


def _png(head: bytes) -> tuple[int, int] | None:
    if head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return int(width), int(height)


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 4 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF or marker in JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in JPEG_FRAMES:
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return int(width), int(height)
        if marker == START_OF_SCAN:
            return None
        at += 2 + int(struct.unpack(">H", head[at + 2 : at + 4])[0])
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    chunk = head[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
