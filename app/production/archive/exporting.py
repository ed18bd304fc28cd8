"""Projects as archives: what is in them is settled first, then the bytes are streamed."""

import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import IO, cast

from app.core.pagination import every
from app.generation.domain import TakeView
from app.generation.service import GenerationService
from app.library.domain import AssetState, AssetView, safe_name
from app.library.service import LibraryService
from app.production.archive.contents import Packed, described, wanted_media
from app.production.archive.manifest import MANIFEST
from app.projects.domain import ProjectView, Storyboard
from app.projects.service import ProjectService
from app.resources import Resources
from app.storage.base import FileMissing


@dataclass(frozen=True)
class ZipPart:
    """One file of a zip; its bytes are asked for when its turn comes."""

    name: str
    chunks: AsyncIterator[bytes]


class _Outlet:
    """Takes what a zip writer says and gives it away; a place to go back to does not exist."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, piece: bytes) -> int:
        self._waiting += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece


async def packed(parts: Iterable[ZipPart], moment: datetime) -> AsyncIterator[bytes]:
    """The bytes of a zip; media are stored as they are, because they do not become smaller."""
    outlet = _Outlet()
    # A writer without `tell` and `seek` puts sizes behind each file, which every reader understands.
    with zipfile.ZipFile(cast("IO[bytes]", outlet), "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            head = zipfile.ZipInfo(part.name, moment.timetuple()[:6])
            head.external_attr = 0o644 << 16
            with archive.open(head, "w", force_zip64=True) as entry:
                async for chunk in part.chunks:
                    entry.write(chunk)
                    yield outlet.taken()
            yield outlet.taken()
    yield outlet.taken()


class Content(StrEnum):
    """What is packed."""

    PROJECT = "project"
    FRAMES = "frames"


@dataclass(frozen=True)
class Archive:
    """A zip that is made while it is read."""

    name: str
    chunks: AsyncIterator[bytes]


async def archive_of(resources: Resources, project: ProjectView, content: Content) -> Archive:
    """The archive of a project; whatever is missing in the store is told before the first byte is sent."""
    async with resources.database.reading() as session:
        board = await ProjectService.over(session, resources).board(project.id)
        generation = GenerationService.over(session, resources)
        takes: dict[str, tuple[TakeView, ...]] = {}
        for segment in board.segments:
            takes[segment.id] = await every(partial(generation.listed, segment.id))
        found = await LibraryService.over(session, resources).views(wanted_media(board, takes))
    assets = {key: asset for key, asset in found.items() if asset.state is AssetState.READY}
    for asset in assets.values():
        if await resources.store.stat(asset.store_key) is None:
            raise FileMissing
    parts = (
        _frames(resources, board, assets)
        if content is Content.FRAMES
        else _whole(resources, described(board, takes, assets, resources.clock.now()))
    )
    ending = "frames.zip" if content is Content.FRAMES else "zip"
    return Archive(safe_name(project.settings.name, ending), packed(parts, resources.clock.now()))


def _whole(resources: Resources, described_: Packed) -> Iterator[ZipPart]:
    yield ZipPart(MANIFEST, _text(described_.manifest.model_dump_json(indent=1)))
    for path, asset in described_.assets.items():
        yield ZipPart(path, resources.store.open(asset.store_key))


def _frames(resources: Resources, board: Storyboard, assets: dict[str, AssetView]) -> Iterator[ZipPart]:
    for frame in board.frames:
        asset = assets.get(frame.asset_id or "")
        if asset is not None:
            yield ZipPart(f"frame-{frame.position:02}.{asset.extension}", resources.store.open(asset.store_key))


async def _text(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
