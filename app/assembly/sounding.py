"""The step of one film.prepare job: the sound of a film, made while its clips are still on their way."""

from pydantic import JsonValue

from app.assembly.edit import keeps_clip_sound, sound_assets, timeline_of
from app.assembly.errors import FilmFilesGone
from app.assembly.gathering import Gathering
from app.jobs.domain import JobStatus
from app.jobs.handlers import Work
from app.library.intake import Intake
from app.library.service import LibraryService
from app.media.film import Film
from app.projects.progress import ProgressService
from app.resources import Resources

__all__ = ["SoundMaking"]


class SoundMaking:
    """Prepares the sound that a cut of the same narrations finds by its digest."""

    def __init__(self, work: Work) -> None:
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
        async with Intake(self._resources).desk() as desk:
            timeline = timeline_of(board, await gathering.gather(assets.values(), desk))
            film = Film(self._resources.tools, self._resources.threads)
            sound = await film.prepare_audio(timeline, await gathering.bench())
        return {"digest": sound.digest, "integrated_lufs": sound.loudness.integrated_lufs}
