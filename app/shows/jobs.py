"""show.*: the stages of a show as jobs, and the sweep of drafts whose time is over."""

from datetime import timedelta
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun, NoParams
from app.jobs.service import JobService
from app.library.service import LibraryService
from app.resources import Resources
from app.shows.domain import ShowStage, StageEntry
from app.shows.errors import ShowNotFound
from app.shows.repository import ShowRepository
from app.shows.running import ShowParams, run_stage
from app.shows.stage_context import change, log_stage, own_assets, with_entry

BATCH = 50


class _MakeStage(JobHandler[ShowParams]):
    """What all stages have in common."""

    stage: ClassVar[ShowStage]
    lane: ClassVar[Lane] = Lane.REMOTE
    params = ShowParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: ShowParams) -> dict[str, JsonValue]:
        return await run_stage(work, self.stage, params)

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The show keeps why a stage failed; what was made before it stays."""
        if ending is not Ending.FAILED:
            return
        failure = (await JobService.over(session, self._resources).any(job.id)).failure
        told: dict[str, JsonValue] = {"code": failure.code, "message": failure.message} if failure else {}
        stage = _stage_of(job, self.stage)
        entry = StageEntry(stage, success=False, at=self._resources.clock.now(), facts={**told, "job_id": job.id})
        log_stage(job.id, stage, told, success=False)
        try:
            await change(session, self._resources, job.project_id or "", lambda show: with_entry(show.made, entry))
        except ShowNotFound:
            return


class WriteContent(_MakeStage):
    """What the show tells."""

    stage = ShowStage.CONTENT
    kind: ClassVar[str] = "show.content"
    label: ClassVar[str] = "Write the content"


class WriteScript(_MakeStage):
    """What is said and shown."""

    stage = ShowStage.SCRIPT
    kind: ClassVar[str] = "show.script"
    label: ClassVar[str] = "Write the script"


class DrawPictures(_MakeStage):
    """Every picture that is due."""

    stage = ShowStage.IMAGES
    kind: ClassVar[str] = "show.images"
    label: ClassVar[str] = "Draw the pictures"


class DrawShowPicture(_MakeStage):
    """One picture, anew."""

    stage = ShowStage.IMAGE
    kind: ClassVar[str] = "show.image"
    label: ClassVar[str] = "Draw a picture"


class SpeakVoices(_MakeStage):
    """Every text that is due."""

    stage = ShowStage.VOICES
    kind: ClassVar[str] = "show.voices"
    label: ClassVar[str] = "Speak the script"


class CutVideo(_MakeStage):
    """The reel and the plain film."""

    stage = ShowStage.VIDEO
    kind: ClassVar[str] = "show.video"
    label: ClassVar[str] = "Make the video"
    lane: ClassVar[Lane] = Lane.RENDER


class LayMusic(_MakeStage):
    """The film with a track."""

    stage = ShowStage.MUSIC
    kind: ClassVar[str] = "show.music"
    label: ClassVar[str] = "Lay the music"
    lane: ClassVar[Lane] = Lane.RENDER


class SetCaptions(_MakeStage):
    """The captions, and the film that shows them."""

    stage = ShowStage.CAPTIONS
    kind: ClassVar[str] = "show.captions"
    label: ClassVar[str] = "Make the captions"
    lane: ClassVar[Lane] = Lane.RENDER


class RunShow(_MakeStage):
    """All of it."""

    stage = ShowStage.RUN
    kind: ClassVar[str] = "show.run"
    label: ClassVar[str] = "Make the whole show"


class SweepShows(JobHandler[NoParams]):
    """Deletes drafts that nobody has made a show of in their time, with their files."""

    kind: ClassVar[str] = "shows.sweep"
    label: ClassVar[str] = "Remove old drafts"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: JobRun, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("sweeping", progress=10)
        return {"shows": await work.step("drafts", self.sweep)}

    async def sweep(self) -> int:
        """Deletes what has expired; says how many drafts."""
        gone, after = 0, ""
        while late := await self._late(after):
            for show_id in late:
                await self._remove(show_id)
            gone, after = gone + len(late), late[-1]
        return gone

    async def _late(self, after: str) -> list[str]:
        now = self._resources.clock.now()
        async with self._resources.database.reading() as session:
            return [row.id for row in await ShowRepository(session, self._resources.clock).expired(now, after, BATCH)]

    async def _remove(self, show_id: str) -> None:
        async with self._resources.database.unit_of_work() as session:
            gone = await own_assets(session, self._resources, show_id)
            for asset in gone:
                await LibraryService.over(session, self._resources).forget(asset)
            await ShowRepository(session, self._resources.clock).remove(show_id)
        for asset in gone:
            await self._resources.store.delete(asset.store_key)


STAGES = (
    WriteContent,
    WriteScript,
    DrawPictures,
    DrawShowPicture,
    SpeakVoices,
    CutVideo,
    LayMusic,
    SetCaptions,
    RunShow,
)


def show_handlers(resources: Resources) -> tuple[JobHandler[ShowParams], ...]:
    """Every stage's handler."""
    return tuple(made(resources) for made in STAGES)


def _stage_of(job: JobView, usual: ShowStage) -> ShowStage:
    """Which stage of a whole run it was that failed."""
    name = job.stage.partition("_")[0]
    return ShowStage(name) if usual is ShowStage.RUN and name in set(ShowStage) else usual
