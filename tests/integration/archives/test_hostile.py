"""Archives that strangers made: each is refused by name, and nothing of it is left."""

import hashlib
import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.library.errors import FormUnreadable, NothingSent, QuotaExceeded
from app.library.intake import WorkingSpace
from app.library.models import Asset
from app.production.archive.manifest import MAX_FILES
from app.production.errors import ArchiveDamaged, ArchiveTooLarge, ArchiveUnsafe, NoArchive
from app.projects.models import Project
from tests import factories
from tests.conftest import MakeSettings
from tests.integration.archives.conftest import Packed, exported, manifest_of, sent, unzipped, zipped
from tests.integration.assembly.conftest import CuttingRoom

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(
        database={"database_url": database_url}, storage={"archive_max_size_mb": 1, "user_quota_files": 4}
    )


@pytest.fixture(scope="module")
def shelf() -> Packed:
    """One archive serves all these tests: its clips are encoded once."""
    return {}


@pytest.fixture
async def parts(room: CuttingRoom, shelf: Packed) -> Packed:
    """An archive of two segments without a film."""
    if not shelf:
        shelf.update(unzipped(await exported(room.person, await room.ready())))
    return dict(shelf)


class Refused:
    """What is said, and that nothing is left."""

    def __init__(self, app: FastAPI, person: httpx2.AsyncClient) -> None:
        self.resources = app.state.resources
        self.person = person

    async def left(self) -> tuple[int, int, list[Path]]:
        root = self.resources.settings.storage.storage_path
        files = [path for path in root.rglob("*") if path.is_file()]
        database = self.resources.database
        return await factories.rows(database, Project), await factories.rows(database, Asset), sorted(files)

    async def code(self, content: bytes) -> str:
        before = await self.left()
        answer = await sent(self.person, content)
        assert answer.status_code in {413, 422}, answer.text
        assert await self.left() == before
        return str(answer.json()["code"])


@pytest.fixture
def refused(app: FastAPI, bob: httpx2.AsyncClient) -> Refused:
    return Refused(app, bob)


def changed(parts: Packed, change: Change) -> bytes:
    manifest = manifest_of(parts)
    change(manifest)
    return zipped(parts | {"manifest.json": json.dumps(manifest).encode()})


async def test_an_untouched_archive_is_taken(parts: Packed, bob: httpx2.AsyncClient) -> None:
    assert (await sent(bob, zipped(parts, zipfile.ZIP_DEFLATED))).status_code == 201


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18, b"PK\x03\x04" + b"x" * 500])
async def test_what_is_no_zip_or_has_no_manifest_is_no_archive(refused: Refused, content: bytes) -> None:
    assert await refused.code(content) == NoArchive.code


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/passwd", "media/../../evil.mp4", "C:\\evil.txt", "media/evil.txt", "media/"]
)
async def test_an_entry_with_a_foreign_name_is_refused(refused: Refused, parts: Packed, name: str) -> None:
    assert await refused.code(zipped(parts | {name: b"x"})) == ArchiveUnsafe.code


async def test_a_path_out_of_the_folder_is_refused_in_the_manifest_too(refused: Refused, parts: Packed) -> None:
    def escape(manifest: Manifest) -> None:
        manifest["files"][0]["path"] = "../../evil.mp4"

    assert await refused.code(changed(parts, escape)) == NoArchive.code


async def test_a_link_is_refused(refused: Refused, parts: Packed) -> None:
    path = manifest_of(parts)["files"][0]["path"]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = ((stat.S_IFLNK if name == path else stat.S_IFREG) | 0o777) << 16
            archive.writestr(entry, b"/etc/passwd" if name == path else content)
    assert await refused.code(made.getvalue()) == ArchiveUnsafe.code


async def test_an_entry_that_stands_there_twice_is_refused(refused: Refused, parts: Packed) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in [*parts.items(), ("manifest.json", b"{}")]:
            with archive.open(zipfile.ZipInfo(name), "w") as entry:
                entry.write(content)
            archive.NameToInfo.clear()
    assert await refused.code(made.getvalue()) == ArchiveUnsafe.code


