"""`avc backup` and `avc restore`: beside a running service, with words about what is kept and what to look at."""

import json
import shutil
import sqlite3
import stat
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from app.backup.errors import (
    ArchiveUnreadable,
    BackupDamaged,
    BackupTooOld,
    DatabaseNotEmpty,
    FileThere,
    OtherDatabase,
    SchemaBehind,
    SchemaUnknown,
)
from app.core.errors import AppError
from tests.docs.documents import clean_environment, started
from tests.integration.cli.test_commands import AVC, Avc, avc, environment

__all__ = ["avc", "environment"]
PASSWORD = "seven herons over the weir\n"


@pytest.fixture
def saved(tmp_path: Path, environment: dict[str, str], avc: Avc) -> Path:
    """A backup that was taken while the service ran, of an installation with one account."""
    with started([*AVC, "serve"], tmp_path, clean_environment(**environment), seconds=60):
        assert avc("users", "create", "ada@example.com", words=PASSWORD).returncode == 0
        ended = avc("backup", "saved.tar")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "saved.tar\n"
    assert "SECRET_KEY is not in this file" in ended.stderr
    return tmp_path / "saved.tar"


def part(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        content = tar.extractfile(name)
        assert content is not None
        return content.read()


def people(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "video_creator.db")) as database:
        return [row[0] for row in database.execute("SELECT email FROM users WHERE email IS NOT NULL").fetchall()]


def wipe(folder: Path) -> None:
    for path in folder.glob("video_creator*"):
        path.unlink()


def refused(ended: subprocess.CompletedProcess[str], kind: type[AppError]) -> None:
    assert ended.returncode == 2, ended.stderr
    assert kind.message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_file_is_private_and_without_secrets(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with tarfile.open(saved) as tar:
        names = tar.getnames()
    manifest = json.loads(part(saved, "manifest.json"))
    assert {"database/main.db", "database/engine.db"} <= set(names)
    assert "secrets.json" not in names
    assert set(manifest["parts"]) == set(names) - {"manifest.json"}


def test_what_was_destroyed_is_there_again(saved: Path, avc: Avc, tmp_path: Path) -> None:
    wipe(tmp_path)
    ended = avc("restore", str(saved))
    assert ended.returncode == 0, ended.stderr
    assert people(tmp_path) == ["ada@example.com"]
    assert "compare with their bills" in ended.stderr
    assert "ada@example.com" in avc("users", "list").stdout.split()
    with closing(sqlite3.connect(tmp_path / "video_creator.db")) as database:
        actions = [row[0] for row in database.execute("SELECT action FROM audit_entries ORDER BY id").fetchall()]
    assert actions == ["user.create", "backup.restore"]


def test_what_is_there_is_deleted_only_if_that_is_wished(saved: Path, avc: Avc, tmp_path: Path) -> None:
    assert avc("users", "create", "eve@example.com", words=PASSWORD).returncode == 0
    refused(avc("restore", str(saved)), DatabaseNotEmpty)
    assert "eve@example.com" in people(tmp_path)
    assert avc("restore", str(saved), "--replace", "--yes").returncode == 0
    assert people(tmp_path) == ["ada@example.com"]


def test_a_service_that_runs_is_not_restored_into(
    saved: Path, avc: Avc, tmp_path: Path, environment: dict[str, str]
) -> None:
    with started([*AVC, "serve"], tmp_path, clean_environment(**environment), seconds=60):
        ended = avc("restore", str(saved), "--replace", "--yes")
    assert ended.returncode == 2
    assert "Another process already uses" in ended.stderr


def test_a_file_that_was_changed_restores_nothing(saved: Path, avc: Avc, tmp_path: Path) -> None:
    wipe(tmp_path)
    content = bytearray(saved.read_bytes())
    with tarfile.open(saved) as tar:
        content[tar.getmember("database/main.db").offset_data + 5000] ^= 1
    saved.write_bytes(content)
    refused(avc("restore", str(saved)), BackupDamaged)
    assert not (tmp_path / "video_creator.db").exists() or people(tmp_path) == []
    (tmp_path / "other").write_text("no backup")
    refused(avc("restore", "other"), ArchiveUnreadable)


def test_a_backup_of_another_version_or_of_the_other_database_is_refused(saved: Path, avc: Avc, tmp_path: Path) -> None:
    wipe(tmp_path)
    changes: tuple[tuple[dict[str, str], type[AppError]], ...] = (
        ({"revision": "9999"}, SchemaUnknown),
        ({"revision": "0034"}, BackupTooOld),
        ({"database": "postgres"}, OtherDatabase),
    )
    for change, kind in changes:
        changed = tmp_path / "changed.tar"
        with tarfile.open(saved) as source, tarfile.open(changed, "w") as target:
            for member in source.getmembers():
                content = source.extractfile(member)
                assert content is not None
                if member.name == "manifest.json":
                    (tmp_path / "manifest").write_text(json.dumps(json.load(content) | change))
                    target.add(tmp_path / "manifest", "manifest.json")
                else:
                    target.addfile(member, content)
        refused(avc("restore", str(changed)), kind)


def test_nothing_is_written_over(saved: Path, avc: Avc) -> None:
    refused(avc("backup", str(saved)), FileThere)


def test_a_schema_behind_is_not_backed_up(saved: Path, avc: Avc) -> None:
    assert "missing" in avc("db", "downgrade", "--", "-1").stdout
    refused(avc("backup", "other.tar"), SchemaBehind)


def test_secrets_are_written_only_if_that_is_wished_and_a_wrong_key_is_told(
    saved: Path, avc: Avc, tmp_path: Path
) -> None:
    assert "keep it as you keep passwords" in avc("backup", "whole.tar", "--with-secrets").stderr
    secrets = json.loads(part(tmp_path / "whole.tar", "secrets.json"))
    assert secrets["SECRET_KEY"] == (tmp_path / "storage" / ".secret_key").read_text()
    ended = avc("restore", "whole.tar", "--replace", "--yes", SECRET_KEY="another-secret-0123456789-abcdefghijkl")
    assert "SECRET_KEY here is not that of the backup" in ended.stderr
    assert "tar -xOf whole.tar secrets.json" in ended.stderr
    assert secrets["SECRET_KEY"] not in ended.stderr


def test_the_secret_of_a_development_machine_comes_back_with_its_backup(saved: Path, avc: Avc, tmp_path: Path) -> None:
    assert avc("backup", "whole.tar", "--with-secrets").returncode == 0
    kept = tmp_path / "storage" / ".secret_key"
    secret = kept.read_text()
    wipe(tmp_path)
    shutil.rmtree(tmp_path / "storage")
    ended = avc("restore", "whole.tar")
    assert ended.returncode == 0, ended.stderr
    assert kept.read_text() == secret
    assert "not that of the backup" not in ended.stderr
