"""Pure: how long a sound is, read from its own frames, because the vendor does not say."""

from collections.abc import Iterator

from app.providers.values import MediaType

__all__ = ["seconds_of"]

RIFF_HEAD_BYTES = 12
CHUNK_HEAD_BYTES = 8
FRAME_HEAD_BYTES = 4
ID3_HEAD_BYTES = 10
# Kilobits per second of layer III by index, and samples per second by index; MPEG 2 and 2.5 halve the rates.
KBPS_OF_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
KBPS_OF_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
RATES_HZ = (44_100, 48_000, 32_000)
DIVISORS = {3: 1, 2: 2, 0: 4}
MPEG_1 = 3
LAYER_III = 1


def seconds_of(sound: bytes, media_type: MediaType) -> float:
    """Length of an MP3 or a WAV; nothing for what is neither."""
    if media_type is MediaType.WAV:
        return _wav_seconds(sound)
    return sum(seconds for _, seconds in _mp3_frames(sound))


def _wav_seconds(sound: bytes) -> float:
    """A streamed WAV claims any size for its samples, so no more is counted than what is there."""
    if sound[:4] != b"RIFF" or sound[8:RIFF_HEAD_BYTES] != b"WAVE":
        return 0.0
    bytes_per_second, at = 0, RIFF_HEAD_BYTES
    while at + CHUNK_HEAD_BYTES <= len(sound):
        name, begin = sound[at : at + 4], at + CHUNK_HEAD_BYTES
        size = int.from_bytes(sound[at + 4 : begin], "little")
        if name == b"fmt ":
            bytes_per_second = int.from_bytes(sound[begin + 8 : begin + 12], "little")
        if name == b"data":
            there = min(size, len(sound) - begin)
            return there / bytes_per_second if bytes_per_second else 0.0
        at = begin + size + size % 2
    return 0.0


def _mp3_frames(sound: bytes) -> Iterator[tuple[int, float]]:
    at = _after_tag(sound)
    while at + FRAME_HEAD_BYTES <= len(sound):
        frame = _frame(sound[at : at + FRAME_HEAD_BYTES])
        if frame is None:
            return
        yield frame
        at += frame[0]


def _after_tag(sound: bytes) -> int:
    if sound[:3] != b"ID3" or len(sound) < ID3_HEAD_BYTES:
        return 0
    size = 0
    for digit in sound[6:ID3_HEAD_BYTES]:
        size = size << 7 | digit & 0x7F
    return ID3_HEAD_BYTES + size


def _frame(head: bytes) -> tuple[int, float] | None:
    """Bytes and seconds of the frame that begins with this head."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    synchronous = head[0] == 0xFF and head[1] >> 5 == 7
    if not synchronous or version not in DIVISORS or layer != LAYER_III:
        return None
    if not 0 < bitrate_index < len(KBPS_OF_MPEG_1) or rate_index >= len(RATES_HZ):
        return None
    kbps = (KBPS_OF_MPEG_1 if version == MPEG_1 else KBPS_OF_MPEG_2)[bitrate_index]
    rate_hz = RATES_HZ[rate_index] // DIVISORS[version]
    samples = 1152 if version == MPEG_1 else 576
    return samples // 8 * kbps * 1000 // rate_hz + padding, samples / rate_hz
