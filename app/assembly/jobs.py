"""film.assemble, film.prepare and film.sweep: films and what they leave; media.edit: tools on single files."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

from pydantic import JsonValue, TypeAdapter, ValidationError
from typing_extensions import override

from app.assembly.domain import check_files, keeps_clip_sound, sound_assets, timeline_of, wanted_assets
from app.assembly.errors import FilmClipsBroken, FilmFilesGone
from app.assembly.files import CUTS_FOLDER, FilmFiles, Gathering
from app.assembly.proof import proof_of
from app.assembly.service import film_stands
from app.assembly.tools import KIND as EDIT_KIND
from app.assembly.tools import Editing, EditParams
from app.core.database import Session
from app.jobs.domain import JobStatus, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun, NoParams
from app.jobs.service import JobService
from app.library.domain import AssetView
from app.library.gallery.service import GalleryService
from app.library.intake import Intake, Keeping
from app.library.pictures import Stills, still_facts
from app.library.service import LibraryService
from app.media.errors import ClipUnusable, UnreadableMedia
from app.media.film import FilmCutter, FilmReport
from app.media.looks import ClipLooks
from app.media.probe import ClipLook
from app.media.timeline import Timeline
from app.projects import domain
from app.projects.domain import FilmVariant, FrameView, ProjectStatus, SegmentView, Storyboard
from app.projects.errors import ProjectNotFound
from app.projects.freshness import clip_digest, film_digest
from app.projects.layout import crop_of
from app.projects.options import AspectRatio
from app.projects.progress import ProgressService
from app.projects.service import failure_to_keep
from app.resources import Resources
from app.storage.temp_dirs import delete_untouched

UNTOUCHED = timedelta(days=2)


def frame_assets(board: Storyboard) -> list[str]:
    """The pictures that clips begin and end with."""
    frames = (frame for segment in board.segments for frame in (segment.first_frame, segment.last_frame))
    return sorted({frame.asset_id for frame in frames if frame.asset_id})


class Looking:
    """Looks at clips beside the key frames that their segments have now."""

    def __init__(self, resources: Resources, cache_dir: Path, temp_dir: Path) -> None:
        self._resources = resources
        self._looks = ClipLooks(resources.tools, resources.threads)
        self._cache_dir = cache_dir
        self._temp_dir = temp_dir
        self._stills = Stills(resources)

    async def looks(
        self, board: Storyboard, assets: Mapping[str, AssetView], clips: Mapping[str, Path]
    ) -> dict[int, ClipLook]:
        """By the index of the segment; refuses clips that cannot be decoded to their end."""
        found: dict[int, ClipLook] = {}
        broken: list[int] = []
        for segment in board.segments:
            if segment.clip is None:
                continue
            try:
                found[segment.index] = await self._look(segment, assets, clips[segment.clip.asset_id])
            except UnreadableMedia:
                broken.append(segment.index)
        if broken:
            raise FilmClipsBroken.of(broken)
        return found

    async def _look(self, segment: SegmentView, assets: Mapping[str, AssetView], clip: Path) -> ClipLook:
        asset = assets[segment.clip_asset_id or ""]
        if _is_still_true(segment) and (known := _told(asset)) is not None:
            return known
        frames = (segment.first_frame, segment.last_frame)
        ends = [assets.get(frame.asset_id or "") for frame in frames]
        ratio = segment.settings.aspect_ratio
        named = json.dumps([asset.id, ratio, *(end.id if end else None for end in ends)])
        kept = self._cache_dir / f"look-{hashlib.sha256(named.encode()).hexdigest()[:32]}.json"
        if (known := await self._resources.threads.run(_read, kept)) is not None:
            return known
        pairs = zip(frames, ends, strict=True)
        pictures = [await self._content(frame, end, ratio) if end else None for frame, end in pairs]
        look = await self._looks.look(clip, pictures, self._temp_dir)
        await self._resources.threads.run(_write, kept, look, self._temp_dir.name)
        return look

    async def _content(self, frame: FrameView, asset: AssetView, ratio: AspectRatio) -> bytes:
        """The picture as the clip was given it."""
        facts = still_facts(asset)
        crop = crop_of(frame, (facts.width_px, facts.height_px), ratio)
        return (await (self._stills.cropped(asset, *crop) if crop else self._stills.picture(asset))).content


def _is_still_true(segment: SegmentView) -> bool:
    """Whether the clip was looked at beside the frames that the segment has now."""
    clip = segment.clip
    if clip is None or clip.digest != clip_digest(segment):
        return False
    return clip.last_frame_asset_id == segment.last_frame.asset_id


def _told(asset: AssetView) -> ClipLook | None:
    """What was measured when the clip came."""
    look = asset.facts.get("look")
    return None if look is None else TypeAdapter(ClipLook).validate_python(look)


def _read(kept: Path) -> ClipLook | None:
    """What an earlier cut measured; unreadable is as good as nothing."""
    try:
        return TypeAdapter(ClipLook).validate_json(kept.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(kept: Path, look: ClipLook, own_name: str) -> None:
    """Another cut may read it at this moment."""
    partial = kept.with_name(f"{kept.name}.{own_name}")
    partial.write_text(json.dumps(asdict(look)))
    partial.replace(kept)


class MixFilmSound:
    """Prepares the sound that a cut of the same narrations finds by its digest."""

    def __init__(self, work: JobRun) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._project_id = work.job.project_id or ""

    async def run(self) -> dict[str, JsonValue]:
        """How loud the sound is, or that it can only be made with the clips that are heard in it."""
        await self._work.stage("preparing_sound", progress=10, status=JobStatus.GENERATING_AUDIO)
        return await self._work.step("prepare", self._prepare)

    async def _prepare(self) -> dict[str, JsonValue]:
        async with self._resources.database.reading() as session:
            board = await ProgressService.over(session, self._resources).board(self._project_id)
            if keeps_clip_sound(board.project.settings):
                return {"waits_for": "clips"}
            wanted = sound_assets(board)
            assets = await LibraryService.over(session, self._resources).views(wanted)
        if set(wanted) != set(assets):
            raise FilmFilesGone
        gathering = Gathering(self._resources, self._project_id)
        async with Intake(self._resources).temp_dir() as temp_dir:
            timeline = timeline_of(board, await gathering.gather(assets.values(), temp_dir))
            film = FilmCutter(self._resources.tools, self._resources.threads)
            sound = await film.prepare_audio(timeline, await gathering.cache_dir())
        return {"digest": sound.digest, "integrated_lufs": sound.loudness.integrated_lufs}


class RenderFilm:
    """Cuts the film of one project within one job; nothing here costs money, so a crash cuts again."""

    def __init__(self, work: JobRun) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._project_id = work.job.project_id or ""
        self._intake = Intake(work.resources)
        self._gathering = Gathering(work.resources, self._project_id)
        self._film = FilmCutter(work.resources.tools, work.resources.threads)

    async def run(self) -> dict[str, JsonValue]:
        """The published film, as the job's result."""
        work = self._work
        await work.stage("gathering_clips", progress=5)
        await work.step("begin", self._begin)
        await work.stage("cutting_film", progress=20, status=JobStatus.COMPOSING)
        return await work.step("cut", self._cut)

    async def _begin(self) -> None:
        """Takes the project unless the start has taken it, or an earlier run has published the film."""
        async with self._resources.database.unit_of_work() as session:
            progress = ProgressService.over(session, self._resources)
            project = (await progress.board(self._project_id)).project
            stands = await film_stands(project, LibraryService.over(session, self._resources))
            if project.status is not ProjectStatus.FINALIZING and not stands:
                await progress.begin_cut(self._project_id)

    async def _cut(self) -> dict[str, JsonValue]:
        async with self._resources.database.reading() as session:
            board = await ProgressService.over(session, self._resources).board(self._project_id)
            library = LibraryService.over(session, self._resources)
            film = board.project.film
            if film is not None and await film_stands(board.project, library):
                return {"asset_id": film.asset_id}
            assets = await library.views(wanted_assets(board))
            frames = await library.views(frame_assets(board))
            spent = await self._spent(session)
        check_files(board, assets)
        async with self._intake.temp_dir() as temp_dir:
            paths = await self._gathering.gather(assets.values(), temp_dir)
            looking = Looking(self._resources, await self._gathering.cache_dir(), temp_dir)
            looks = await looking.looks(board, {**frames, **assets}, paths)
            timeline, made = await self._made(board, paths, temp_dir)
            files = await FilmFiles(self._resources, temp_dir).of(timeline, made, proof_of(board, made, looks, spent))
            return await self._publish(board, files)

    async def _made(self, board: Storyboard, paths: Mapping[str, Path], temp_dir: Path) -> tuple[Timeline, FilmReport]:
        cache_dir = await self._gathering.cache_dir()
        clips = {each.index: paths[each.clip.asset_id] for each in board.segments if each.clip}
        timeline = timeline_of(board, paths, await self._durations(clips, cache_dir))
        return timeline, await self._film.render(timeline, temp_dir / "film.mp4", cache_dir)

    async def _durations(self, clips: Mapping[int, Path], cache_dir: Path) -> list[Fraction]:
        found: list[Fraction] = []
        broken: list[int] = []
        for index, clip in clips.items():
            try:
                found.append(await self._film.duration(clip, cache_dir))
            except (ClipUnusable, UnreadableMedia):
                broken.append(index)
        if broken:
            raise FilmClipsBroken.of(broken)
        return found

    async def _publish(self, board: Storyboard, files: Mapping[FilmVariant, Keeping]) -> dict[str, JsonValue]:
        """Rows of all files and the project's film in one unit of work; the film before it makes room."""

        async def accept(session: Session, assets: Sequence[AssetView]) -> domain.Film:
            variants = {variant: asset.id for variant, asset in zip(files, assets, strict=True)}
            film = domain.Film(
                asset_id=variants[FilmVariant.VIDEO], digest=film_digest(board.project), variants=variants
            )
            await self._replace_film(session, film.asset_id)
            await ProgressService.over(session, self._resources).accept_film(self._project_id, film)
            return film

        film = await self._intake.keep_together(board.project.owner_id, list(files.values()), accept)
        return {"asset_id": film.asset_id}

    async def _replace_film(self, session: Session, successor_id: str) -> None:
        """The project's earlier film makes room; who has a link to it may watch it to its end."""
        earlier = (await ProgressService.over(session, self._resources).board(self._project_id)).project.film
        if earlier is None:
            return
        await GalleryService.over(session, self._resources).succeed(earlier.asset_id, successor_id)
        library = LibraryService.over(session, self._resources)
        for asset in (await library.views({earlier.asset_id, *earlier.variants.values()})).values():
            await library.replace(asset, successor_id)

    async def _spent(self, session: Session) -> int:
        return await JobService.over(session, self._resources).spent_on(self._work.job.owner_id, self._project_id)


