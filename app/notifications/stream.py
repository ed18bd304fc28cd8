"""Server-sent events: replay from the log, then live, with one reader per owner and process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from app.core.errors import NotNow
from app.core.tasks import Background
from app.jobs.domain import EventView
from app.jobs.queue import owner_topic
from app.jobs.service import JobEventLog
from app.resources import Resources

log = structlog.get_logger(__name__)
BATCH = 200
TICK_SECONDS = 10.0
MOST_WAITING = 1000


class Subscription:
    """What one open stream still has to send."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[EventView | None] = asyncio.Queue(MOST_WAITING)
        self.ended = False

    def offer(self, event: EventView) -> None:
        """Adds an event; a stream that does not read loses its place and must reconnect."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.ended = True

    def end(self) -> None:
        """Wakes the stream so that it closes."""
        self.ended = True
        if self._queue.empty():
            self._queue.put_nowait(None)

    async def next(self, seconds: float) -> EventView | None:
        """The next event, or None when there was none for so long."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None


class _Channel:
    """One owner's live streams in this process."""

    def __init__(self, after: int) -> None:
        self.subscriptions: set[Subscription] = set()
        self.after = after
        self.reader: asyncio.Task[None] | None = None


class EventHub:
    """Reads each owner's news once and hands them to all of that owner's streams."""

    def __init__(self, resources: Resources, tasks: Background) -> None:
        self._resources = resources
        self._tasks = tasks
        self._channels: dict[str, _Channel] = {}

    def close(self) -> None:
        """Ends every open stream; their clients reconnect elsewhere."""
        for channel in tuple(self._channels.values()):
            for subscription in tuple(channel.subscriptions):
                subscription.end()

    @asynccontextmanager
    async def subscribed(self, owner_id: str) -> AsyncIterator[Subscription]:
        """A subscription that hears everything from now on; no database session stays open."""
        channel = self._channels.get(owner_id)
        if channel is None:
            async with self._resources.database.reading() as session:
                newest = await JobEventLog.over(session, self._resources).newest_of(owner_id)
            channel = self._channels.setdefault(owner_id, _Channel(newest))
        subscription = Subscription()
        channel.subscriptions.add(subscription)
        if channel.reader is None:
            channel.reader = self._tasks.start(self._read(owner_id, channel))
        try:
            yield subscription
        finally:
            channel.subscriptions.discard(subscription)
            if not channel.subscriptions:
                channel.reader.cancel()
                self._channels.pop(owner_id, None)

    async def replay(self, owner_id: str, job_id: str | None, after: int) -> Sequence[EventView]:
        """One batch of what was missed."""
        async with self._resources.database.reading() as session:
            journal = JobEventLog.over(session, self._resources)
            if job_id is not None:
                return await journal.of_job(job_id, after=after, limit=BATCH)
            return await journal.of_owner(owner_id, after=after, limit=BATCH)

    async def _read(self, owner_id: str, channel: _Channel) -> None:
        with self._resources.notifier.subscribe(owner_topic(owner_id)) as ring:
            while True:
                try:
                    full = await self._hand_out(owner_id, channel)
                except NotNow as away:
                    log.warning("stream_postponed", cause=away.code)
                    full = False
                except Exception:
                    log.exception("stream_broken", owner_id=owner_id)
                    full = False
                if not full:
                    await self._resources.notifier.wait(ring, TICK_SECONDS)

    async def _hand_out(self, owner_id: str, channel: _Channel) -> bool:
        news = await self.replay(owner_id, None, channel.after)
        for event in news:
            channel.after = event.id
            for subscription in channel.subscriptions:
                subscription.offer(event)
        return len(news) == BATCH
