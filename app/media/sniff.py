"""Pure: the real kind of a file from its first bytes, before any tool runs."""

from enum import StrEnum

__all__ = ["HEAD_BYTES", "Kind", "sniff"]

HEAD_BYTES = 4096


class Kind(StrEnum):
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
        return self in {Kind.PNG, Kind.JPEG, Kind.WEBP}

    @property
    def is_sound(self) -> bool:
        """Whether it is sound alone."""
        return self in {Kind.MP3, Kind.WAV, Kind.M4A}


SOUND_BRANDS = frozenset({b"M4A ", b"M4B "})
VIDEO_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"qt  "})


def sniff(head: bytes) -> Kind | None:
    """The kind that the first bytes prove, or None when they prove none."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if head[:4] == b"RIFF":
        return {b"WEBP": Kind.WEBP, b"WAVE": Kind.WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _boxed(head)
    return Kind.MP3 if head.startswith(b"ID3") or _is_mp3_frame(head) else None


def _boxed(head: bytes) -> Kind | None:
    brand = head[8:12]
    if brand in SOUND_BRANDS:
        return Kind.M4A
    return Kind.MP4 if brand in VIDEO_BRANDS else None


def _is_mp3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = (head[1] >> 3) & 3, (head[1] >> 1) & 3
    bitrate, rate = head[2] >> 4, (head[2] >> 2) & 3
    return version != 1 and layer == 1 and bitrate not in {0, 15} and rate != 3
