"""Pictures that are small to send and ruinous to decode, built byte by byte."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, rows: bytes = b"", *extra: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return PNG + header + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def rows(width: int, height: int) -> bytes:
    return (b"\0" * (1 + (width + 7) // 8)) * height


def jpeg(width: int, height: int) -> bytes:
    made = io.BytesIO()
    Image.new("L", (16, 16)).save(made, "JPEG")
    content = bytearray(made.getvalue())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def webp(width: int, height: int) -> bytes:
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0"
    extended += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    made = io.BytesIO()
    Image.new("RGB", (16, 16)).save(made, "WEBP", lossless=True)
    body = b"WEBP" + extended + made.getvalue()[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | ((height - 1) << 14)
    body = b"WEBPVP8L" + struct.pack("<I", 8) + b"\x2f" + struct.pack("<I", bits) + b"\0\0\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def many_frames(count: int) -> bytes:
    control = chunk(b"acTL", struct.pack(">II", count, 0))
    frames = b"".join(
        chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 8000, 5000, 0, 0, 1, 100, 0, 0)) for number in range(count)
    )
    return png(8000, 5100, b"", control, frames)


def packed_text() -> bytes:
    packed = zlib.compress(b"a" * 64 * 1024 * 1024, 9)
    return png(640, 400, rows(640, 400), chunk(b"zTXt", b"Comment\0\0" + packed))


def many_texts() -> bytes:
    packed = zlib.compress(b"a" * 1000 * 1000, 9)
    return png(640, 400, rows(640, 400), *[chunk(b"zTXt", b"Comment\0\0" + packed)] * 200)


def many_small_frames(count: int) -> bytes:
    """A real animation: every frame is one dot that must be unpacked and laid over the last."""
    dot = zlib.compress(b"\0\0", 9)
    parts = []
    for number in range(count):
        turn = struct.pack(">IIIIIHHBB", 2 * number + 1, 1, 1, 0, 0, 1, 100, 0, 0)
        parts += [chunk(b"fcTL", turn), chunk(b"fdAT", struct.pack(">I", 2 * number + 2) + dot)]
    content = png(640, 400, rows(640, 400), chunk(b"acTL", struct.pack(">II", count, 0)))
    return content[:-12] + b"".join(parts) + content[-12:]


def many_chunks(count: int) -> bytes:
    content = png(640, 400, rows(640, 400))
    return content[:33] + chunk(b"teXt", b"") * count + content[33:]


def many_passes(count: int) -> bytes:
    """A progressive JPEG whose last, cheap pass is repeated: each one is a decode of the whole picture."""
    made = io.BytesIO()
    Image.new("L", (4000, 3000)).save(made, "JPEG", progressive=True)
    content = made.getvalue()
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * count + content[-2:]


def many_segments(count: int) -> bytes:
    made = io.BytesIO()
    Image.new("L", (640, 400)).save(made, "JPEG")
    content = made.getvalue()
    at = content.index(b"\xff\xda")
    return content[:at] + b"\xff\xfe\0\2" * count + content[at:]


BOMBS: dict[str, Callable[[], bytes]] = {
    "png of 13000 by 13000": lambda: png(13_000, 13_000, rows(13_000, 13_000)),
    "png that claims 30000 by 30000": lambda: png(30_000, 30_000),
    "png that claims two thousand million": lambda: png(2**31 - 1, 1),
    "png of a long thin strip": lambda: png(200_000, 400),
    "png just over the pixels": lambda: png(8000, 5100, rows(8000, 5100)),
    "animated png of 10000 frames": lambda: many_frames(10_000),
    "small animated png of 10000 frames": lambda: many_small_frames(10_000),
    "png of a million chunks": lambda: many_chunks(1_000_000),
    "jpeg of 3000 passes": lambda: many_passes(3000),
    "jpeg of a million segments": lambda: many_segments(1_000_000),
    "png with packed text": packed_text,
    "png with two hundred packed texts": many_texts,
    "jpeg that claims 65500 by 65500": lambda: jpeg(65_500, 65_500),
    "jpeg that claims 20000 by 20000": lambda: jpeg(20_000, 20_000),
    "webp canvas of 16383 by 16383": lambda: webp(16_383, 16_383),
    "lossless webp of 16383 by 16383": lambda: webp_lossless(16_383, 16_383),
}
