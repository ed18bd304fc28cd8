"""Pauses before something that was away is asked again: each twice as long, with chance in it, up to a limit."""

import secrets

from app.core.clock import Clock

STEPS = 1000


class Backoff:
    """The pauses of one wait; a new wait begins with short ones again."""

    def __init__(self, clock: Clock, *, first_seconds: float = 0.5, longest_seconds: float = 60.0) -> None:
        self._clock = clock
        self._next_seconds = first_seconds
        self._longest_seconds = longest_seconds

    async def pause(self) -> None:
        """Waits for the next pause."""
        await self._clock.sleep(self.seconds())

    def seconds(self) -> float:
        """The next pause: between half of it and all of it, so that many who wait do not come back at once."""
        seconds, self._next_seconds = self._next_seconds, min(self._next_seconds * 2, self._longest_seconds)
        return seconds * (0.5 + secrets.randbelow(STEPS) / STEPS / 2)
