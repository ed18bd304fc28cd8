"""Puts frames in line, shows what was made for them, and lets their owner choose and approve."""

from collections.abc import Collection, Sequence
from typing import Self

from typing_extensions import override

from app.core.clock import Clock
from app.core.database import Session, may_be_committed
from app.frames.domain import (
    FrameSheet,
    FrameWish,
    frames_to_make,
    frames_to_spare,
    input_digest,
    is_extracted,
    open_ends,
    request_of,
    scene_of,
)
from app.frames.errors import (
    CandidateNotFound,
    ClipMissing,
    FrameNotOffered,
    FramePromptMissing,
    FramesReady,
    FrameUnmade,
)
from app.frames.repository import CandidateRepository, FrameCandidate
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.jobs.service import start_and_follow
from app.library.domain import AssetView
from app.library.errors import AssetNotFound
from app.library.pictures import Stills
from app.library.service import LibraryService, discard
from app.projects.cleanup import ProjectArtifacts
from app.projects.domain import (
    DeletedProject,
    FrameOrigin,
    FrameView,
    ProjectView,
    SegmentStatus,
    SegmentView,
    Storyboard,
)
from app.projects.errors import FrameNotFound, SegmentBusy
from app.projects.freshness import extraction_digest, stale_frames
from app.projects.progress import ProgressService
from app.providers.image import ImageProvider
from app.providers.values import Role
from app.resources import Resources
from app.usage.domain import picture_micro_usd
from app.usage.ledger import LedgerBudget

KIND = "frame.make"


