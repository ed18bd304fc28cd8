"""Capacity of a process: productions of one user at once, and free disk space for a film."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from app.assembly.files import CUTS_FOLDER
from app.core.clock import Clock
from app.core.errors import StorageFull
from app.production.errors import FilmNeverFits
from app.projects.domain import Storyboard
from app.resources import Resources
from app.storage.temp_dirs import delete_untouched

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


# Whoever looks less often than this has gone to another process.
FORGOTTEN_AFTER_SECONDS = 120.0


@dataclass
class _Productions:
    """Jobs of one user: those that go on and those in line, each with the moment of its last look."""

    going_on: dict[str, float] = field(default_factory=dict)
    in_line: OrderedDict[str, float] = field(default_factory=OrderedDict)


class ProductionPlaces:
    """Places for productions with work to do; one that waits for its owner, or for other work, needs none.

    Nothing is stored: a process that dies takes its places with it, and work that is found under way has its place.
    """

    def __init__(self, clock: Clock, most_each: int, wake: Callable[[str], None]) -> None:
        self._clock = clock
        self._most_each = most_each
        self._wake = wake
        self._of: dict[str, _Productions] = {}

    def take(self, owner: str, job_id: str) -> bool:
        """Whether this job may start work now; if not it stands in line, and is woken when its turn comes."""
        of = self._current(owner)
        if job_id not in of.going_on and not self._is_next(of, job_id):
            of.in_line[job_id] = self._clock.monotonic()
            return False
        self.keep(owner, job_id)
        return True

    def keep(self, owner: str, job_id: str) -> None:
        """Work of this job is under way, whoever began it: it has a place in any case."""
        of = self._current(owner)
        of.in_line.pop(job_id, None)
        of.going_on[job_id] = self._clock.monotonic()

    def must_wait(self, owner: str, job_id: str) -> bool:
        """Whether this job stands in line and its turn has not come; asked without a look at the database."""
        of = self._current(owner)
        return job_id in of.in_line and not self.take(owner, job_id)

    def leave(self, owner: str, job_id: str) -> None:
        """Says that a job has nothing to do for now, or for ever; the next in line is woken."""
        of = self._current(owner)
        of.going_on.pop(job_id, None)
        of.in_line.pop(job_id, None)
        if not (of.going_on or of.in_line):
            del self._of[owner]
            return
        for following in list(of.in_line)[: max(0, self._most_each - len(of.going_on))]:
            self._wake(following)

    def _current(self, owner: str) -> _Productions:
        of = self._of.setdefault(owner, _Productions())
        oldest = self._clock.monotonic() - FORGOTTEN_AFTER_SECONDS
        for jobs in (of.going_on, of.in_line):
            for job_id in [job_id for job_id, looked in jobs.items() if looked < oldest]:
                del jobs[job_id]
        return of

    def _is_next(self, of: _Productions, job_id: str) -> bool:
        free = self._most_each - len(of.going_on)
        before = list(of.in_line)
        place = before.index(job_id) if job_id in of.in_line else len(before)
        return place < free


def place_topic(job_id: str) -> str:
    """The topic of a production in line."""
    return f"place:{job_id}"


def production_places(resources: Resources) -> ProductionPlaces:
    """The places of this process."""

    def wake(job_id: str) -> None:
        resources.notifier.wake(place_topic(job_id))

    return ProductionPlaces(resources.clock, resources.settings.work.productions_per_user, wake)
