"""Decodes and re-encodes one picture in a child process; imports nothing of the service."""

import json
import sys
import warnings
from typing import Any

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 40_000_000
UNREADABLE, TOO_LARGE = 3, 4
SAVING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92, "subsampling": 0},
    "PNG": {"compress_level": 3},
    "WEBP": {"quality": 92, "method": 2},
}
PALETTES = {"PNG": "RGBA", "WEBP": "RGBA", "JPEG": "RGB"}


def opened(path: str) -> Image.Image:
    """The first picture of a file, upright, with nothing but its pixels."""
    with Image.open(path, formats=FORMATS) as found:
        found.load()
        upright = ImageOps.exif_transpose(found)
    opaque = upright.mode not in {"RGBA", "LA", "PA"} and "transparency" not in upright.info
    plain = upright.convert("RGB" if opaque else "RGBA")
    plain.info.clear()
    return plain


def saved(picture: Image.Image, output: dict[str, Any]) -> None:
    """Writes one output: as it is, fitted into a box, or as a centred square."""
    made = picture
    if side := output.get("square"):
        made = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    elif side := output.get("longest_side"):
        made = picture.copy()
        made.thumbnail((side, side), Image.Resampling.LANCZOS)
    if output["format"] == "JPEG" and made.mode == "RGBA":
        backdrop = Image.new("RGB", made.size, (255, 255, 255))
        backdrop.paste(made, mask=made.getchannel("A"))
        made = backdrop
    made.save(output["path"], output["format"], **SAVING[output["format"]])


def main() -> int:
    """Reads the order from standard input; the exit code tells what was wrong."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    order = json.load(sys.stdin)
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