class FrameService:
    """Works on behalf of a project's owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._progress = ProgressService.over(session, resources)
        self._candidates = CandidateRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def sheets(self, project_id: str) -> tuple[FrameSheet, ...]:
        """Every key frame in order with its newest candidates."""
        board = await self._progress.board(project_id)
        made = await self._candidates.newest(project_id)
        stale = stale_frames(board)
        return tuple(
            FrameSheet(frame, frame.position in stale, tuple(made.get(frame.id, ()))) for frame in board.frames
        )

    async def sheet(self, project_id: str, position: int) -> FrameSheet:
        """One key frame with its newest candidates."""
        for sheet in await self.sheets(project_id):
            if sheet.frame.position == position:
                return sheet
        raise FrameNotFound

    async def needed(self, board: Storyboard) -> tuple[int, ...]:
        """Positions that need a picture, in order, but for those that a clip rests on and that show their own words."""
        return await needed(board, self._candidates, spare_clips=True)

    async def begin(self, project: ProjectView, wish: FrameWish) -> JobView:
        """Puts the frames in line as one job, a chain in its order; belongs to the caller's unit of work.

        Commits nothing and sends nothing: the job row, the hold on the budget and whatever the caller writes beside
        them stand or fall together. The same wish while it runs gives its job, which need not be the caller's child.
        Raises FramesReady when there is nothing to make: a producer passes over it. With a `parent_id` the frames may
        belong to segments that the parent holds; without one, SegmentBusy protects a clip that is being made.
        """
        board = await self._progress.board(project.id)
        positions = wish.positions or await needed(board, self._candidates, spare_clips=wish.spare_clips)
        if not positions:
            raise FramesReady
        if wish.parent_id is None:
            check_free(board, positions)
        engine = self._resources.engines.image(project.settings.providers.get(Role.IMAGE, "auto"))
        bought = _checked(board, positions, engine)
        job, is_new = await JobQueue(self._session, self._resources).enqueue(
            Order(
                owner_id=project.owner_id,
                kind=KIND,
                lane=Lane.REMOTE,
                params={
                    "positions": list(positions),
                    "only_needed": wish.only_needed or not wish.positions,
                    "spare_clips": wish.spare_clips,
                },
                project_id=project.id,
                parent_id=wish.parent_id,
                same_work=f"frames:{project.id}:{','.join(map(str, wish.positions))}"[:120],
                direct=wish.direct,
                continues=True,
                estimated_micro_usd=len(bought) * picture_micro_usd(engine.name),
            )
        )
        if is_new:
            await LedgerBudget(self._resources).hold(self._session, job, job.estimated_micro_usd, engine)
        return job

    async def accept(self, project: ProjectView, position: int, candidate_id: str) -> FrameSheet:
        """Puts an earlier picture in the frame's place; the owner's choice counts as approval."""
        frame = await self._progress.frame_at(project.id, position)
        candidate = await self._candidates.of_frame(frame.id, candidate_id)
        if candidate is None:
            raise CandidateNotFound
        try:
            await LibraryService.over(self._session, self._resources).owned(candidate.asset_id, project.owner_id)
        except AssetNotFound as gone:
            raise CandidateNotFound from gone
        check_free(await self._progress.board(project.id), (position,))
        await self._progress.accept_frame(
            frame.id, candidate.asset_id, candidate.origin, digest=candidate.digest, approved=True
        )
        return await self.sheet(project.id, position)

    async def approve(self, project: ProjectView, position: int) -> FrameSheet:
        """Notes that the owner likes the frame as it is."""
        frame: FrameView = await self._progress.frame_at(project.id, position)
        if frame.asset_id is None:
            raise FrameUnmade
        await self._progress.approve_frame(frame.id)
        return await self.sheet(project.id, position)


async def frames_and_follow(
    resources: Resources, project: ProjectView, wish: FrameWish, wait_seconds: float
) -> JobView:
    """The job that makes these frames: at its end, or as it stands when the wait is over."""

    async def start(session: Session) -> JobView:
        return await FrameService.over(session, resources).begin(project, wish)

    return await start_and_follow(resources, start, wait_seconds)


def check_free(board: Storyboard, positions: Sequence[int]) -> None:
    """Refuses to change a frame of a clip that is being made right now."""
    beside: list[SegmentView] = [s for s in board.segments if {s.index, s.index + 1} & set(positions)]
    if any(segment.status is SegmentStatus.GENERATING for segment in beside):
        raise SegmentBusy


def _checked(board: Storyboard, positions: Sequence[int], engine: ImageProvider) -> list[int]:
    """The frames that are bought; refuses before money is spent what the engine would refuse after."""
    if any(position >= len(board.frames) for position in positions):
        raise FrameNotFound
    if any(is_extracted(board, each) and input_digest(board, each) is None for each in positions):
        raise ClipMissing
    drawn = [position for position in positions if not is_extracted(board, position)]
    untold = [position for position in drawn if not scene_of(board, position).prompt]
    if untold:
        raise FramePromptMissing.of(untold)
    can = engine.capabilities()
    for position in drawn:
        misfit = can.misfit(request_of(scene_of(board, position), can, None))
        if misfit is not None:
            said = f"Frame {position} cannot be made by {engine.name}: {misfit.hint}."
            raise FrameNotOffered(said, param=misfit.param, hint=misfit.hint)
    return drawn


async def needed(board: Storyboard, candidates: CandidateRepository, *, spare_clips: bool) -> tuple[int, ...]:
    """Positions to make, in order; a producer keeps what clips rest on, and leaves ends open that nobody has told."""
    if not spare_clips:
        return frames_to_make(board)
    shown = [frame.asset_id for frame in board.frames if frame.asset_id is not None]
    kept = frames_to_spare(board, await candidates.drawn(board.project.id, shown))
    return frames_to_make(board, kept | open_ends(board))


async def extract_last_frame(resources: Resources, segment: SegmentView) -> SegmentView:
    """Takes the picture outside of any transaction, then changes the film in a short one; a refusal leaves nothing."""
    if segment.clip_asset_id is None:
        raise ClipMissing
    async with resources.database.reading() as session:
        clip = await LibraryService.over(session, resources).owned(segment.clip_asset_id, segment.owner_id)
        check_free(await ProgressService.over(session, resources).board(segment.project_id), (segment.index + 1,))
    still = await Stills(resources).last_of(clip, f"frame-{segment.index + 1}")
    try:
        async with resources.database.unit_of_work() as session:
            return await _put_in_place(session, resources, segment, clip, still)
    except BaseException as fault:
        if not may_be_committed(fault):
            await discard(resources, still)
        raise


async def _put_in_place(
    session: Session, resources: Resources, segment: SegmentView, clip: AssetView, still: AssetView
) -> SegmentView:
    progress = ProgressService.over(session, resources)
    current = await progress.segment(segment.id)
    board = await progress.board(current.project_id)
    check_free(board, (current.index + 1,))
    if current.clip_asset_id != clip.id:
        raise ClipMissing
    digest = extraction_digest(clip.id)
    await CandidateRepository(session, resources.clock).add(
        FrameCandidate(
            project_id=current.project_id,
            frame_id=current.last_frame.id,
            job_id=None,
            origin=FrameOrigin.EXTRACTED,
            asset_id=still.id,
            digest=digest,
            reference_asset_id=None,
            prompt="",
            provider=None,
            model=None,
            cost_micro_usd=0,
        )
    )
    await progress.accept_frame(current.last_frame.id, still.id, FrameOrigin.EXTRACTED, digest=digest, approved=True)
    return await progress.segment(segment.id)


class KeptPictures(ProjectArtifacts):
    """The history that goes when its project goes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    async def media(self, session: Session, project: DeletedProject) -> Collection[str]:
        return await CandidateRepository(session, self._clock).media(project.id)

    @override
    async def drop(self, session: Session, project: DeletedProject) -> None:
        await CandidateRepository(session, self._clock).drop(project.id)
