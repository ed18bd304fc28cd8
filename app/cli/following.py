"""Follows a job to its end: woken by the event stream where there is one, by the clock otherwise."""

import asyncio
from collections.abc import Callable

import httpx

from app.cli.client import API, Api, Json
from app.cli.display import say
from app.cli.exits import Exit, Stopped
from app.cli.progress import JobProgress, progress_of
from app.core.clock import Clock

__all__ = ["Follower", "ended"]

POLL_SECONDS = 1.0
MOST_QUIET_SECONDS = 5.0
LEAST_GAP_SECONDS = 0.4
RECONNECT_SECONDS = 2.0
PATIENCE_SECONDS = 60.0


class Follower:
    """Looks at one job again and again, and shows each look."""

    def __init__(self, api: Api, clock: Clock, job_id: str, show: Callable[[JobProgress], None]) -> None:
        self._api = api
        self._clock = clock
        self._job_id = job_id
        self._show = show
        self._rung = asyncio.Event()
        self._hears = False
        self._numbers: dict[str, int] = {}

    async def to_the_end(self, timeout_seconds: float | None = None) -> JobProgress:
        """The last look: the job has ended or asks its owner; an interruption leaves the job at work."""
        try:
            async with asyncio.timeout(timeout_seconds), asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen())
                try:
                    outcome = await self._outcome()
                finally:
                    listening.cancel()
        except TimeoutError:
            text = f"Not ready after {timeout_seconds:g} s; the job goes on. {self.way_back()}"
            raise Stopped(text, Exit.TIMED_OUT) from None
        except asyncio.CancelledError:
            say(f"Detached; the job goes on{' when the service runs' if self._api.inside else ''}. {self.way_back()}")
            raise
        if isinstance(outcome, Stopped):
            raise outcome
        return outcome

    def way_back(self) -> str:
        """How to follow the job again."""
        return f"Follow it with `avc jobs watch {self._job_id}`."

    async def _outcome(self) -> JobProgress | Stopped:
        """What watching came to; as a value, because a task group would wrap what is raised."""
        try:
            return await self._watched()
        except Stopped as stopped:
            return stopped

    async def _watched(self) -> JobProgress:
        while True:
            seen = await self._look_patiently()
            self._show(seen)
            if seen.has_ended or seen.is_asking:
                return seen
            await self._clock.sleep(LEAST_GAP_SECONDS)
            await self._wait()

    async def _wait(self) -> None:
        quiet_seconds = MOST_QUIET_SECONDS if self._hears else POLL_SECONDS
        try:
            async with asyncio.timeout(quiet_seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        finally:
            self._rung.clear()

    async def _look_patiently(self) -> JobProgress:
        """A look that outlasts a restart of the service."""
        until = self._clock.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self._look()
            except Stopped as stopped:
                if stopped.exit_code is not Exit.UNAVAILABLE or self._clock.monotonic() > until:
                    raise
                await self._clock.sleep(RECONNECT_SECONDS)

    async def _look(self) -> JobProgress:
        job: Json = await self._api.get(f"{API}/jobs/{self._job_id}")
        manifest: Json = await self._api.get(f"{API}/jobs/{self._job_id}/manifest")
        children: list[Json] = manifest["children"]
        if any(child["segment_id"] and child["segment_id"] not in self._numbers for child in children):
            segments = await self._api.get(f"{API}/projects/{job['project_id']}/segments")
            self._numbers |= {segment["id"]: segment["index"] for segment in segments}
        return progress_of(job, children, self._numbers, self._clock.now())

    async def _listen(self) -> None:
        """Rings whenever the owner's stream says something; without a stream the clock alone wakes."""
        while not self._api.inside:
            try:
                async for line in self._api.lines(f"{API}/events"):
                    self._hears = True
                    if line.startswith("data:"):
                        self._rung.set()
            except (httpx.TransportError, Stopped):
                self._hears = False
            await self._clock.sleep(RECONNECT_SECONDS)


def ended(seen: JobProgress, way_back: str) -> None:
    """Ends the command unless the job succeeded; says why and what can be done."""
    job = seen.job
    if job["phase"] == "succeeded":
        return
    if seen.is_asking:
        asked = job["question"] or {}
        choices = "|".join(asked.get("choices") or ())
        text = (
            f"{asked.get('text', 'It waits for you.')} Answer with `avc jobs answer {job['id']} {choices}`. {way_back}"
        )
        raise Stopped(text, Exit.JOB_FAILED)
    fault = job["error"] or {}
    told = fault.get("message") or f"The job was {job['phase']}."
    hint = f" {fault['hint']}" if fault.get("hint") else ""
    again = f" Go on where it stopped with `avc jobs retry {job['id']}`." if job["phase"] == "failed" else ""
    text = f"{told}{hint}{again}"
    raise Stopped(text, Exit.JOB_FAILED)
