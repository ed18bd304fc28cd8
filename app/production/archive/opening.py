"""Reads a zip that a stranger made: every entry is named by us, counted while it is read, and proven by its hash."""

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from app.production.archive.errors import ArchiveDamaged, ArchiveTooLarge, ArchiveUnsafe, NoArchive
from app.production.archive.manifest import MANIFEST, MAX_FILES, FileEntry, Manifest

__all__ = ["read_manifest", "unpack"]

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
