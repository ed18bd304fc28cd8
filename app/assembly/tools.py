"""The step of one media.edit job: a tool is used on an owner's files, and a new file is kept."""

import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Self

from pydantic import BaseModel, JsonValue

from app.assembly.domain import MediaFacts, MediaTool, MediaWish
from app.assembly.errors import MediaUnfit
from app.assembly.files import Gathering
from app.core.database import Session
from app.jobs.domain import JobStatus, JobView, Lane
from app.jobs.handlers import JobRun
from app.jobs.queue import JobQueue, Order
from app.library.domain import AssetKind, AssetState, AssetView
from app.library.intake import Intake, Keeping, MadeFile
from app.library.pictures import Stills
from app.library.service import LibraryService
from app.media.film import FilmCutter
from app.media.mp4_reading import MediaInfo
from app.media.probe import Probes
from app.media.timeline import PlacedNarration, Timeline, TimelineSegment
from app.resources import Resources

KIND = "media.edit"
MOST_CLIPS = 100
FILMS = frozenset({AssetKind.CLIP, AssetKind.FILM})
SOUNDS = frozenset({AssetKind.AUDIO_SAMPLE, AssetKind.MUSIC, AssetKind.NARRATION, AssetKind.SOUND})
PICTURES = frozenset({AssetKind.FIRST_FRAME, AssetKind.KEY_FRAME, AssetKind.POSTER})
# Fewest and most files that a tool takes.
COUNTS: Mapping[MediaTool, tuple[int, int]] = {
    MediaTool.LAST_FRAME: (1, 1),
    MediaTool.CONCAT: (2, MOST_CLIPS),
    MediaTool.MUX: (2, 2),
    MediaTool.NORMALISE: (1, 1),
}


class EditParams(BaseModel):
    """Which tool on which files."""

    tool: MediaTool
    asset_ids: tuple[str, ...]


class Editing:
    """Uses one tool; nothing here costs money, so a crash does it again."""

    def __init__(self, work: JobRun, params: EditParams) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._params = params
        self._intake = Intake(work.resources)
        self._film = FilmCutter(work.resources.tools, work.resources.threads)

    async def run(self) -> dict[str, JsonValue]:
        """The new file, as the job's result."""
        await self._work.stage("editing_media", progress=10, status=JobStatus.COMPOSING)
        return await self._work.step("edit", self._edit)

    async def _edit(self) -> dict[str, JsonValue]:
        owner_id = self._work.job.owner_id
        async with self._resources.database.reading() as session:
            library = LibraryService.over(session, self._resources)
            assets = [await library.owned(asset_id, owner_id) for asset_id in self._params.asset_ids]
        check_fit(self._params.tool, assets)
        async with self._intake.temp_dir() as temp_dir:
            made = await self._made(assets, temp_dir)
            kept = await self._intake.keep(owner_id, made.kind, made.name, made.made)
        return {"asset_id": kept.id}

    async def _made(self, assets: list[AssetView], temp_dir: Path) -> Keeping:
        found = await Gathering(self._resources, self._work.job.id).gather(assets, temp_dir)
        paths = [found[asset.id] for asset in assets]
        name = Path(assets[0].name).stem
        match self._params.tool:
            case MediaTool.LAST_FRAME:
                return Keeping(AssetKind.KEY_FRAME, name, await self._last_frame(paths[0], temp_dir))
            case MediaTool.NORMALISE:
                return Keeping(AssetKind.SOUND, name, await self._normalised(paths[0], temp_dir))
            case MediaTool.CONCAT:
                return Keeping(AssetKind.CLIP, name, await self._joined(paths, None, name, temp_dir))
            case MediaTool.MUX:
                return Keeping(AssetKind.CLIP, name, await self._joined(paths[:1], paths[1], name, temp_dir))

    async def _last_frame(self, clip: Path, temp_dir: Path) -> MadeFile:
        seconds = float(await self._film.duration(clip, temp_dir))
        return await Stills(self._resources).last_picture(clip, seconds, temp_dir / "last.png")

    async def _joined(self, clips: list[Path], sound: Path | None, title: str, temp_dir: Path) -> MadeFile:
        """Clips that agree are copied; the sound is theirs, or the given one from the first picture on."""
        spoken = PlacedNarration(sound) if sound else None
        segments = [TimelineSegment(clip, await self._film.duration(clip, temp_dir), spoken) for clip in clips]
        timeline = Timeline(tuple(segments), title=title, keeps_clip_sound=sound is None)
        made = await self._film.render(timeline, temp_dir / "joined.mp4", temp_dir)
        facts: Mapping[str, JsonValue] = {
            "width": made.width_px,
            "height": made.height_px,
            "duration_seconds": round(made.duration_seconds, 3),
        }
        return MadeFile(made.path, "mp4", facts)

    async def _normalised(self, sound: Path, temp_dir: Path) -> MadeFile:
        """The whole recording at the loudness of films."""
        media = await Probes(self._resources.tools, self._resources.threads).probe(sound)
        length = Fraction(media.duration_seconds).limit_denominator(1000)
        timeline = Timeline((TimelineSegment(sound, length, PlacedNarration(sound)),))
        made = await self._film.prepare_audio(timeline, temp_dir)
        target = temp_dir / "normalised.m4a"
        await self._resources.threads.run(shutil.copyfile, made.path, target)
        facts: Mapping[str, JsonValue] = {
            "duration_seconds": round(float(length), 3),
            "integrated_lufs": made.loudness.integrated_lufs,
        }
        return MadeFile(target, "m4a", facts)


