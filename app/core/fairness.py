"""Turns at what is scarce, shared fairly between owners: whoever holds least goes next, not whoever came first."""

import asyncio
import contextvars
import itertools
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

NOBODY = ""
_OWNER: contextvars.ContextVar[str] = contextvars.ContextVar("owner", default=NOBODY)


def current_owner() -> str:
    """The user for whom this task works; empty where it works for the service itself."""
    return _OWNER.get()


def work_for(owner_id: str) -> None:
    """What this task does from now on counts against this user: for a request, whose task ends with it."""
    _OWNER.set(owner_id)


@contextmanager
def working_for(owner_id: str) -> Iterator[None]:
    """What begins inside the block, tasks and threads included, counts against this user."""
    token = _OWNER.set(owner_id)
    try:
        yield
    finally:
        _OWNER.reset(token)


class Turns:
    """When each owner was served last, as a number that grows; who was never served comes first."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._served: dict[str, int] = {}

    def last(self, owner: str) -> int:
        """The number of an owner's last turn."""
        return self._served.get(owner, 0)

    def serve(self, owner: str) -> None:
        """Notes that an owner has a turn."""
        self._served[owner] = next(self._numbers)

    def keep(self, owners: set[str]) -> None:
        """Forgets everybody else, so that what is kept does not grow with the number of users."""
        self._served = {owner: number for owner, number in self._served.items() if owner in owners}


class FairLimiter:
    """So many turns at once in this process; an owner waits behind its own turns, not behind those of others.

    A turn is never taken away, so the longest wait of an owner who holds none is what the shortest turn still takes;
    where turns may last long, `most_each` keeps some free for whoever comes.
    """

    def __init__(self, size: int, *, most_each: int | None = None) -> None:
        self.size = size
        self.most_each = most_each or size
        self._held: Counter[str] = Counter()
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._turns = Turns()

    @property
    def held(self) -> int:
        """Turns taken now."""
        return self._held.total()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def turn(self, owner: str | None = None) -> AsyncIterator[None]:
        """A turn for as long as the block runs, on behalf of this owner or of the current one."""
        of = current_owner() if owner is None else owner
        await self._take(of)
        try:
            yield
        finally:
            self._give_back(of)

    async def _take(self, owner: str) -> None:
        if self._may(owner):
            self._grant(owner)
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(owner, deque()).append(granted)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._give_back(owner)
            else:
                self._leave(owner, granted)
            raise

    def _leave(self, owner: str, granted: asyncio.Future[None]) -> None:
        line = self._lines.get(owner)
        if line is None or granted not in line:
            return
        line.remove(granted)
        if not line:
            del self._lines[owner]

    def _give_back(self, owner: str) -> None:
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]
        while waiting := [each for each in self._lines if self._may(each)]:
            following = min(waiting, key=lambda each: (self._held[each], self._turns.last(each)))
            line = self._lines[following]
            granted = line.popleft()
            if not line:
                del self._lines[following]
            # A cancelled caller stands in line until its task has woken.
            if not granted.done():
                self._grant(following)
                granted.set_result(None)
        self._turns.keep(set(self._held) | set(self._lines))

    def _may(self, owner: str) -> bool:
        return self.held < self.size and self._held[owner] < self.most_each

    def _grant(self, owner: str) -> None:
        self._held[owner] += 1
        self._turns.serve(owner)
