"""Pure: the kind of a file from its first bytes, and a picture's size from its header."""

import struct
from enum import StrEnum

HEAD_BYTES = 4096


class FileKind(StrEnum):
    """Kinds of files this service knows."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    MP3 = "mp3"
    WAV = "wav"
    M4A = "m4a"
    MP4 = "mp4"

    @property
    def is_picture(self) -> bool:
        """Whether it is a still picture."""
        return self in {FileKind.PNG, FileKind.JPEG, FileKind.WEBP}

    @property
    def is_sound(self) -> bool:
        """Whether it is sound alone."""
        return self in {FileKind.MP3, FileKind.WAV, FileKind.M4A}


SOUND_BRANDS = frozenset({b"M4A ", b"M4B "})
VIDEO_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"qt  "})


def sniff(head: bytes) -> FileKind | None:
    """The kind that the first bytes prove, or None when they prove none."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if head[:4] == b"RIFF":
        return {b"WEBP": FileKind.WEBP, b"WAVE": FileKind.WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _boxed(head)
    return FileKind.MP3 if head.startswith(b"ID3") or _is_mp3_frame(head) else None


def _boxed(head: bytes) -> FileKind | None:
    brand = head[8:12]
    if brand in SOUND_BRANDS:
        return FileKind.M4A
    return FileKind.MP4 if brand in VIDEO_BRANDS else None


def _is_mp3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = (head[1] >> 3) & 3, (head[1] >> 1) & 3
    bitrate, rate = head[2] >> 4, (head[2] >> 2) & 3
    return version != 1 and layer == 1 and bitrate not in {0, 15} and rate != 3


JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
START_OF_SCAN = 0xDA


def picture_size(kind: FileKind, head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, or None when the header makes no sense."""
    try:
        match kind:
            case FileKind.PNG:
                return _png(head)
            case FileKind.JPEG:
                return _jpeg(head)
            case FileKind.WEBP:
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
