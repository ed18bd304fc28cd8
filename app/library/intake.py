"""Upload to asset: the one file of a form is streamed to a working file, judged and re-encoded, then stored."""

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog
from pydantic import JsonValue
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from app.core.database import Session, may_be_committed
from app.library.domain import MEDIA_TYPES, AssetKind, AssetState, AssetView, safe_name
from app.library.errors import FormUnreadable, NothingSent, QuotaExceeded, UploadTooLarge
from app.library.models import Asset
from app.library.repository import AssetRepository, QuotaRepository
from app.media.audio import VOICE_SAMPLE, AudioRules
from app.media.images import FRAME_PICTURE
from app.media.sniff import FileKind
from app.resources import Resources
from app.storage.base import StoredFile

MAX_PARTS = 20
log = structlog.get_logger(__name__)
T = TypeVar("T")
MEBIBYTE = 1024 * 1024
MUSIC = AudioRules(shortest_seconds=1.0, longest_seconds=900.0)
SOUNDS = {AssetKind.AUDIO_SAMPLE: VOICE_SAMPLE, AssetKind.MUSIC: MUSIC}
ENDINGS = {FileKind.PNG: "png", FileKind.JPEG: "jpg", FileKind.WEBP: "webp"}


class _Parts:
    """Collects the bytes of the file named `field`; what else a form holds is passed over."""

    def __init__(self, field: str) -> None:
        self._field = field.encode()
        self._count = 0
        self._header, self._value, self._disposition = b"", b"", b""
        self._is_wanted = False
        self._pieces: list[bytes] = []
        self.found = False
        self.ended = False

    def taken(self) -> list[bytes]:
        """The bytes that have come since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def on_part_begin(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            raise FormUnreadable
        self._disposition, self._is_wanted = b"", False

    def on_header_field(self, chunk: bytes, start: int, end: int) -> None:
        self._header += chunk[start:end]

    def on_header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._value += chunk[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._is_wanted = options.get(b"name") == self._field and b"filename" in options and not self.found
        self.found = self.found or self._is_wanted

    def on_part_bytes(self, chunk: bytes, start: int, end: int) -> None:
        if self._is_wanted:
            self._pieces.append(chunk[start:end])

    def on_end(self) -> None:
        self.ended = True

    def parser(self, boundary: bytes) -> MultipartParser:
        """A parser that tells this object what it meets."""
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self.on_part_begin,
                "on_header_field": self.on_header_field,
                "on_header_value": self.on_header_value,
                "on_header_end": self.on_header_end,
                "on_headers_finished": self.on_headers_finished,
                "on_part_data": self.on_part_bytes,
                "on_end": self.on_end,
            },
        )


async def file_in_form(content_type: str, body: AsyncIterable[bytes], field: str) -> AsyncIterator[bytes]:
    """The bytes of the file that a multipart form carries under this name, a piece at a time."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise NothingSent
    parts = _Parts(field)
    try:
        parser = parts.parser(boundary)
        async for chunk in body:
            parser.write(chunk)
            for piece in parts.taken():
                yield piece
    except FormParserError as fault:
        raise FormUnreadable from fault
    if not parts.ended:
        raise FormUnreadable
    if not parts.found:
        raise NothingSent


@dataclass(frozen=True)
class MadeFile:
    """A finished, trusted file of this machine: made here, or judged and re-encoded."""

    path: Path
    extension: str
    facts: Mapping[str, JsonValue]


@dataclass(frozen=True)
class Keeping:
    """A finished file and what it is kept as."""

    kind: AssetKind
    name: str
    made: MadeFile


class QuotaReservation:
    """How much one upload may still write; what it has written counts with the other uploads of its owner."""

    def __init__(self, written: Counter[str], owner_id: str, most_bytes: int) -> None:
        self._written = written
        self._owner_id = owner_id
        self._most_bytes = most_bytes
        self.taken_bytes = 0

    def take(self, size_bytes: int) -> None:
        """Counts bytes that are about to be written, or refuses them."""
        if self._written[self._owner_id] + size_bytes > self._most_bytes:
            raise QuotaExceeded
        self._written[self._owner_id] += size_bytes
        self.taken_bytes += size_bytes


