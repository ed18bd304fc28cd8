"""Decodes and re-encodes one picture in a child process; imports nothing of the service."""

import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 40_000_000
UNREADABLE, TOO_LARGE, TOO_INTRICATE = 3, 4, 5
PNG_HEAD, JPEG_HEAD = b"\x89PNG", b"\xff\xd8"
PNG_FRAME_BYTES = 12
# A byte 0xFF in drawn content is followed by 0x00 or by a restart mark; whatever else follows is a mark of structure.
JPEG_MARK = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
JPEG_SCAN, JPEG_END, JPEG_ALONE = 0xDA, 0xD9, frozenset({0x01, 0xD8})
# Every pass over a JPEG costs a whole decode, and every part of a file a round through its reader.
MOST_PASSES = 32
MOST_PARTS = 50_000
SAVING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92, "subsampling": 0},
    "PNG": {"compress_level": 3},
    "WEBP": {"quality": 92, "method": 2},
}
# The only text that is kept: what the offline painter says of its own picture, in the values of JSON and nothing else.
SCENE_CHUNK, MOST_SCENE_BYTES = "avc-scene", 4096
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L")


def intricate(content: bytes) -> bool:
    """Whether a small file asks for far more work than its pixels."""
    if content.startswith(PNG_HEAD):
        return _has_too_many_chunks(content)
    return content.startswith(JPEG_HEAD) and _has_too_many_marks(content)


def _has_too_many_chunks(content: bytes) -> bool:
    at, parts = 8, 0
    while at + PNG_FRAME_BYTES <= len(content) and parts <= MOST_PARTS:
        at += PNG_FRAME_BYTES + int.from_bytes(content[at : at + 4], "big")
        parts += 1
    return parts > MOST_PARTS


def _has_too_many_marks(content: bytes) -> bool:
    at, parts, passes = 0, 0, 0
    while parts <= MOST_PARTS and passes <= MOST_PASSES and (mark := JPEG_MARK.search(content, at)):
        kind, at = mark[1][0], mark.end()
        if kind == JPEG_END:
            return False
        if kind not in JPEG_ALONE:
            at += max(2, int.from_bytes(content[at : at + 2], "big"))
        parts += 1
        passes += kind == JPEG_SCAN
    return parts > MOST_PARTS or passes > MOST_PASSES


def opened(path: str) -> Image.Image:
    """The first picture of a file, upright, with nothing but its pixels and the scene of a painted picture."""
    with Image.open(path, formats=FORMATS) as found:
        found.load()
        scene = scene_text(found)
        upright = ImageOps.exif_transpose(found)
    if upright.mode in SIXTEEN_BITS:
        # Converting as such would cut every level above 255 off, which turns the picture white.
        upright = upright.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    opaque = upright.mode not in {"RGBA", "LA", "PA"} and "transparency" not in upright.info
    plain = upright.convert("RGB" if opaque else "RGBA")
    plain.info.clear()
    if scene is not None:
        plain.info[SCENE_CHUNK] = scene
    return plain


def scene_text(picture: Image.Image) -> str | None:
    """The scene that a PNG carries, written anew from its values, if it is short and plain JSON."""
    text = picture.info.get(SCENE_CHUNK) if picture.format == "PNG" else None
    if not isinstance(text, str) or len(text) > MOST_SCENE_BYTES or not text.isascii() or not text.isprintable():
        return None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return json.dumps(values, separators=(",", ":")) if isinstance(values, dict) else None


def saved(picture: Image.Image, output: dict[str, Any]) -> None:
    """Writes one output: as it is, fitted into a box, as a centred square, or cropped around its middle to a size."""
    made = picture
    if side := output.get("square"):
        made = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    elif size := output.get("cropped"):
        made = ImageOps.fit(picture, tuple(size), Image.Resampling.LANCZOS)
    elif side := output.get("longest_side"):
        made = picture.copy()
        made.thumbnail((side, side), Image.Resampling.LANCZOS)
    if output["format"] == "JPEG" and made.mode == "RGBA":
        backdrop = Image.new("RGB", made.size, (255, 255, 255))
        backdrop.paste(made, mask=made.getchannel("A"))
        made = backdrop
    options = SAVING[output["format"]]
    if made is picture and output["format"] == "PNG" and SCENE_CHUNK in picture.info:
        options = options | {"pnginfo": PngInfo()}
        options["pnginfo"].add_text(SCENE_CHUNK, picture.info[SCENE_CHUNK])
    made.save(output["path"], output["format"], **options)


def main() -> int:
    """Reads the order from standard input; the exit code tells what was wrong."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    order = json.load(sys.stdin)
    if intricate(Path(order["path"]).read_bytes()):
        return TOO_INTRICATE
    try:
        picture = opened(order["path"])
        for output in order["outputs"]:
            saved(picture, output)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        return TOO_LARGE
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, OverflowError):
        return UNREADABLE
    json.dump({"width": picture.width, "height": picture.height}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