class AssembleFilm(JobHandler[NoParams]):
    """Cuts a film from the clips and narrations that its project holds."""

    kind: ClassVar[str] = "film.assemble"
    label: ClassVar[str] = "Cut the film"
    lane: ClassVar[Lane] = Lane.RENDER
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        return await RenderFilm(work).run()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The project rests: failed with its reason, or where it stood when the work was cancelled."""
        if ending is Ending.COMPLETED or job.project_id is None:
            return
        progress = ProgressService.over(session, self._resources)
        if await _is_cutting(progress, job.project_id):
            await progress.rest(job.project_id, await failure_to_keep(session, self._resources, job, ending))


class PrepareSound(JobHandler[NoParams]):
    """Makes the sound of a film ahead of its cut."""

    kind: ClassVar[str] = "film.prepare"
    label: ClassVar[str] = "Prepare the sound"
    lane: ClassVar[Lane] = Lane.RENDER
    params = NoParams

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        return await MixFilmSound(work).run()


class EditMedia(JobHandler[EditParams]):
    """Makes a new file from files that its owner has."""

    kind: ClassVar[str] = EDIT_KIND
    label: ClassVar[str] = "Edit media files"
    lane: ClassVar[Lane] = Lane.RENDER
    params = EditParams

    @override
    async def run(self, work: JobRun, params: EditParams) -> dict[str, JsonValue]:
        return await Editing(work, params).run()


class SweepCuts(JobHandler[NoParams]):
    """Deletes what cuts have kept for the next one, when there has been none for long."""

    kind: ClassVar[str] = "film.sweep"
    label: ClassVar[str] = "Remove what old cuts have kept"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=6)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        return {"folders": await work.step("cuts", self.delete_old)}

    async def delete_old(self) -> int:
        """Deletes folders of cuts that are untouched for long, with what a crash left in them; says how many."""
        cuts = self._resources.settings.storage.storage_path / CUTS_FOLDER
        return await self._resources.threads.run(delete_untouched, cuts, self._resources.clock.now() - UNTOUCHED)


async def _is_cutting(progress: ProgressService, project_id: str) -> bool:
    """Whether there is a project to rest; a deleted one is left alone."""
    try:
        board = await progress.board(project_id)
    except ProjectNotFound:
        return False
    return board.project.status is ProjectStatus.FINALIZING
