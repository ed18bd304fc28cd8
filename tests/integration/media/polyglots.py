"""Files that are two things at once: a picture for one reader, something harmful for another."""

import io
import zipfile
from collections.abc import Iterator

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.integration.media.bombs import chunk

MARKER = b"canary-payload-7f3a"
HTML = b"<html><script>alert('" + MARKER + b"')</script></html>"
PHP = b"<?php system('" + MARKER + b"'); ?>"
JAVASCRIPT = b"*/=1;alert('" + MARKER + b"');/*"
PDF = b"%PDF-1.4\n1 0 obj<</JS('" + MARKER + b"')>>endobj\n%%EOF"
SHELL = b"#!/bin/sh\necho " + MARKER + b"\n"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>" + MARKER + b"</script></svg>"
PAYLOADS = {"html": HTML, "php": PHP, "javascript": JAVASCRIPT, "pdf": PDF, "shell": SHELL}


def picture(form: str, **options: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 400), (90, 20, 120)).save(made, form, **options)
    return made.getvalue()


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("run.sh", SHELL)
    return made.getvalue()


def in_comment(payload: bytes) -> bytes:
    content = picture("JPEG")
    return content[:2] + b"\xff\xfe" + (len(payload) + 2).to_bytes(2, "big") + payload + content[2:]


def in_exif(payload: bytes) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = payload.decode("latin-1")
    exif.get_ifd(0x8825)[29] = MARKER.decode()
    return picture("JPEG", exif=exif)


def in_text(payload: bytes) -> bytes:
    info = PngInfo()
    info.add_text("Comment", payload.decode("latin-1"))
    return picture("PNG", pnginfo=info)


def in_chunk(payload: bytes) -> bytes:
    content = picture("PNG")
    return content[:-12] + chunk(b"eVil", payload) + content[-12:]


def polyglots() -> Iterator[tuple[str, bytes]]:
    """Thirty and more of them, each with the marker somewhere."""
    for name, payload in PAYLOADS.items():
        for form in ("PNG", "JPEG", "WEBP"):
            yield f"{form} followed by {name}", picture(form) + payload
        yield f"JPEG with {name} as its comment", in_comment(payload)
        yield f"JPEG with {name} in its metadata", in_exif(payload)
        yield f"PNG with {name} as text", in_text(payload)
        yield f"PNG with {name} in a chunk of its own", in_chunk(payload)
    for form in ("PNG", "JPEG"):
        yield f"{form} followed by an archive", picture(form) + archive()
    yield "PNG with a colour profile that is none", picture("PNG", icc_profile=HTML)
    yield "JPEG with a colour profile that is none", picture("JPEG", icc_profile=HTML)
    yield "WEBP with metadata", picture("WEBP", exif=b"Exif\0\0" + HTML, xmp=SVG)
    yield "GIF that is a script", b"GIF89a" + JAVASCRIPT
    yield "SVG", SVG
    yield "PDF", PDF
    yield "page with the head of a PNG", b"\x89PNG\r\n\x1a\n" + HTML
    yield "page with the head of a JPEG", b"\xff\xd8\xff\xe0" + HTML
