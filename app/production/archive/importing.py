"""Archives become projects: unpacked and checked outside any transaction, then written together."""

import hashlib
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue, ValidationError

from app.core.database import Session
from app.generation.service import GenerationService
from app.library.domain import AssetKind, AssetView
from app.library.intake import MEBIBYTE, Intake, Keeping, MadeFile, QuotaReservation, WorkingSpace
from app.media.errors import UnreadableMedia
from app.media.images import ANY_PICTURE, PictureFacts
from app.media.probe import Probes
from app.media.sniff import FileKind
from app.production.archive.contents import restored, restored_takes, wanted_files
from app.production.archive.manifest import MANIFEST, MAX_FILES, FileEntry, Manifest
from app.production.errors import ArchiveDamaged, ArchiveTooLarge, ArchiveUnsafe, NoArchive
from app.projects.domain import ProjectView
from app.projects.restoring import RestoringService
from app.projects.service import ProjectService
from app.resources import Resources

MANIFEST_BYTES = 8 * 1024 * 1024
# Below this much an archive may be packed as well as its words allow.
SMALL_BYTES = 16 * 1024 * 1024
MOST_RATIO = 50
PIECE_BYTES = 256 * 1024
DIRECTORY_BYTES = 1024 * 1024
# The end of a zip: signature, disks, entries, size and place of the directory, length of a comment.
END = struct.Struct("<4s4H2LH")
END_SIGNATURE, EXTENDED_SIGNATURE, LOCATOR_BYTES = b"PK\x05\x06", b"PK\x06\x07", 20
ENCRYPTED = 0x1
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def read_manifest(path: Path, most_bytes: int) -> Manifest:
    """What the archive says it holds, once it is sure that it holds nothing else and not more than allowed."""
    _check_directory(path)
    with _opened(path) as archive:
        entries = archive.infolist()
        _check_entries(entries)
        _check_sizes(entries, path.stat().st_size, most_bytes)
        head = next((entry for entry in entries if entry.filename == MANIFEST), None)
        if head is None:
            raise NoArchive
        manifest = _manifest(_all_of(archive, head))
    named = [file.path for file in manifest.files]
    held = {entry.filename for entry in entries} - {MANIFEST}
    if len(set(named)) != len(named) or held - set(named):
        raise ArchiveUnsafe
    if set(named) - held:
        raise ArchiveDamaged.at(min(set(named) - held))
    if sum(file.size_bytes for file in manifest.files) > most_bytes:
        raise ArchiveTooLarge
    unpacked = {entry.filename: entry.file_size for entry in entries}
    for file in manifest.files:
        if unpacked[file.path] != file.size_bytes:
            raise ArchiveDamaged.at(file.path)
    return manifest


