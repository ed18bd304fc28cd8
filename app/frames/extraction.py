"""The last picture of a segment's clip becomes the key frame that it shares with the next segment."""

from app.core.database import Session, may_be_committed
from app.frames.errors import ClipMissing
from app.frames.models import FrameCandidate
from app.frames.repository import CandidateRepository
from app.frames.service import check_free
from app.library.service import LibraryService, discard
from app.library.stills import Stills
from app.library.values import AssetView
from app.projects.freshness import extraction_digest
from app.projects.progress import ProgressService
from app.projects.values import FrameOrigin, SegmentView
from app.resources import Resources

__all__ = ["extract_last_frame"]


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