async def test_a_huge_number_of_entries_is_refused(refused: Refused) -> None:
    many = {f"media/{number:05}-clip.mp4": b"" for number in range(MAX_FILES + 2)}
    assert await refused.code(zipped({"manifest.json": b"{}"} | many)) == ArchiveUnsafe.code


async def test_a_directory_that_claims_to_be_huge_is_not_even_read(refused: Refused, parts: Packed) -> None:
    good = zipped(parts)
    huge = good[:-10] + struct.pack("<L", 500 * 1024 * 1024) + good[-6:]
    assert await refused.code(huge) == ArchiveUnsafe.code
    extended = good[:-22] + b"PK\x06\x07" + b"\0" * 16 + good[-22:]
    assert await refused.code(extended) == ArchiveUnsafe.code


async def test_a_bomb_stops_at_what_its_manifest_says(refused: Refused, parts: Packed) -> None:
    path = manifest_of(parts)["files"][0]["path"]
    bomb = zipped(parts | {path: b"\0" * 64 * 1024 * 1024}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 512 * 1024
    assert await refused.code(bomb) == ArchiveUnsafe.code


async def test_a_directory_that_lies_about_a_bomb_is_found_out_while_it_is_unpacked(
    refused: Refused, parts: Packed
) -> None:
    path = manifest_of(parts)["files"][0]["path"]
    honest = len(parts[path])
    bomb = zipped(parts | {path: parts[path] + b"\0" * 512 * 1024}, zipfile.ZIP_DEFLATED)
    lying = bomb.replace(struct.pack("<L", honest + 512 * 1024), struct.pack("<L", honest))
    assert lying != bomb
    assert await refused.code(lying) in {ArchiveDamaged.code, NoArchive.code}


async def test_entries_that_share_their_bytes_are_refused(refused: Refused, parts: Packed) -> None:
    path = manifest_of(parts)["files"][0]["path"]
    good = zipped(parts)
    size = struct.pack("<LL", len(parts[path]), len(parts[path]))
    shared = good.replace(size, struct.pack("<LL", len(good) * 2, len(parts[path])))
    assert shared != good
    assert await refused.code(shared) == ArchiveUnsafe.code


async def test_uploads_that_are_not_kept_yet_count_with_the_quota(app: FastAPI, bob: httpx2.AsyncClient) -> None:
    owner = str((await bob.get("/api/v1/auth/me")).json()["id"])
    space = app.state.resources.once(WorkingSpace)
    async with space.room(owner) as first:
        first.take(app.state.resources.settings.storage.user_quota_mb * 1024 * 1024)
        answer = await sent(bob, b"PK" * 1000)
        assert (answer.status_code, answer.json()["code"]) == (413, QuotaExceeded.code)
    assert (await sent(bob, b"PK" * 1000)).json()["code"] == NoArchive.code


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("application/json", b"{}", NothingSent.code),
        ("multipart/form-data", b"", NothingSent.code),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nPK',
            FormUnreadable.code,
        ),
        ("multipart/form-data; boundary=x", b"PK", FormUnreadable.code),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 30,
            FormUnreadable.code,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
            NothingSent.code,
        ),
    ],
)
async def test_a_form_without_a_whole_file_is_refused(refused: Refused, kind: str, content: bytes, code: str) -> None:
    before = await refused.left()
    answer = await refused.person.post("/api/v1/projects/import", content=content, headers={"Content-Type": kind})
    assert (answer.json()["code"], answer.status_code in {400, 422}) == (code, True)
    assert await refused.left() == before


async def test_a_bomb_that_admits_its_size_is_too_large(refused: Refused, parts: Packed) -> None:
    def admit(manifest: Manifest) -> None:
        manifest["files"][0]["size_bytes"] = 64 * 1024 * 1024

    assert await refused.code(changed(parts, admit)) == ArchiveTooLarge.code


