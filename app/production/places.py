"""How many productions of one user go on at once in a process; the user's others wait in line, nobody else's do."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from app.core.clock import Clock
from app.resources import Resources

__all__ = ["ProductionPlaces", "place_topic", "production_places"]

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
