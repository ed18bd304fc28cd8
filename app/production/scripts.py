"""Films of a script: each line is a scene that is spoken; judged before anything is kept, made in one job."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Self

from app.core.database import Session
from app.core.pagination import Page, Window
from app.jobs.domain import JobFilter, JobStatus, JobView
from app.jobs.errors import IllegalJobMove, JobNotFound
from app.jobs.service import JobService, follow
from app.jobs.settlement import JobControl
from app.library.domain import AssetView
from app.library.service import LibraryService
from app.media.timeline import Mood
from app.moderation.service import ModerationService
from app.production.domain import (
    ProductionJobKind,
    ScriptedJob,
    ScriptedWish,
    Stage,
    furthest_percent,
    reached_percent,
    step_targets,
)
from app.production.errors import ScriptEmpty, ScriptTooLong
from app.production.jobs import STATUSES
from app.production.service import FilmWish, ProductionService
from app.projects.domain import FilmVariant, ProjectView
from app.projects.errors import ProjectNotFound
from app.projects.options import FITTING_MOOD
from app.projects.schemas import OF_THE_TEXT, MusicBody, ProjectCreate, ProjectEdit, SegmentAdd, SegmentEdit
from app.projects.service import ProjectService
from app.projects.storyboard import StoryboardService
from app.resources import Resources

SHORT_SECONDS: Final = 6
LONG_SECONDS: Final = 10
LONGEST_LINE_CHARACTERS: Final = 2000
WORD = re.compile(r"[^\W\d_]+")
# Beginnings of words that people use for a mood; what none of them fits is played softly.
MOOD_STEMS: Final[Mapping[Mood, tuple[str, ...]]] = {
    Mood.UPBEAT: ("upbeat", "happy", "energ", "danc", "pop", "joy", "fun", "cheer", "fast"),
    Mood.CINEMATIC: ("cinema", "epic", "drama", "orchestr", "film", "trailer", "hero"),
    Mood.CORPORATE: ("corporat", "business", "present", "tech", "commerc"),
    Mood.AMBIENT: ("ambient", "drone", "space", "meditat", "atmosph", "nature"),
}


def scenes_of(script: str, longest_sec: int) -> tuple[str, ...]:
    """One scene for each line that is not empty, in order; refuses more than a film here has room for."""
    lines = tuple(line.strip() for line in script.splitlines() if line.strip())
    if not lines:
        raise ScriptEmpty(param="script")
    most = longest_sec // SHORT_SECONDS
    if len(lines) > most:
        raise ScriptTooLong.of(lines=len(lines), most=most)
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE_CHARACTERS:
            raise ScriptTooLong.at_line(number, characters=len(line), most=LONGEST_LINE_CHARACTERS)
    return lines


def scene_seconds(wanted_seconds: float, count: int, longest_sec: int) -> int:
    """The length of a scene nearest to the wish; the short one where so many long ones have no room."""
    is_long = wanted_seconds > (SHORT_SECONDS + LONG_SECONDS) / 2
    return LONG_SECONDS if is_long and count * LONG_SECONDS <= longest_sec else SHORT_SECONDS


def mood_of(prompt: str) -> Mood | None:
    """The built-in music that comes nearest to the words; None when no music is wished for."""
    words = [word.casefold() for word in WORD.findall(prompt)]
    if not words:
        return None
    fitting = (mood for mood, stems in MOOD_STEMS.items() if any(word.startswith(stems) for word in words))
    return next(fitting, Mood.SOFT)


STOPPING_SECONDS = 2.0


class ScriptedFilms:
    """Works on behalf of one owner; opens its own short units of work, because scripts are judged outside of any."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._longest_sec = resources.settings.projects.max_target_duration_sec
        self._judge = ModerationService(resources)

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """The service of this process."""
        return cls(resources)

    async def create(self, owner_id: str, title: str, script: str) -> ProjectView:
        """A new project with one segment for each line of an allowed script."""
        scenes = scenes_of(script, self._longest_sec)
        await self._admit(title, script)
        wish = ProjectCreate(
            name=title,
            story_prompt=script,
            target_duration_sec=len(scenes) * SHORT_SECONDS,
            segment_len_sec=SHORT_SECONDS,
            language=OF_THE_TEXT,
        )
        async with self._resources.database.unit_of_work() as session:
            return await ProjectService.over(session, self._resources).create(owner_id, wish)

    async def edit(self, project: ProjectView, title: str | None, script: str | None) -> ProjectView:
        """Other words; its segments follow when the next film is started."""
        named = {"name": title, "story_prompt": script, "language": None if script is None else OF_THE_TEXT}
        wish = ProjectEdit.model_validate({name: value for name, value in named.items() if value is not None})
        if script is not None:
            scenes_of(script, self._longest_sec)
        await self._admit(title or "", script or "")
        async with self._resources.database.unit_of_work() as session:
            return await ProjectService.over(session, self._resources).edit(project.id, wish)

    async def begin(self, project: ProjectView, wish: ScriptedWish) -> JobView:
        """The film of the project's script as one job; while one is on it, that one is given."""
        scenes = scenes_of(project.settings.story_prompt, self._longest_sec)
        await self._admit(project.settings.name, project.settings.story_prompt)
        async with self._resources.database.unit_of_work() as session:
            running = await JobService.over(session, self._resources).at_work(project.id, ProductionJobKind.FILM.value)
            if running:
                return running[0]
            mood = mood_of(wish.music_prompt)
            music = MusicBody(mood=mood.value if mood else FITTING_MOOD, volume=wish.music_volume)
            edited = await ProjectService.over(session, self._resources).edit(project.id, ProjectEdit(music=music))
            await self._write(session, edited, scenes, wish)
            made = FilmWish(auto_approve=True, config=wish.config)
            return await ProductionService.over(session, self._resources).begin_film(edited, made)

    async def owned(self, job_id: str, owner_id: str) -> JobView:
        """The film job of this owner; other work and foreign jobs are not found."""
        async with self._resources.database.reading() as session:
            return _film(await JobService.over(session, self._resources).owned(job_id, owner_id))

    async def listed(self, owner_id: str, wanted: JobFilter, window: Window) -> list[ScriptedJob]:
        """Film jobs of this owner, the newest first."""
        films = JobFilter(status=wanted.status, kind=ProductionJobKind.FILM.value, project_id=wanted.project_id)
        async with self._resources.database.reading() as session:
            found: Page[JobView] = (await JobService.over(session, self._resources).listed(owner_id, films, window))[0]
            return [await self._seen(session, job) for job in found.items]

    async def shown(self, job: JobView) -> ScriptedJob:
        """One film job with what it has made."""
        async with self._resources.database.reading() as session:
            current = await JobService.over(session, self._resources).any(job.id)
            return await self._seen(session, current)

    async def cancel(self, job: JobView) -> ScriptedJob:
        """Stops a film, and waits a moment for it to stand still."""
        async with self._resources.database.unit_of_work() as session:
            stopping = await JobControl.over(session, self._resources).cancel(job)
        return await self.shown(await follow(self._resources, stopping, STOPPING_SECONDS))

    async def move(self, job: JobView, to: JobStatus, said: str | None) -> ScriptedJob:
        """A move by hand to the very next step; no step is passed over."""
        allowed = step_targets(_film(job).status)
        if to not in allowed:
            raise IllegalJobMove(facts={"current": job.status.value, "allowed": [step.value for step in allowed]})
        async with self._resources.database.unit_of_work() as session:
            await JobControl.over(session, self._resources).move(job, to, said)
        return await self.shown(job)

    async def film(self, job: JobView) -> AssetView:
        """The film that a completed job has made."""
        async with self._resources.database.reading() as session:
            return await LibraryService.over(session, self._resources).made_by(job)

    async def _admit(self, title: str, script: str) -> None:
        await self._judge.admit_text("\n".join(text for text in (title, script) if text))

    async def _write(self, session: Session, project: ProjectView, scenes: Sequence[str], wish: ScriptedWish) -> None:
        """Brings the segments in line with the scenes; what says the same already keeps its clip."""
        board = StoryboardService.over(session, self._resources)
        segments = await board.segments(project.id)
        seconds = scene_seconds(wish.scene_seconds, len(scenes), self._longest_sec)
        for surplus in reversed(segments[len(scenes) :]):
            await board.remove(surplus)
        for segment, line in zip(segments, scenes, strict=False):
            await board.edit(segment, SegmentEdit.model_validate(_words(line, seconds)))
        for line in scenes[len(segments) :]:
            await board.add(project.id, SegmentAdd.model_validate(_words(line, seconds)))

    async def _seen(self, session: Session, job: JobView) -> ScriptedJob:
        made = (job.result or {}).get("asset_id")
        poster = await self._poster(session, job) if isinstance(made, str) else None
        assets = await LibraryService.over(session, self._resources).views(
            {str(each) for each in (made, poster) if each}
        )
        return ScriptedJob(
            job=job,
            percent=await self._percent(session, job),
            film=assets.get(str(made)),
            poster=assets.get(str(poster)),
        )

    async def _poster(self, session: Session, job: JobView) -> str | None:
        """The still of the film that this job has made, as long as it is the project's present one."""
        try:
            project = await ProjectService.over(session, self._resources).view(job.project_id or "")
        except ProjectNotFound:
            return None
        film = project.film
        is_present = film is not None and film.asset_id == (job.result or {}).get("asset_id")
        return film.variants.get(FilmVariant.POSTER) if film is not None and is_present else None

    async def _percent(self, session: Session, job: JobView) -> int:
        """By its step; work that broke off stays where it was."""
        if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
            return reached_percent(job.status)
        events = await JobService.over(session, self._resources).log(job)
        stages = {str(event.facts.get("stage", "")) for event in events}
        return furthest_percent(STATUSES[stage] for stage in Stage if stage in stages and stage in STATUSES)


def _words(line: str, seconds: int) -> dict[str, object]:
    """A line as it is seen and heard."""
    return {"video_prompt": line, "narration_text": line, "end_frame_prompt": line, "video_duration_sec": seconds}


def _film(job: JobView) -> JobView:
    if job.kind != ProductionJobKind.FILM.value:
        raise JobNotFound
    return job