async def test_a_bomb_of_words_is_refused(refused: Refused, parts: Packed) -> None:
    words = zipped(parts | {"manifest.json": b" " * (9 * 1024 * 1024)}, zipfile.ZIP_DEFLATED)
    assert await refused.code(words) == ArchiveUnsafe.code


async def test_an_archive_above_the_limit_is_too_large(refused: Refused, parts: Packed) -> None:
    assert await refused.code(zipped(parts | {"media/x.mp4": b"x" * 1024 * 1024})) == ArchiveTooLarge.code
    answer = await sent(refused.person, b"x" * 1_300_000)
    assert answer.status_code == 413


def _other_hash(manifest: Manifest) -> None:
    manifest["files"][0]["sha256"] = "0" * 64


def _other_size(manifest: Manifest) -> None:
    manifest["files"][0]["size_bytes"] += 1


@pytest.mark.parametrize("change", [_other_hash, _other_size])
async def test_a_file_that_is_not_what_was_said_is_damaged(refused: Refused, parts: Packed, change: Change) -> None:
    assert await refused.code(changed(parts, change)) == ArchiveDamaged.code


async def test_a_missing_file_is_damaged(refused: Refused, parts: Packed) -> None:
    path = manifest_of(parts)["files"][0]["path"]
    assert await refused.code(zipped({n: c for n, c in parts.items() if n != path})) == ArchiveDamaged.code


def _unknown_key(manifest: Manifest) -> None:
    manifest["owner_id"] = "somebody"


def _later_version(manifest: Manifest) -> None:
    manifest["version"] = 2


def _wrong_kind(manifest: Manifest) -> None:
    manifest["segments"][0]["clip"]["file"] = manifest["segments"][0]["narration"]["file"]


def _unknown_file(manifest: Manifest) -> None:
    manifest["segments"][0]["clip"]["file"] = "media/9999-clip.mp4"


def _gap(manifest: Manifest) -> None:
    manifest["segments"][0]["index"] = 7


def _no_frames(manifest: Manifest) -> None:
    manifest["frames"] = manifest["frames"][:1]


def _film_without_film(manifest: Manifest) -> None:
    manifest["film"] = {"variants": {}, "is_fresh": True}


def _nul(manifest: Manifest) -> None:
    manifest["plan_title"] = "a\0b"


def _infinite(manifest: Manifest) -> None:
    manifest["segments"][0]["clip"]["duration_seconds"] = float("inf")


FAULTS = [_unknown_key, _later_version, _wrong_kind, _unknown_file, _gap, _no_frames, _film_without_film, _nul]


@pytest.mark.parametrize("change", [*FAULTS, _infinite])
async def test_a_manifest_that_makes_no_sense_is_no_archive(refused: Refused, parts: Packed, change: Change) -> None:
    assert await refused.code(changed(parts, change)) == NoArchive.code


async def test_a_page_posing_as_a_clip_is_refused(refused: Refused, parts: Packed) -> None:
    page = b"<script>alert(1)</script>"
    manifest = manifest_of(parts)
    clip = next(file for file in manifest["files"] if file["kind"] == "clip")
    clip |= {"size_bytes": len(page), "sha256": hashlib.sha256(page).hexdigest()}
    forged = parts | {clip["path"]: page, "manifest.json": json.dumps(manifest).encode()}
    assert await refused.code(zipped(forged)) == "media.unsupported"


async def test_nobody_elses_track_comes_with_an_archive(
    refused: Refused, parts: Packed, bob: httpx2.AsyncClient
) -> None:
    def borrow(manifest: Manifest) -> None:
        manifest["settings"]["music"] = {"asset_id": "0190a6b2-7c1d-7e3f-8a4b-0123456789ab", "volume": 0.5}

    answer = await sent(bob, changed(parts, borrow))
    assert (answer.status_code, answer.json()["music"]) == (201, None)


async def test_a_full_quota_refuses_the_whole(refused: Refused, parts: Packed) -> None:
    owner = str((await refused.person.get("/api/v1/auth/me")).json()["id"])
    await factories.asset(refused.resources, owner)
    assert await refused.code(zipped(parts)) == QuotaExceeded.code
