"""The step of one media.edit job: a tool is used on an owner's files, and a new file is kept."""

import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from pydantic import BaseModel, JsonValue

from app.assembly.gathering import Gathering
from app.assembly.toolbox import check_fit
from app.assembly.values import MediaTool
from app.jobs.domain import JobStatus
from app.jobs.handlers import Work
from app.library.intake import Intake, Keeping, MadeFile
from app.library.service import LibraryService
from app.library.stills import Stills
from app.library.values import AssetKind, AssetView
from app.media.film import Film
from app.media.probe import Probes
from app.media.timeline import Narration, Timeline, TimelineSegment
from app.resources import Resources

__all__ = ["EditParams", "Editing"]


class EditParams(BaseModel):
    """Which tool on which files."""

    tool: MediaTool
    asset_ids: tuple[str, ...]


class Editing:
    """Uses one tool; nothing here costs money, so a crash does it again."""

    def __init__(self, work: Work, params: EditParams) -> None:
        self._work = work
        self._resources: Resources = work.resources
        self._params = params
        self._intake = Intake(work.resources)
        self._film = Film(work.resources.tools, work.resources.threads)

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
        async with self._intake.desk() as desk:
            made = await self._made(assets, desk)
            kept = await self._intake.keep(owner_id, made.kind, made.name, made.made)
        return {"asset_id": kept.id}

    async def _made(self, assets: list[AssetView], desk: Path) -> Keeping:
        found = await Gathering(self._resources, self._work.job.id).gather(assets, desk)
        paths = [found[asset.id] for asset in assets]
        name = Path(assets[0].name).stem
        match self._params.tool:
            case MediaTool.LAST_FRAME:
                return Keeping(AssetKind.KEY_FRAME, name, await self._last_frame(paths[0], desk))
            case MediaTool.NORMALISE:
                return Keeping(AssetKind.SOUND, name, await self._normalised(paths[0], desk))
            case MediaTool.CONCAT:
                return Keeping(AssetKind.CLIP, name, await self._joined(paths, None, name, desk))
            case MediaTool.MUX:
                return Keeping(AssetKind.CLIP, name, await self._joined(paths[:1], paths[1], name, desk))

    async def _last_frame(self, clip: Path, desk: Path) -> MadeFile:
        seconds = float(await self._film.duration(clip, desk))
        return await Stills(self._resources).last_picture(clip, seconds, desk / "last.png")

    async def _joined(self, clips: list[Path], sound: Path | None, title: str, desk: Path) -> MadeFile:
        """Clips that agree are copied; the sound is theirs, or the given one from the first picture on."""
        spoken = Narration(sound) if sound else None
        segments = [TimelineSegment(clip, await self._film.duration(clip, desk), spoken) for clip in clips]
        timeline = Timeline(tuple(segments), title=title, keeps_clip_sound=sound is None)
        made = await self._film.render(timeline, desk / "joined.mp4", desk)
        facts: Mapping[str, JsonValue] = {
            "width": made.width_px,
            "height": made.height_px,
            "duration_seconds": round(made.duration_seconds, 3),
        }
        return MadeFile(made.path, "mp4", facts)

    async def _normalised(self, sound: Path, desk: Path) -> MadeFile:
        """The whole recording at the loudness of films."""
        media = await Probes(self._resources.tools, self._resources.threads).probe(sound)
        length = Fraction(media.duration_seconds).limit_denominator(1000)
        timeline = Timeline((TimelineSegment(sound, length, Narration(sound)),))
        made = await self._film.prepare_audio(timeline, desk)
        target = desk / "normalised.m4a"
        await self._resources.threads.run(shutil.copyfile, made.path, target)
        facts: Mapping[str, JsonValue] = {
            "duration_seconds": round(float(length), 3),
            "integrated_lufs": made.loudness.integrated_lufs,
        }
        return MadeFile(target, "m4a", facts)
