"""Room on the disk: a film is begun only where its clips, its working files and its cut will have a place."""

from app.assembly.files import CUTS_FOLDER
from app.core.errors import StorageFull
from app.production.errors import FilmNeverFits
from app.projects.values import Storyboard
from app.resources import Resources
from app.storage.temp_dirs import delete_untouched

__all__ = ["FilmRoom", "needed_bytes"]

MEBIBYTE = 1024 * 1024
# Of each second: its clip, the copy that is cut, the one made to fit, and the film. An estimate on the safe side.
BYTES_PER_SECOND = 6 * MEBIBYTE
# Key frames, narration, music, poster and captions.
BYTES_PER_SEGMENT = 8 * MEBIBYTE
RETRY_SECONDS = 30


class FilmRoom:
    """Keeps count of what the films at work in this process may still write, so that many do not begin in one place."""

    def __init__(self, resources: Resources) -> None:
        self._clock = resources.clock
        self._temp_dirs = resources.temp_dirs
        self._threads = resources.threads
        self._cuts = resources.settings.storage.storage_path / CUTS_FOLDER
        self._promised: dict[str, int] = {}

    async def admit(self, job_id: str, board: Storyboard) -> None:
        """Promises a film its room; StorageFull lets it wait, FilmNeverFits ends it."""
        if not self._temp_dirs.reserve_bytes or job_id in self._promised:
            return
        needed = needed_bytes(board)
        space = await self._temp_dirs.space()
        if needed > space.total_bytes - self._temp_dirs.reserve_bytes:
            raise FilmNeverFits(facts={"needed_bytes": needed, "disk_bytes": space.total_bytes})
        if not await self._fits(needed):
            # What cuts have kept for the next one is made again where it is missed.
            await self._threads.run(delete_untouched, self._cuts, self._clock.now())
            if not await self._fits(needed):
                raise StorageFull(retry_after_seconds=RETRY_SECONDS)
        self._promised[job_id] = needed

    def leave(self, job_id: str) -> None:
        """A film writes no more for now."""
        self._promised.pop(job_id, None)

    async def _fits(self, needed: int) -> bool:
        space = await self._temp_dirs.space()
        return space.free_bytes - self._temp_dirs.reserve_bytes - sum(self._promised.values()) >= needed


def needed_bytes(board: Storyboard) -> int:
    """About what a film and everything it is made from take on the disk."""
    seconds = sum(segment.duration_sec for segment in board.segments)
    return seconds * BYTES_PER_SECOND + len(board.segments) * BYTES_PER_SEGMENT
