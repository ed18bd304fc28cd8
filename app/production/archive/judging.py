"""Files of an archive are what their names say, or the archive is refused; nothing is believed about them."""

import json
from pathlib import Path

from pydantic import JsonValue

from app.library.domain import AssetKind
from app.library.intake import MadeFile
from app.media.errors import UnreadableMedia
from app.media.images import ANY_PICTURE, PictureFacts
from app.media.probe import Probes
from app.media.sniff import Kind
from app.production.archive.errors import ArchiveDamaged
from app.production.archive.manifest import FileEntry
from app.resources import Resources

__all__ = ["judged"]

PICTURES = {Kind.PNG: "png", Kind.JPEG: "jpg", Kind.WEBP: "webp"}
SOUNDS = {Kind.MP3: "mp3", Kind.WAV: "wav", Kind.M4A: "m4a", Kind.MP4: "m4a"}
TEXT_BYTES = 8 * 1024 * 1024
TEXTS = {AssetKind.CAPTIONS: frozenset({"srt", "vtt"}), AssetKind.REPORT: frozenset({"json"})}
PICTURED = frozenset({AssetKind.KEY_FRAME, AssetKind.FIRST_FRAME, AssetKind.POSTER})
FILMED = frozenset({AssetKind.CLIP, AssetKind.FILM})


async def judged(resources: Resources, file: FileEntry, path: Path) -> MadeFile:
    """The file with facts of our own; a picture is decoded and written again as every picture that comes in."""
    ending = file.path.rpartition(".")[2]
    if file.kind in PICTURED:
        return await _picture(resources, file, path, ending)
    if file.kind in TEXTS:
        await resources.threads.run(_check_text, file, path, ending)
        return MadeFile(path, ending, {})
    media = await Probes(resources.tools, resources.threads).probe(path)
    length: dict[str, JsonValue] = {"duration_seconds": round(media.duration_seconds, 3)}
    if file.kind not in FILMED:
        # Sound alone in a plain MP4 is what recorders and our own cuts write.
        if media.video is not None or SOUNDS.get(media.kind) != ending:
            raise ArchiveDamaged.at(file.path)
        return MadeFile(path, ending, length)
    if media.kind is not Kind.MP4 or ending != "mp4" or media.video is None:
        raise ArchiveDamaged.at(file.path)
    size: dict[str, JsonValue] = {"width": media.video.width_px, "height": media.video.height_px}
    return MadeFile(path, ending, size | length)


async def _picture(resources: Resources, file: FileEntry, path: Path, ending: str) -> MadeFile:
    clean = path.with_name(f"{path.name}.clean")
    found: PictureFacts = await resources.pictures.clean(path, clean, ANY_PICTURE)
    if PICTURES[found.kind] != ending:
        raise ArchiveDamaged.at(file.path)
    return MadeFile(clean, ending, {"width": found.width_px, "height": found.height_px})


def _check_text(file: FileEntry, path: Path, ending: str) -> None:
    if ending not in TEXTS[file.kind] or path.stat().st_size > TEXT_BYTES:
        raise ArchiveDamaged.at(file.path)
    try:
        text = path.read_text("utf-8")
        if ending == "json":
            json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise UnreadableMedia from fault
    if ending == "vtt" and not text.startswith("WEBVTT"):
        raise ArchiveDamaged.at(file.path)
