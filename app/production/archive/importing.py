"""Archives become projects: unpacked and judged outside any transaction, then written together or not at all."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from pathlib import Path

from app.core.database import Session
from app.generation.service import GenerationService
from app.library.domain import AssetView
from app.library.intake import MEBIBYTE, Intake, Keeping, Room, WorkingSpace
from app.production.archive.errors import ArchiveTooLarge
from app.production.archive.judging import judged
from app.production.archive.manifest import Manifest
from app.production.archive.opening import read_manifest, unpack
from app.production.archive.restored import restored, restored_takes, wanted_files
from app.projects.restoring import RestoringService
from app.projects.service import ProjectService
from app.projects.values import ProjectView
from app.resources import Resources

__all__ = ["import_archive"]


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


async def _unpacked(resources: Resources, manifest: Manifest, archive: Path, room: Room) -> dict[str, Keeping]:
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


async def _counted(chunks: AsyncIterable[bytes], room: Room, most_bytes: int) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        room.take(len(chunk))
        if room.taken_bytes > most_bytes:
            raise ArchiveTooLarge
        yield chunk


async def _spool(resources: Resources, target: Path, chunks: AsyncIterable[bytes]) -> None:
    async with resources.threads.opened(target, "xb") as file:
        async for chunk in chunks:
            await resources.threads.run(file.write, chunk)