def unpack(path: Path, file: FileEntry, into: Path) -> None:
    """Writes one file of the archive to a place of ours; stops at the first byte too many."""
    digest, left = hashlib.sha256(), file.size_bytes
    with _opened(path) as archive, archive.open(file.path) as source, into.open("xb") as target:
        while piece := source.read(PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                raise ArchiveDamaged.at(file.path)
            digest.update(piece)
            target.write(piece)
    if left or digest.hexdigest() != file.sha256:
        raise ArchiveDamaged.at(file.path)


def _check_directory(path: Path) -> None:
    """Refuses a directory that alone would fill the memory, and forms of it that ours never has."""
    with path.open("rb") as file:
        if path.stat().st_size < END.size:
            raise NoArchive
        file.seek(-END.size, 2)
        signature, _, _, _, count, size_bytes, _, comment_bytes = END.unpack(file.read())
        if signature != END_SIGNATURE or comment_bytes:
            raise NoArchive
        file.seek(max(0, path.stat().st_size - END.size - LOCATOR_BYTES))
        is_extended = file.read(len(EXTENDED_SIGNATURE)) == EXTENDED_SIGNATURE
    if is_extended or count > MAX_FILES + 1 or size_bytes > DIRECTORY_BYTES:
        raise ArchiveUnsafe


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as fault:
        raise NoArchive from fault


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES + 1 or len({entry.filename for entry in entries}) != len(entries):
        raise ArchiveUnsafe
    for entry in entries:
        mode = entry.external_attr >> 16
        is_odd = stat.S_IFMT(mode) not in {0, stat.S_IFREG} or entry.is_dir()
        is_odd = is_odd or (entry.filename == MANIFEST and entry.file_size > MANIFEST_BYTES)
        if is_odd or entry.flag_bits & ENCRYPTED or entry.compress_type not in METHODS:
            raise ArchiveUnsafe


def _check_sizes(entries: list[zipfile.ZipInfo], archive_bytes: int, most_bytes: int) -> None:
    """Refuses by the directory alone what unpacks to too much, or to far more than films and their words ever do."""
    packed_bytes = sum(entry.compress_size for entry in entries)
    unpacked_bytes = sum(entry.file_size for entry in entries)
    # Entries that share their bytes with others are the other way to make a small archive large.
    if packed_bytes > archive_bytes or unpacked_bytes > max(SMALL_BYTES, archive_bytes * MOST_RATIO):
        raise ArchiveUnsafe
    if unpacked_bytes > most_bytes + MANIFEST_BYTES:
        raise ArchiveTooLarge


def _all_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as source:
        content = source.read(MANIFEST_BYTES + 1)
    if len(content) > MANIFEST_BYTES:
        raise ArchiveUnsafe
    return content


def _manifest(content: bytes) -> Manifest:
    if b"\0" in content or b"\\u0000" in content:
        raise NoArchive.because(place="the whole", cause="a text contains a NUL character")
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise NoArchive.because(place=place, cause=first["msg"]) from fault


PICTURES = {FileKind.PNG: "png", FileKind.JPEG: "jpg", FileKind.WEBP: "webp"}
SOUNDS = {FileKind.MP3: "mp3", FileKind.WAV: "wav", FileKind.M4A: "m4a", FileKind.MP4: "m4a"}
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
    if media.kind is not FileKind.MP4 or ending != "mp4" or media.video is None:
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


async def import_archive(resources: Resources, owner_id: str, chunks: AsyncIterable[bytes]) -> ProjectView:
    """A new project of this owner with the content and the media of an archive; a refusal leaves nothing behind."""
    intake = Intake(resources)
    most_bytes = resources.settings.storage.archive_max_size_mb * MEBIBYTE
    async with resources.once(WorkingSpace).room(owner_id) as room, intake.temp_dir() as temp_dir:
        archive = temp_dir / "archive.zip"
        await _spool(resources, archive, _counted(chunks, room, most_bytes))
        async with resources.imports.turn(owner_id):
            manifest = await resources.import_threads.run(read_manifest, archive, most_bytes)
            files = await _unpacked(resources, manifest, archive, room)

        async def write(session: Session, assets: Sequence[AssetView]) -> ProjectView:
            by_path = dict(zip(files, assets, strict=True))
            kept = restored(manifest, by_path, resources.settings.projects.default_language)
            project = await RestoringService.over(session, resources).restore(owner_id, kept)
            await _restore_takes(session, resources, project, manifest, by_path)
            return project

        return await intake.keep_together(owner_id, list(files.values()), write)


async def _restore_takes(
    session: Session, resources: Resources, project: ProjectView, manifest: Manifest, files: Mapping[str, AssetView]
) -> None:
    """The history of every segment, so that an earlier take can be chosen again."""
    board = await ProjectService.over(session, resources).board(project.id)
    for segment, entry in zip(board.segments, manifest.segments, strict=True):
        for take, is_current in restored_takes(entry, files):
            made = await GenerationService.over(session, resources).restore(segment, take)
            if is_current:
                await RestoringService.over(session, resources).name_take(segment.id, made.id)


async def _unpacked(
    resources: Resources, manifest: Manifest, archive: Path, room: QuotaReservation
) -> dict[str, Keeping]:
    """The files that the project shows, proven and judged, by their paths in the archive."""
    wanted = wanted_files(manifest)
    found: dict[str, Keeping] = {}
    for number, file in enumerate(manifest.files):
        if file.path in wanted:
            place = archive.with_name(f"{number}.part")
            room.take(file.size_bytes)
            await resources.import_threads.run(unpack, archive, file, place)
            found[file.path] = Keeping(file.kind, file.name, await judged(resources, file, place))
    return found


async def _counted(chunks: AsyncIterable[bytes], room: QuotaReservation, most_bytes: int) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        room.take(len(chunk))
        if room.taken_bytes > most_bytes:
            raise ArchiveTooLarge
        yield chunk


async def _spool(resources: Resources, target: Path, chunks: AsyncIterable[bytes]) -> None:
    async with resources.threads.opened(target, "xb") as file:
        async for chunk in chunks:
            await resources.threads.run(file.write, chunk)
