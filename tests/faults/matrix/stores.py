"""Where the films of a row are kept: a folder, a small disk that can be filled or made read-only, an object store."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typing_extensions import override

from tests.faults.matrix.faults import Site, SiteOutage, Store, StoreKind
from tests.faults.outages import Outage
from tests.standins.running import served
from tests.standins.s3.app import Bucket, s3_app

__all__ = ["full", "opened_store", "read_only", "refusing", "slow"]

DISK_MB = 96
FILLER = "filler"
REMOUNT_SECONDS, LOOK_SECONDS = 30.0, 0.02


@dataclass
class FolderStore(Store):
    """A folder, which may be a disk of its own."""

    folder: Path

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {"storage_path": self.folder, "storage_reserve_mb": 0}

    @override
    def names(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


@dataclass
class BucketStore(Store):
    """The stand-in of S3; working files stay in a folder."""

    folder: Path
    address: str
    bucket: Bucket = field(default_factory=Bucket)

    @property
    @override
    def settings(self) -> dict[str, Any]:
        return {
            "storage_path": self.folder,
            "storage_reserve_mb": 0,
            "storage_url": "s3://films",
            "aws_endpoint_url": self.address,
            "aws_access_key_id": "standin",
            "aws_secret_access_key": "standin-secret",
            "aws_region": "eu-west-1",
        }

    @override
    def names(self) -> set[str]:
        return {*self.bucket.objects, *(f"{upload}.part" for upload in self.bucket.uploads)}


@contextmanager
def opened_store(kind: StoreKind, folder: Path) -> Iterator[Store]:
    """A store of this kind; what was mounted is gone afterwards."""
    place = folder / "storage"
    place.mkdir()
    match kind:
        case StoreKind.FOLDER:
            yield FolderStore(place)
        case StoreKind.DISK:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", place], check=True)
            try:
                yield FolderStore(place)
            finally:
                subprocess.run(["umount", "-l", place], check=True)
        case StoreKind.S3:
            bucket = Bucket()
            with served(s3_app(bucket)) as address:
                yield BucketStore(place, address, bucket)


class _Full(SiteOutage):
    """A disk without one free byte."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        assert isinstance(site.store, FolderStore)
        self._filler = site.store.folder / FILLER

    @override
    async def begin(self) -> None:
        with contextlib.suppress(OSError), self._filler.open("wb", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"\0" * size):
                        pass

    @override
    async def end(self) -> None:
        self._filler.unlink()


class _ReadOnly(SiteOutage):
    """A disk that went read-only, as after an error of the hardware."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        assert isinstance(site.store, FolderStore)
        self._folder = site.store.folder

    @override
    async def begin(self) -> None:
        # Whoever writes just now is let finish: the kernel refuses until then.
        async with asyncio.timeout(REMOUNT_SECONDS):
            while not await asyncio.to_thread(self._remounted, "ro"):
                await asyncio.sleep(LOOK_SECONDS)

    @override
    async def end(self) -> None:
        assert await asyncio.to_thread(self._remounted, "rw")

    def _remounted(self, how: str) -> bool:
        command = ["mount", "-o", f"remount,{how}", self._folder]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


class _Bucket(SiteOutage):
    """An object store that answers 500, or late."""

    def __init__(self, site: Site, *, refuses: bool = False, latency_seconds: float = 0.0) -> None:
        super().__init__(site)
        assert isinstance(site.store, BucketStore)
        self._bucket = site.store.bucket
        self._refuses, self._latency_seconds = refuses, latency_seconds

    @override
    async def begin(self) -> None:
        self._bucket.refuses, self._bucket.latency_seconds = self._refuses, self._latency_seconds

    @override
    async def end(self) -> None:
        self._bucket.refuses, self._bucket.latency_seconds = False, 0.0


def full(site: Site) -> Outage:
    return _Full(site)


def read_only(site: Site) -> Outage:
    return _ReadOnly(site)


def refusing(site: Site) -> Outage:
    return _Bucket(site, refuses=True)


def slow(site: Site) -> Outage:
    return _Bucket(site, latency_seconds=4.0)