class WorkingSpace:
    """What the uploads of each owner take up in working folders of this process, before they are kept or refused."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.database
        self._quota_bytes = resources.settings.storage.user_quota_mb * MEBIBYTE
        self._written: Counter[str] = Counter()

    @asynccontextmanager
    async def room(self, owner_id: str) -> AsyncIterator[QuotaReservation]:
        """Room for one upload, as much as the owner's quota leaves; it is free again after the block."""
        async with self._database.reading() as session:
            kept_bytes, _ = await QuotaRepository(session).used(owner_id)
        room = QuotaReservation(self._written, owner_id, self._quota_bytes - kept_bytes)
        try:
            yield room
        finally:
            self._written[owner_id] -= room.taken_bytes
            if not self._written[owner_id]:
                del self._written[owner_id]


class Intake:
    """Lets files in; no transaction is open while bytes are moved or judged."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._limits = resources.settings.storage

    @asynccontextmanager
    async def received(
        self, owner_id: str, kind: AssetKind, name: str, chunks: AsyncIterable[bytes]
    ) -> AsyncIterator[AssetView]:
        """An upload as an asset; when the caller's own work with it fails, the asset is gone again."""
        asset = await self.receive(owner_id, kind, name, chunks)
        try:
            yield asset
        except BaseException as fault:
            if not may_be_committed(fault):
                await self._take_back(asset)
            raise

    @asynccontextmanager
    async def judged(self, kind: AssetKind, chunks: AsyncIterable[bytes]) -> AsyncIterator[MadeFile]:
        """An upload judged and re-encoded, for as long as the block lasts; nothing is stored."""
        async with self.temp_dir() as temp_dir:
            yield await self._judged(kind, temp_dir, chunks)

    async def receive(self, owner_id: str, kind: AssetKind, name: str, chunks: AsyncIterable[bytes]) -> AssetView:
        """Takes a stream in as an asset of this kind."""
        async with self.temp_dir() as temp_dir:
            judged = await self._judged(kind, temp_dir, chunks)
            return await self.keep(owner_id, kind, name, judged)

    async def keep(self, owner_id: str, kind: AssetKind, name: str, made: MadeFile) -> AssetView:
        """Stores a trusted file and its row; the file goes when the row cannot be written."""

        async def first(_session: Session, assets: Sequence[AssetView]) -> AssetView:
            return assets[0]

        return await self.keep_together(owner_id, [Keeping(kind, name, made)], first)

    async def keep_together(
        self, owner_id: str, files: Sequence[Keeping], then: Callable[[Session, Sequence[AssetView]], Awaitable[T]]
    ) -> T:
        """Stores trusted files; their rows and what the caller does with them stand or fall together."""
        async with AsyncExitStack() as undoing:
            stored = [await self._held(each.made, undoing) for each in files]
            async with self._resources.database.unit_of_work() as session:
                rows = zip(files, stored, strict=True)
                assets = [await self._row(session, owner_id, each, key, facts) for each, (key, facts) in rows]
                result = await then(session, assets)
            undoing.pop_all()
            return result

    async def _held(self, made: MadeFile, undoing: AsyncExitStack) -> tuple[str, StoredFile]:
        key, stored = await self._store(made)

        async def undo(_kind: object, fault: BaseException | None, _trace: object) -> None:
            # What a lost commit may have given a row is left to the sweep of files without one.
            if fault is None or not may_be_committed(fault):
                await self._resources.store.delete(key)

        undoing.push_async_exit(undo)
        return key, stored

    async def _row(self, session: Session, owner_id: str, file: Keeping, key: str, stored: StoredFile) -> AssetView:
        await self.count_in(session, owner_id, stored.size_bytes)
        row = Asset(
            owner_id=owner_id,
            kind=file.kind,
            state=AssetState.READY,
            name=safe_name(file.name, file.made.extension),
            store_key=key,
            **_facts(file.made, stored),
        )
        return await AssetRepository(session, self._clock).insert(row)

    async def rejudge(self, asset: AssetView) -> AssetView | None:
        """Judges a file that came past us and puts the clean one in its place; None when somebody else just did."""
        async with self.temp_dir() as temp_dir:
            judged = await self._judged(asset.kind, temp_dir, self._resources.store.open(asset.store_key))
            key, stored = await self._store(judged)
        try:
            async with self._resources.database.unit_of_work() as session:
                assets = AssetRepository(session, self._clock)
                name = safe_name(asset.name, judged.extension)
                finished = await assets.finish(asset.id, store_key=key, name=name, **_facts(judged, stored))
                if finished is not None:
                    await QuotaRepository(session).correct(asset.owner_id, stored.size_bytes - asset.size_bytes)
        except BaseException as fault:
            if not may_be_committed(fault):
                await self._resources.store.delete(key)
            raise
        await self._resources.store.delete(asset.store_key if finished else key)
        return finished

    def temp_dir(self) -> AbstractAsyncContextManager[Path]:
        """A working folder that is gone afterwards, whatever happens; a full disk is told as such."""
        return self._resources.temp_dirs.open()

    async def _judged(self, kind: AssetKind, temp_dir: Path, chunks: AsyncIterable[bytes]) -> MadeFile:
        raw = temp_dir / "raw"
        await self._spool(raw, chunks)
        clean = temp_dir / "clean"
        if kind in SOUNDS:
            sound = await self._resources.sounds.clean(raw, clean, SOUNDS[kind])
            return MadeFile(clean, "mp3", {"duration_seconds": round(sound.duration_seconds, 3)})
        picture = await self._resources.pictures.clean(raw, clean, FRAME_PICTURE)
        size: dict[str, JsonValue] = {"width": picture.width_px, "height": picture.height_px}
        return MadeFile(clean, ENDINGS[picture.kind], size)

    async def _spool(self, target: Path, chunks: AsyncIterable[bytes]) -> None:
        most = self._limits.upload_max_size_mb * MEBIBYTE
        size = 0
        async with self._resources.threads.opened(target, "xb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise UploadTooLarge(facts={"limit_bytes": most})
                await self._resources.threads.run(file.write, chunk)
        if size == 0:
            raise NothingSent

    async def _store(self, made: MadeFile) -> tuple[str, StoredFile]:
        asset_key = self._clock.new_id()
        key = f"assets/{asset_key[-2:]}/{asset_key}.{made.extension}"
        return key, await self._resources.store.put_file(key, made.path)

    async def count_in(self, session: Session, owner_id: str, size_bytes: int) -> None:
        """Counts a file into its owner's quota, or refuses."""
        most_bytes = self._limits.user_quota_mb * MEBIBYTE
        fits = await QuotaRepository(session).take(
            owner_id, size_bytes, most_bytes=most_bytes, most_files=self._limits.user_quota_files
        )
        if not fits:
            raise QuotaExceeded(facts={"limit_bytes": most_bytes, "limit_files": self._limits.user_quota_files})

    async def _take_back(self, asset: AssetView) -> None:
        async with self._resources.database.unit_of_work() as session:
            counted_bytes = await AssetRepository(session, self._clock).remove(asset)
            if counted_bytes is not None:
                await QuotaRepository(session).give_back(asset.owner_id, counted_bytes)
        await self._resources.store.delete(asset.store_key)


def _facts(made: MadeFile, stored: StoredFile) -> dict[str, object]:
    return {
        "content_type": MEDIA_TYPES[made.extension],
        "size_bytes": stored.size_bytes,
        "sha256": stored.sha256,
        "facts": dict(made.facts),
    }
