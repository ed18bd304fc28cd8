"""How often a clip is looked at: rarely while it cannot be ready, closely around its usual time, then ever less."""

from collections import OrderedDict
from dataclasses import dataclass

from app.core.clock import Clock
from app.providers.video import RemoteTask

__all__ = ["Pace", "pause_seconds"]

REMEMBERED_TASKS = 20_000
# The pace that the vendor's guide asks for; usual times of models are told for it.
DOCUMENTED_POLL_SECONDS = 10.0
CLOSE_LOOK_FROM = 0.6
CLOSE_LOOK_UNTIL = 2.0
EARLY_LOOKS = 3
LATE_LOOKS_PER_AGE = 10


def pause_seconds(age_seconds: float, usual_seconds: float, poll_seconds: float) -> float:
    """Seconds until the next look at work of this age, of a kind that usually takes so long.

    Whoever asks for a quicker pace than the guide's looks closely sooner, and not for a shorter time.
    """
    close = usual_seconds * CLOSE_LOOK_FROM * poll_seconds / DOCUMENTED_POLL_SECONDS
    if age_seconds < close:
        return max(poll_seconds, min(close / EARLY_LOOKS, close - age_seconds))
    if age_seconds < usual_seconds * CLOSE_LOOK_UNTIL:
        return poll_seconds
    return max(poll_seconds, min(age_seconds / LATE_LOOKS_PER_AGE, 3 * poll_seconds))


@dataclass
class _Watched:
    look_at: float
    status: str = ""
    empty_successes: int = 0


class Pace:
    """Remembers when each task may be looked at again; forgetting one only costs a look."""

    def __init__(self, clock: Clock, poll_seconds: float) -> None:
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._watched: OrderedDict[str, _Watched] = OrderedDict()

    def too_early(self, task: RemoteTask, usual_seconds: float) -> tuple[float, str]:
        """Seconds until a look is worth a call, with the last known status; none means look now."""
        fresh = task.id not in self._watched
        seen = self._seen(task.id)
        if fresh and self._age(task) < self._poll_seconds:
            seen.look_at += self._next(task, usual_seconds)
        return max(0.0, seen.look_at - self._clock.monotonic()), seen.status

    def looked(self, task: RemoteTask, usual_seconds: float, status: str) -> float:
        """Notes a look that did not end the task; gives the seconds until the next one."""
        pause = self._next(task, usual_seconds)
        seen = self._seen(task.id)
        seen.look_at, seen.status = self._clock.monotonic() + pause, status
        return pause

    def empty_successes(self, task: RemoteTask) -> int:
        """Counts one more success without a file."""
        seen = self._seen(task.id)
        seen.empty_successes += 1
        return seen.empty_successes

    def hurry(self, task_id: str) -> None:
        """Something claims that the task moved: the next look need not wait."""
        self._seen(task_id).look_at = self._clock.monotonic()

    def ended(self, task: RemoteTask) -> None:
        """Nothing more to look at."""
        self._watched.pop(task.id, None)

    def _seen(self, task_id: str) -> _Watched:
        seen = self._watched.setdefault(task_id, _Watched(self._clock.monotonic()))
        while len(self._watched) > REMEMBERED_TASKS:
            self._watched.popitem(last=False)
        return seen

    def _age(self, task: RemoteTask) -> float:
        return max(0.0, (self._clock.now() - task.submitted_at).total_seconds())

    def _next(self, task: RemoteTask, usual_seconds: float) -> float:
        return pause_seconds(self._age(task), usual_seconds, self._poll_seconds)
