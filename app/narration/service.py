"""Starts narrations in the caller's unit of work, and shows the takes of a segment."""

from collections.abc import Collection
from typing import Self

from typing_extensions import override

from app.core.clock import Clock
from app.core.database import Session
from app.core.pagination import Page, Window
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.service import start_and_follow
from app.narration.domain import NarrationView, expected_seconds, longest, may_stretch, script_of, words_too_many
from app.narration.errors import NarrationNotOffered, NarrationTooLong, RecordingUnusable
from app.narration.recordings import Casting
from app.narration.repository import NarrationRepository
from app.projects.cleanup import ProjectArtifacts
from app.projects.domain import DeletedProject, SegmentStatus, SegmentView
from app.projects.errors import SegmentBusy, SegmentNotFound
from app.providers.speech import SpeechProvider, SpeechRequest
from app.resources import Resources
from app.usage.domain import speech_micro_usd
from app.usage.ledger import LedgerBudget

NARRATE = "segment.narrate"


class NarrationService:
    """Narrations of one owner's segments."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._queue = JobQueue(session, resources)
        self._budget = LedgerBudget(resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, segment: SegmentView, *, parent_id: str | None = None) -> JobView:
        """Puts the narration of a segment in line; one that is being spoken is joined.

        Within a larger work a voice that its engine has lost is replaced by the usual one, and the result says so.
        """
        replaces_lost = parent_id is not None
        cast = await Casting(self._resources).cast_for(self._session, segment, replaces_lost=replaces_lost)
        engine = self._resources.engines.speech(cast.engine)
        script = script_of(segment, engine, cast.name)
        _check(script, engine)
        _check_length(segment, script)
        order = Order(
            owner_id=segment.owner_id,
            kind=NARRATE,
            lane=Lane.REMOTE,
            params={"segment_id": segment.id, "replaces_lost": replaces_lost},
            project_id=segment.project_id,
            segment_id=segment.id,
            parent_id=parent_id,
            same_work=f"narrate:{segment.id}",
            continues=True,
            useless_after=frozenset({RecordingUnusable.code}),
            direct=parent_id is not None,
            estimated_micro_usd=speech_micro_usd(engine.name, script.model, len(script.text)),
        )
        job, is_new = await self._queue.enqueue(order)
        if is_new:
            await self._budget.hold(self._session, job, job.estimated_micro_usd, engine)
        return job

    async def take_of(self, job: JobView) -> NarrationView:
        """The take that a completed job names as its result."""
        named = str((job.result or {})["take_id"])
        take = await NarrationRepository(self._session, self._resources.clock).taken(named)
        if take is None:
            raise SegmentNotFound
        return take

    async def takes(self, segment_id: str, window: Window) -> tuple[Page[NarrationView], int]:
        """One page of a segment's takes and how many there are."""
        return await NarrationRepository(self._session, self._resources.clock).of_segment(segment_id, window)


async def narrate_and_follow(resources: Resources, segment: SegmentView, wait_seconds: float) -> JobView:
    """The narration job of a segment: at its end, or as it stands when the wait is over."""
    if segment.status is SegmentStatus.GENERATING:
        raise SegmentBusy

    async def start(session: Session) -> JobView:
        return await NarrationService.over(session, resources).begin(segment)

    return await start_and_follow(resources, start, wait_seconds)


def _check(script: SpeechRequest, engine: SpeechProvider) -> None:
    """Refuses before money is spent what the engine would refuse after."""
    can = engine.capabilities(script.model)
    if len(script.text) > can.text_limit_characters:
        said = f"This engine speaks at most {can.text_limit_characters} characters. Shorten the text."
        raise NarrationNotOffered(said, param="narration_text")
    if script.language not in can.languages:
        said = f"This engine speaks only: {', '.join(sorted(can.languages))}. Choose one of these, or another engine."
        raise NarrationNotOffered(said, param="language")


def _check_length(segment: SegmentView, script: SpeechRequest) -> None:
    """Refuses before money is spent what nobody can say in the segment's time."""
    most_seconds = longest(segment.duration_sec, may_stretch=may_stretch(segment))
    words = words_too_many(script.text, segment.settings.language, script.speed, most_seconds)
    if words:
        expected = expected_seconds(script.text, segment.settings.language, script.speed)
        raise NarrationTooLong.beforehand(expected, most_seconds, words)


class KeptNarrations(ProjectArtifacts):
    """The history that goes when its project goes; the raw sounds follow when their time is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    async def media(self, session: Session, project: DeletedProject) -> Collection[str]:
        return await NarrationRepository(session, self._clock).media(project.segment_ids)

    @override
    async def drop(self, session: Session, project: DeletedProject) -> None:
        await NarrationRepository(session, self._clock).drop(project.segment_ids)
