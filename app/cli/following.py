"""Follows a job to its end: woken by the event stream where there is one, by the clock otherwise."""

import asyncio
import shlex
from collections.abc import Callable
from pathlib import Path

import httpx

from app.cli.client import API, Api, Json, for_people
from app.cli.display import say
from app.cli.exits import Exit, Stopped
from app.cli.progress import MADE, FilmScene, JobProgress, RemainingTime, has_unknown_scene, progress_of
from app.core.clock import Clock

# Without the stream, as in this process, where a look costs little.
POLL_SECONDS = 0.2
MOST_QUIET_SECONDS = 5.0
LEAST_GAP_SECONDS = 0.1
RECONNECT_SECONDS = 2.0
PATIENCE_SECONDS = 60.0


class Follower:
    """Looks at one job again and again, and shows each look."""

    def __init__(
        self,
        api: Api,
        clock: Clock,
        job_id: str,
        show: Callable[[JobProgress], None],
        target: Path | None = None,
    ) -> None:
        self._api = api
        self._clock = clock
        self._job_id = job_id
        self._show = show
        self._target = target
        self._event = asyncio.Event()
        self._has_stream = False
        self._scenes: dict[str, FilmScene] = {}
        self._remaining = RemainingTime()

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
            goes_on = "what is made so far is kept" if self._api.inside else "the job goes on"
            text = f"Not ready after {timeout_seconds:g} s; {goes_on}. {self.way_back()}"
            raise Stopped(text, Exit.TIMED_OUT) from None
        except asyncio.CancelledError:
            say(self._goodbye())
            raise
        if isinstance(outcome, Stopped):
            raise outcome
        return outcome

    def way_back(self) -> str:
        """How to follow the job again, and to have its film where it was to be."""
        return f"{'Go on' if self._api.inside else 'Follow it'} with `{self._command()}`."

    def _command(self) -> str:
        out = f" --out {shlex.quote(str(self._target))}" if self._target else ""
        return f"avc jobs watch {self._job_id}{out}"

    def _goodbye(self) -> str:
        """What an interruption has done: with a service nothing; in this process the work stops here."""
        if self._api.inside:
            return f"Stopped; what is made so far is kept. {self.way_back()}"
        return (
            f"Detached; the job goes on at {self._api.address}. {self.way_back()} "
            f"Stop it with `avc jobs cancel {self._job_id}`."
        )

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
        quiet_seconds = MOST_QUIET_SECONDS if self._has_stream else POLL_SECONDS
        try:
            async with asyncio.timeout(quiet_seconds):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()

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
        manifest: Json = await self._api.get(f"{API}/jobs/{self._job_id}/manifest")
        if has_unknown_scene(manifest["children"], self._scenes):
            segments = await self._api.get(f"{API}/projects/{manifest['job']['project_id']}/segments")
            self._scenes = {
                segment["id"]: FilmScene(segment["index"] + 1, is_made=segment["status"] in MADE)
                for segment in segments
            }
        return progress_of(manifest, self._scenes, self._clock.now(), self._remaining)

    async def _listen(self) -> None:
        """Rings whenever the owner's stream says something; without a stream the clock alone wakes."""
        while not self._api.inside:
            try:
                async for line in self._api.lines(f"{API}/events"):
                    self._has_stream = True
                    if line.startswith("data:"):
                        self._event.set()
            except (httpx.TransportError, Stopped):
                self._has_stream = False
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
    told = [for_people(fault.get("message")) or f"The job was {job['phase']}.", for_people(fault.get("hint"))]
    if job["phase"] == "failed":
        told.append(f"Go on where it stopped with `avc jobs retry {job['id']}`.")
    text = " ".join(word for word in told if word)
    raise Stopped(text, Exit.JOB_FAILED)
