"""What a run tells its owner and is told by them: stages, progress, questions and answers."""

from collections.abc import Sequence

import structlog
from pydantic import JsonValue

from app.core.database import Session
from app.jobs.domain import EventView, JobStatus, JobView, Question, Step
from app.jobs.queue import job_topic, owner_topic
from app.jobs.repository import EventRepository, JobRepository
from app.resources import Resources

__all__ = ["REFUSED_EVENT", "STAGE_EVENT", "Telling"]

log = structlog.get_logger("stages")

STAGE_EVENT = "job.stage"
REFUSED_EVENT = "job.part_refused"
ASKED, ANSWERED, TAKEN_UP = "job.awaiting_input", "job.answered", "job.answer_taken_up"


class Telling:
    """Writes what one job says; saying the same again has no effect."""

    def __init__(self, resources: Resources, job: JobView) -> None:
        self._resources = resources
        self._clock = resources.clock
        self._job = job

    async def stage(self, name: str, progress: int, status: JobStatus | None = None, step: Step | None = None) -> None:
        """Where the job is; the event of a stage is written once."""
        shown: dict[str, JsonValue] = {}
        if step is not None:
            shown = {"step_index": step.index, "step_total": step.total, "step_label": step.label}
        facts: dict[str, JsonValue] = {"stage": name, "progress": progress, **shown}
        async with self._resources.database.unit_of_work() as session:
            jobs = JobRepository(session, self._clock)
            if status is not None:
                await jobs.move(self._job.id, to=status)
            await jobs.advance(self._job.id, progress=progress, stage=name, **shown)
            await self._append(session, STAGE_EVENT, facts, key=f"stage:{name}")
        log.info("stage", job_id=self._job.id, stage=name, action="begun", success=True, info=facts)

    async def waiting(self, stage: str) -> None:
        """Something is away that the job needs; the stage says what."""
        await self._moved_to(stage, {})

    async def resumed(self, stage: str, awaited: str, waited_seconds: int) -> None:
        """What was away is back, and the job is again where it was."""
        await self._moved_to(stage, {"waited_for": awaited, "waited_seconds": waited_seconds})

    async def progress(self, percent: int) -> None:
        """How far a long wait has come; it never goes back, and the same number is said once."""
        async with self._resources.database.unit_of_work() as session:
            if await JobRepository(session, self._clock).advance(self._job.id, progress=percent):
                await self._append(session, "job.progress", {"progress": percent}, key=f"progress:{percent}")

    async def answer(self, topic: str) -> str | None:
        """The owner's word after the last question on a topic, unless it has been taken up."""
        async with self._resources.database.reading() as session:
            told = await self._told(session, topic)
        return str(told[-1].facts.get("choice")) if told and told[-1].name == ANSWERED else None

    async def ask_again(self, question: Question) -> None:
        """Asks what may be asked more than once in the life of a job, unless a question stands or was just answered.

        It reads before it writes, because whoever waits comes here with each look.
        """
        async with self._resources.database.reading() as session:
            job = await JobRepository(session, self._clock).view(self._job.id)
        if job is not None and job.question is not None:
            return
        async with self._resources.database.unit_of_work() as session:
            standing = await self._standing(session)
            told = await self._told(session, question.topic)
            # An answer that nobody has taken up yet may have come since the asker last looked.
            if standing is not None or (told and told[-1].name == ANSWERED):
                return
            await JobRepository(session, self._clock).note(self._job.id, question=question.as_json())
            key = f"ask:{question.topic}.{_times_asked(told) + 1}"
            await self._append(session, ASKED, question.as_json(), key=key)

    async def take_up(self, topic: str) -> None:
        """The question is settled: an answer counts once, and what was asked is asked no more."""
        async with self._resources.database.unit_of_work() as session:
            standing = await self._standing(session)
            times = _times_asked(await self._told(session, topic))
            if not times:
                return
            if standing is not None and standing.topic == topic:
                await JobRepository(session, self._clock).note(self._job.id, question=None)
            await self._append(session, TAKEN_UP, {"topic": topic}, key=f"taken_up:{topic}.{times}")

    async def refused(self, part: str, facts: dict[str, JsonValue]) -> None:
        """A part of the work that could not be started, and why."""
        async with self._resources.database.unit_of_work() as session:
            about = f"{facts.get('segment_id')}:{facts.get('positions')}"
            await self._append(session, REFUSED_EVENT, {"part": part, **facts}, key=f"refused:{part}:{about}"[:120])

    async def _moved_to(self, stage: str, facts: dict[str, JsonValue]) -> None:
        async with self._resources.database.unit_of_work() as session:
            jobs = JobRepository(session, self._clock)
            if not await jobs.advance(self._job.id, progress=0, stage=stage):
                return
            job = await jobs.view(self._job.id)
            shown: dict[str, JsonValue] = {"stage": stage, "progress": 0 if job is None else job.progress}
            await self._append(session, "job.stage", {**shown, **facts}, key=f"stage:{self._clock.new_id()}")

    async def _standing(self, session: Session) -> Question | None:
        """What the job asks now; nobody answers it before this unit of work has ended."""
        jobs = JobRepository(session, self._clock)
        await jobs.lock(self._job.id)
        job = await jobs.view(self._job.id)
        return None if job is None else job.question

    async def _told(self, session: Session, topic: str) -> list[EventView]:
        events = await EventRepository(session, self._clock).named(self._job.id, {ASKED, ANSWERED, TAKEN_UP})
        return [event for event in events if event.facts.get("topic") == topic]

    async def _append(self, session: Session, name: str, facts: dict[str, JsonValue], *, key: str) -> None:
        EventRepository(session, self._clock).append(self._job.id, self._job.owner_id, name, facts, key=key)
        for topic in (job_topic(self._job.id), owner_topic(self._job.owner_id)):
            await self._resources.bell.announce(session, topic)


def _times_asked(told: Sequence[EventView]) -> int:
    return sum(event.name == ASKED for event in told)
