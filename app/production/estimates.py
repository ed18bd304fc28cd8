"""Estimates of films by the engines they have chosen; reads, and changes nothing."""

from collections.abc import Iterator
from typing import Self

from app.core.database import Session
from app.frames.service import FrameService
from app.generation.domain import Pair, engine_name, request_of
from app.narration.domain import LONGER_SECONDS, may_stretch
from app.narration.recordings import Casting
from app.narration.voices import engine_of
from app.production.estimate import (
    Amount,
    Estimate,
    Purchase,
    Work,
    clips_due,
    frames_due,
    is_unwritten,
    lacks_voice,
    letters_of,
    may_grow,
    narrations_due,
)
from app.production.service import ANY_FRAME
from app.projects.domain import ProjectView, SegmentView, Storyboard
from app.projects.options import Visuals
from app.projects.progress import ProgressService
from app.providers.values import Role as ProjectRole
from app.providers.video import VideoCapabilities, VideoMode, VideoOutput, VideoRequest
from app.resources import Resources
from app.usage.domain import clip_micro_usd, picture_micro_usd, plan_micro_usd, speech_micro_usd, voice_micro_usd

# A planner whose plan has faults is asked once more.
MOST_TURNS = 2


class EstimateService:
    """Adds up what is missing or out of date; what is made and still fits costs nothing."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._engines = resources.engines
        self._casting = Casting(resources)
        self._progress = ProgressService.over(session, resources)
        self._frames = FrameService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def estimate(self, project: ProjectView) -> Estimate:
        """What is still to be bought until the film is finished."""
        board = await self._progress.board(project.id)
        can = self._camera(board)
        takes_last = VideoMode.FIRST_LAST_FRAME in can.outputs
        hands_on = project.settings.visuals is Visuals.CHAINED or not takes_last
        clips = clips_due(board, hands_on=hands_on)
        frames = frames_due(board, clips, await self._frames.needed(board), hands_on=hands_on)
        spoken = tuple([await self._narration(segment) for segment in narrations_due(board)])
        return Estimate(
            board,
            (
                *self._plan(board),
                *self._voice(board.project),
                *spoken,
                *self._drawn(board, frames),
                *(self._clip(board.segments[index], can) for index in sorted(clips)),
            ),
        )

    def _camera(self, board: Storyboard) -> VideoCapabilities:
        engine = self._engines.video(engine_name(board.project.settings))
        return engine.capabilities(engine.models()[0])

    def _plan(self, board: Storyboard) -> Iterator[Purchase]:
        if is_unwritten(board):
            planner = self._engines.planner(board.project.settings.providers.get(ProjectRole.PLANNER, "auto"))
            turn = plan_micro_usd(planner.name)
            amount = Amount(turn, turn, MOST_TURNS * turn)
            yield Purchase(work=Work.PLAN, provider=planner.name, model=planner.capabilities().model, amount=amount)

    def _voice(self, project: ProjectView) -> Iterator[Purchase]:
        """A clone that was made of just this sample before is taken again for nothing."""
        if lacks_voice(project):
            engine = self._engines.speech(engine_of(project))
            price = voice_micro_usd(engine.name)
            yield Purchase(work=Work.VOICE, provider=engine.name, model="voice_clone", amount=Amount(0, price, price))

    async def _narration(self, segment: SegmentView) -> Purchase:
        name = (await self._casting.cast_for(self._session, segment, replaces_lost=True)).engine
        engine = self._engines.speech(name)
        model = engine.capabilities().model
        letters = letters_of(segment)
        prices = (speech_micro_usd(engine.name, model, count) for count in (letters.low, letters.likely, letters.high))
        return Purchase(
            work=Work.NARRATION,
            provider=engine.name,
            model=model,
            amount=Amount(*prices),
            segment_id=segment.id,
        )

    def _drawn(self, board: Storyboard, positions: tuple[int, ...]) -> Iterator[Purchase]:
        """A frame belongs to the segment that ends in it, the first one to the segment that begins with it."""
        if positions:
            engine = self._engines.image(board.project.settings.providers.get(ProjectRole.IMAGE, "auto"))
            model = engine.capabilities().model
            amount = Amount.exactly(picture_micro_usd(engine.name))
            for position in positions:
                owner = board.segments[max(0, position - 1)]
                yield Purchase(work=Work.FRAME, provider=engine.name, model=model, amount=amount, segment_id=owner.id)

    def _clip(self, segment: SegmentView, can: VideoCapabilities) -> Purchase:
        provider = self._engines.video(engine_name(segment.settings)).name
        last = ANY_FRAME if VideoMode.FIRST_LAST_FRAME in can.outputs else None
        request = request_of(segment, can, Pair(ANY_FRAME, last), optimize_prompt=True)
        price = clip_micro_usd(provider, can.model, request.duration_seconds, request.resolution)
        highest = price
        if _grows(segment, request, can):
            highest = max(price, clip_micro_usd(provider, can.model, LONGER_SECONDS, request.resolution))
        return Purchase(
            work=Work.CLIP,
            provider=provider,
            model=can.model,
            amount=Amount(price, price, highest),
            segment_id=segment.id,
        )


def _grows(segment: SegmentView, request: VideoRequest, can: VideoCapabilities) -> bool:
    """Whether the clip may have to become longer for its narration, where films and engine allow it."""
    longer = VideoOutput(LONGER_SECONDS, request.resolution)
    return may_grow(segment) and may_stretch(segment) and longer in can.outputs.get(request.mode, ())
