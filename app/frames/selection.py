"""Which frames need a picture, by what the film holds and by what was drawn for it."""

from app.frames.prompt import frames_to_make, frames_to_spare
from app.frames.repository import CandidateRepository
from app.projects.values import Storyboard

__all__ = ["needed"]


async def needed(board: Storyboard, candidates: CandidateRepository, *, spare_clips: bool) -> tuple[int, ...]:
    """Positions to make, in order; with `spare_clips` a clip keeps the frames that still show their own words."""
    if not spare_clips:
        return frames_to_make(board)
    shown = [frame.asset_id for frame in board.frames if frame.asset_id is not None]
    return frames_to_make(board, frames_to_spare(board, await candidates.drawn(board.project.id, shown)))
