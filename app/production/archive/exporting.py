"""Projects as archives: what is in them is settled first, then the bytes are streamed."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from app.core.pagination import every
from app.generation.domain import TakeView
from app.generation.service import GenerationService
from app.library.domain import AssetState, AssetView, safe_name
from app.library.service import LibraryService
from app.production.archive.describing import Packed, described, wanted_media
from app.production.archive.manifest import MANIFEST
from app.production.archive.packing import Part, packed
from app.projects.service import ProjectService
from app.projects.values import ProjectView, Storyboard
from app.resources import Resources
from app.storage.base import FileMissing

__all__ = ["Archive", "Content", "archive_of"]


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


def _whole(resources: Resources, described_: Packed) -> Iterator[Part]:
    yield Part(MANIFEST, _text(described_.manifest.model_dump_json(indent=1)))
    for path, asset in described_.assets.items():
        yield Part(path, resources.store.open(asset.store_key))


def _frames(resources: Resources, board: Storyboard, assets: dict[str, AssetView]) -> Iterator[Part]:
    for frame in board.frames:
        asset = assets.get(frame.asset_id or "")
        if asset is not None:
            yield Part(f"frame-{frame.position:02}.{asset.extension}", resources.store.open(asset.store_key))


async def _text(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
