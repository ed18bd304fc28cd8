"""What the worker does for narrations and voices: narrate, clone, design, preview, watch."""

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.handlers import Ending, JobHandler, NoParams, Work
from app.narration.cloning import CloneParams, Cloning
from app.narration.designing import Designing, DesignParams
from app.narration.making import film_of
from app.narration.previewing import Previewing, PreviewParams
from app.narration.remains import KeptNarrations
from app.narration.steps import Narrating
from app.narration.watch import VoiceWatch
from app.projects.progress import ProgressService
from app.projects.remains import purge
from app.projects.states import ProjectStatus
from app.projects.work import failure_to_keep
from app.resources import Resources

__all__ = ["CloneVoice", "DesignVoice", "NarrateParams", "NarrateSegment", "PreviewVoice", "WatchVoices"]


class NarrateParams(BaseModel):
    """Which segment is narrated, and whether a lost voice is replaced by the engine's usual one."""

    segment_id: str
    replaces_lost: bool = False


class NarrateSegment(JobHandler[NarrateParams]):
    """Speaks, measures and fits; what was spoken stays as a take, whether it fits or not."""

    kind: ClassVar[str] = "segment.narrate"
    label: ClassVar[str] = "Narrate the segment"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = NarrateParams

    @override
    async def run(self, work: Work, params: NarrateParams) -> dict[str, JsonValue]:
        return await Narrating(work, params.segment_id, replaces_lost=params.replaces_lost).run()


class CloneVoice(JobHandler[CloneParams]):
    """Copies a voice with its owner's consent; the film that it is for waits meanwhile."""

    kind: ClassVar[str] = "voice.clone"
    label: ClassVar[str] = "Clone the voice"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = CloneParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: CloneParams) -> dict[str, JsonValue]:
        return await Cloning(work, params).run()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """The film rests: failed with its reason, or where it stood when the work was cancelled."""
        progress = ProgressService.over(session, self._resources)
        film = await film_of(progress, job.project_id)
        if film is None or film.status is not ProjectStatus.VOICE_CLONING:
            return
        await progress.rest(film.id, await failure_to_keep(session, self._resources, job, ending))


class DesignVoice(JobHandler[DesignParams]):
    """Invents a voice from a description."""

    kind: ClassVar[str] = "voice.design"
    label: ClassVar[str] = "Design the voice"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = DesignParams

    @override
    async def run(self, work: Work, params: DesignParams) -> dict[str, JsonValue]:
        return await Designing(work, params).run()


class PreviewVoice(JobHandler[PreviewParams]):
    """Makes a voice heard."""

    kind: ClassVar[str] = "voice.preview"
    label: ClassVar[str] = "Listen to the voice"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = PreviewParams

    @override
    async def run(self, work: Work, params: PreviewParams) -> dict[str, JsonValue]:
        return await Previewing(work, params).run()


class WatchVoices(JobHandler[NoParams]):
    """Marks voices that vendors have lost, and removes what nobody may keep."""

    kind: ClassVar[str] = "voice.watch"
    label: ClassVar[str] = "Watch over the voices"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._watch = VoiceWatch(resources)

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("watching_voices", progress=10)
        lost = await work.step("lost", self._watch.mark_lost)
        deleted = await work.step("deleted", self._watch.bid_farewell)
        takes = await work.step("takes", purge, self._resources, KeptNarrations(self._resources.clock))
        raw_sounds = await work.step("raw_sounds", self._watch.drop_raw_sounds)
        return {"lost": lost, "deleted": deleted, "takes": takes, "raw_sounds": raw_sounds}