class ToolboxService:
    """Starts tools on behalf of an owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._library = LibraryService.over(session, resources)
        self._queue = JobQueue(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, owner_id: str, wish: MediaWish) -> JobView:
        """The job that uses the tool; a foreign file is not found, one of another kind is refused."""
        assets = [await self._library.owned(asset_id, owner_id) for asset_id in wish.asset_ids]
        check_fit(wish.tool, assets)
        job, _ = await self._queue.enqueue(
            Order(
                owner_id=owner_id,
                kind=KIND,
                lane=Lane.RENDER,
                params={"tool": wish.tool.value, "asset_ids": list(wish.asset_ids)},
                direct=True,
            )
        )
        return job


def check_fit(tool: MediaTool, assets: list[AssetView]) -> None:
    """Refuses files that a tool cannot work on."""
    fewest, most = COUNTS[tool]
    if not fewest <= len(assets) <= most:
        said = f"This tool takes {fewest} files." if fewest == most else f"This tool takes {fewest} to {most} files."
        raise MediaUnfit(said, param="asset_ids")
    kinds = [SOUNDS] if tool is MediaTool.NORMALISE else [FILMS] * len(assets)
    if tool is MediaTool.MUX:
        kinds = [FILMS, SOUNDS]
    for asset, fitting in zip(assets, kinds, strict=True):
        if asset.kind not in fitting or asset.state is not AssetState.READY:
            raise MediaUnfit(param="asset_ids", facts={"asset_id": asset.id, "kind": asset.kind.value})


async def probe(resources: Resources, asset: AssetView) -> MediaFacts:
    """What a stored file is; pictures are told from what was measured when they came in."""
    if asset.kind in PICTURES:
        width, height = asset.facts.get("width"), asset.facts.get("height")
        return MediaFacts(
            kind=asset.extension,
            size_bytes=asset.size_bytes,
            width_px=width if isinstance(width, int) else None,
            height_px=height if isinstance(height, int) else None,
        )
    if asset.kind not in FILMS | SOUNDS:
        raise MediaUnfit(param="asset_id", facts={"asset_id": asset.id, "kind": asset.kind.value})
    async with Intake(resources).temp_dir() as temp_dir:
        paths = await Gathering(resources, asset.id).gather([asset], temp_dir)
        return _facts(await Probes(resources.tools, resources.threads).probe(paths[asset.id]), asset.size_bytes)


def _facts(media: MediaInfo, size_bytes: int) -> MediaFacts:
    video, audio = media.video, media.audio
    return MediaFacts(
        kind=media.kind.value,
        size_bytes=size_bytes,
        duration_seconds=round(media.duration_seconds, 3),
        width_px=video.width_px if video else None,
        height_px=video.height_px if video else None,
        frames_per_second=round(video.frames_per_second, 3) if video else None,
        video_codec=video.codec if video else None,
        audio_codec=audio.codec if audio else None,
        sample_rate=audio.sample_rate if audio else None,
        channel_count=audio.channel_count if audio else None,
    )
