"""Which frames need a picture, by what the film holds and by what was drawn for it."""

from app.frames.prompt import frames_to_make, frames_to_spare, open_ends
from app.frames.repository import CandidateRepository
from app.projects.values import Storyboard

__all__ = ["needed"]


async def needed(board: Storyboard, candidates: CandidateRepository, *, spare_clips: bool) -> tuple[int, ...]:
    """Positions to make, in order; a producer keeps what clips rest on, and leaves ends open that nobody has told."""
    if not spare_clips:
        return frames_to_make(board)
    shown = [frame.asset_id for frame in board.frames if frame.asset_id is not None]
    kept = frames_to_spare(board, await candidates.drawn(board.project.id, shown))
    return frames_to_make(board, kept | open_ends(board))
