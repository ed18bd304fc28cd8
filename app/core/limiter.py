"""Rate and in-flight limits of one vendor account: its users take turns, waiting is bounded, the clock leads."""

import math
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.core.clock import Clock
from app.core.fairness import Turns, current_owner

# One second more than the vendor's minute, because calls do not all travel equally long.
WINDOW_SECONDS = 61.0
LOOK_SECONDS = 0.25
RETURN_GRACE_SECONDS = 20.0
FULL_HOUSE_SECONDS = 0.5


@dataclass(frozen=True)
class LimiterRules:
    """What the vendor allows; `place_lives_seconds` frees the place of work that nobody asks about any more."""

    per_minute: int
    in_flight: int | None = None
    place_lives_seconds: float = 1800.0


class LimitReached(Exception):
    """There is no room within the allowed wait; the caller keeps its turn if it returns about then."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"no room for {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class _Stand:
    """Somebody's place: whose it is, and until when or since when it is theirs."""

    owner: str
    moment: float


class AccountLimiter:
    """Counts the calls of the last minute and the work in flight of one credential in this process.

    Users of one credential take turns: who has less in flight goes first, then who was served longest ago; calls of one
    user go first come, first served. A caller names itself by a key. One that was sent away keeps its place in the line
    under that key until shortly after the moment it was told, so that its own user's newcomers do not overtake it.
    Where work in flight is what fills the house, whoever stands at the door when a place becomes free takes it: the
    absent may be waiting for that very caller.
    """

    def __init__(self, clock: Clock, rules: LimiterRules) -> None:
        self._clock = clock
        self._rules = rules
        self._starts: deque[float] = deque()
        self._places: dict[str, _Stand] = {}
        self._line: OrderedDict[str, _Stand] = OrderedDict()
        self._turns = Turns()
        self._closed_until = 0.0

    @property
    def in_flight(self) -> int:
        """Places taken now."""
        self._drop_expired()
        return len(self._places)

    async def enter(self, key: str, *, most_wait_seconds: float, holds_place: bool = False) -> None:
        """Counts one call, after waiting for its turn if need be; raises LimitReached when that would take too long.

        With `holds_place` the work stays in flight under this key until `leave`, or `rename` gives it another name.
        """
        deadline = self._clock.monotonic() + most_wait_seconds
        returns = False
        try:
            while (pause := self._pause(key, holds_place=holds_place)) > 0:
                now = self._clock.monotonic()
                if now + pause > deadline:
                    returns = True
                    self._line[key] = _Stand(current_owner(), now + pause + RETURN_GRACE_SECONDS)
                    raise LimitReached(math.ceil(pause))
                await self._clock.sleep(min(pause, LOOK_SECONDS))
        finally:
            if not returns:
                self._line.pop(key, None)
        now = self._clock.monotonic()
        self._starts.append(now)
        self._turns.serve(current_owner())
        if holds_place:
            self._places[key] = _Stand(current_owner(), now)

    @asynccontextmanager
    async def turn(self, key: str, *, most_wait_seconds: float) -> AsyncIterator[None]:
        """A call that is in flight for as long as the block runs."""
        await self.enter(key, most_wait_seconds=most_wait_seconds, holds_place=True)
        try:
            yield
        finally:
            self.leave(key)

    def rename(self, key: str, name: str) -> None:
        """Work gets the vendor's name; its place stays taken."""
        self._places[name] = self._places.pop(key, self._stand())

    def touch(self, name: str) -> None:
        """Work is still in flight, also when another process, or this one before its restart, has started it."""
        self._places[name] = self._stand()

    def leave(self, name: str) -> None:
        """Work is over; its place is free."""
        self._places.pop(name, None)

    def close_for(self, seconds: float) -> None:
        """The vendor says that it is too much: nobody starts before so many seconds have passed."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    def _pause(self, key: str, *, holds_place: bool) -> float:
        """Seconds until this key's turn by what is known now; none means go."""
        self._drop_expired()
        self._line[key] = _Stand(current_owner(), math.inf)
        now = self._clock.monotonic()
        before = self._before(key)
        rate_pause = max(self._turn_at(len(before), now), self._closed_until) - now
        limit = self._rules.in_flight
        present = sum(stand.moment == math.inf for stand in before)
        if holds_place and limit is not None and len(self._places) + present >= limit:
            return max(rate_pause, FULL_HOUSE_SECONDS)
        return max(rate_pause, 0.0)

    def _before(self, key: str) -> list[_Stand]:
        """Who goes before this caller by what is known now."""
        taken = Counter(stand.owner for stand in self._places.values())
        order: list[tuple[int, int, int, str]] = []
        for arrival, (waiting, stand) in enumerate(self._line.items()):
            order.append((taken[stand.owner], self._turns.last(stand.owner), arrival, waiting))
            taken[stand.owner] += 1
        order.sort()
        place = next(index for index, (*_, waiting) in enumerate(order) if waiting == key)
        return [self._line[waiting] for *_, waiting in order[:place]]

    def _stand(self) -> _Stand:
        return _Stand(current_owner(), self._clock.monotonic())

    def _turn_at(self, ahead: int, now: float) -> float:
        """When the rate allows a start that lets so many others go first."""
        beyond = len(self._starts) + ahead - self._rules.per_minute
        if beyond < 0:
            return now
        if beyond < len(self._starts):
            return self._starts[beyond] + WINDOW_SECONDS
        return now + WINDOW_SECONDS * (1 + (beyond - len(self._starts)) // self._rules.per_minute)

    def _drop_expired(self) -> None:
        now = self._clock.monotonic()
        while self._starts and self._starts[0] <= now - WINDOW_SECONDS:
            self._starts.popleft()
        oldest = now - self._rules.place_lives_seconds
        self._places = {name: stand for name, stand in self._places.items() if stand.moment > oldest}
        for key in [key for key, stand in self._line.items() if stand.moment < now]:
            del self._line[key]
        self._turns.keep({stand.owner for stand in (*self._places.values(), *self._line.values())})
