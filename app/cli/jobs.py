"""`avc jobs`: lists, shows, follows, cancels, retries and answers jobs, and prints what they said."""

import asyncio
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.service import API, check_target, download, download_captions, run, target_of
from app.cli.terminal import (
    ENDED,
    AsJson,
    CommandError,
    ExitCode,
    JobProgress,
    Json,
    Limit,
    ProgressLine,
    Timeout,
    Yes,
    confirm,
    human_text,
    print_json,
    print_message,
    print_table,
    progress_screen,
)
from app.core.clock import Clock, SystemClock

if TYPE_CHECKING:
    from app.cli.client import ApiClient

JobId = Annotated[str, typer.Argument(help="Id of the job.")]
HEADS = ("id", "kind", "phase", "%", "stage", "created")
FACTS_NOT_SHOWN = frozenset({"job_id"})
FULL_PERCENT = 100
FILM, TAKE, NARRATION = "film.produce", "segment.take", "segment.narrate"
MADE = frozenset({"generated", "segment_approved"})
# Before so much is done nobody can say what remains, and what is told once is not taken back.
FEWEST_PERCENT = 15
# Without the stream, as in this process, where a poll costs little.
POLL_SECONDS = 0.2
MOST_QUIET_SECONDS = 5.0
LEAST_GAP_SECONDS = 0.1
RECONNECT_SECONDS = 2.0
PATIENCE_SECONDS = 60.0

commands = typer.Typer(no_args_is_help=True, add_completion=False)


@commands.command("list", hidden=True)
@commands.command("ls")
def list_jobs(
    *,
    phase: Annotated[str | None, typer.Option(help="Only jobs that are queued, running, awaiting_input …")] = None,
    project: Annotated[str | None, typer.Option(help="Only jobs of this project.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Lists your jobs, newest first."""
    wanted = {name: value for name, value in (("phase", phase), ("project_id", project)) if value}
    found: Json = run(lambda api: api.get(f"{API}/jobs", params={**wanted, "limit": limit}))
    if as_json:
        print_json(found)
        return
    print_table(HEADS, map(_cells, found["jobs"]))


@commands.command("show")
def show(job: JobId) -> None:
    """Prints a job as JSON, with its stages, attempts, costs and parts."""
    print_json(run(lambda api: api.get(f"{API}/jobs/{job}/manifest")))


@commands.command("watch")
def watch(
    *,
    job: JobId,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where its film goes when it is made.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replaces the files that are there.")] = False,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Follows a job to its end; Ctrl-C leaves it at work where a service runs it. With --json one object a line."""
    target = None if out is None else target_of(out, force=force)
    if target is not None:
        check_target(target, 0)
    clock = SystemClock()

    async def followed(api: "ApiClient") -> None:
        with progress_screen(clock, as_json=as_json) as shown:
            follower = Follower(api, clock, job, shown.show, target)
            last = await follower.follow(timeout)
        check_success(last, follower.resume_hint())
        if target is not None:
            order = {"job_id": job, "project_id": last.job["project_id"]}
            await download(api, clock, order, target)
            await download_captions(api, order["project_id"], target)

    run(followed, works=True)
    print_message(f"Job {job} succeeded.")
    if target is not None:
        typer.echo(target)


@commands.command("cancel")
def cancel(*, job: JobId, yes: Yes = False) -> None:
    """Stops a job; what it has paid for is kept."""
    confirm(f"Stop job {job}?", sure=yes)
    _print_job(run(lambda api: api.post(f"{API}/jobs/{job}/cancel"), works=True))


@commands.command("retry")
def retry(job: JobId) -> None:
    """Goes on with a failed job where it stopped; what it has paid for is not paid again."""
    key = SystemClock().new_id()
    retried: Json = run(lambda api: api.post(f"{API}/jobs/{job}/retry", key=key))
    _print_job(retried)
    print_message(f"Follow it with `avc jobs watch {retried['id']}`.")


@commands.command("answer")
def answer(job: JobId, choice: Annotated[str, typer.Argument(help="One of the choices it offers.")]) -> None:
    """Answers a job that waits for you."""
    _print_job(run(lambda api: api.post(f"{API}/jobs/{job}/answer", {"choice": choice})))


@commands.command("logs")
def logs(*, job: JobId, as_json: AsJson = False) -> None:
    """Prints every event of a job, oldest first."""
    log: Json = run(lambda api: api.get(f"{API}/jobs/{job}/log"))
    if as_json:
        print_json(log)
        return
    print_table(
        ("when", "event", "facts"), ((event["created_at"], event["event"], _facts(event)) for event in log["events"])
    )


def _print_job(job: Json) -> None:
    print_table(HEADS, iter([_cells(job)]))


def _cells(job: Json) -> tuple[object, ...]:
    return job["id"], job["kind"], job["phase"], job["progress"], job["stage_label"], job["created_at"]


def _facts(event: Json) -> str:
    return " ".join(f"{name}={value}" for name, value in event["facts"].items() if name not in FACTS_NOT_SHOWN)


class Follower:
    """Polls one job until it ends, and shows its progress each time."""

    def __init__(
        self,
        api: "ApiClient",
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

    async def follow(self, timeout_seconds: float | None = None) -> JobProgress:
        """Returns when the job has ended or asks its owner; an interruption leaves the job running."""
        try:
            async with asyncio.timeout(timeout_seconds), asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen())
                try:
                    outcome = await self._outcome()
                finally:
                    listening.cancel()
        except TimeoutError:
            goes_on = "what is made so far is kept" if self._api.in_process else "the job goes on"
            text = f"Not ready after {timeout_seconds:g} s; {goes_on}. {self.resume_hint()}"
            raise CommandError(text, ExitCode.TIMED_OUT) from None
        except asyncio.CancelledError:
            print_message(self._interruption_text())
            raise
        if isinstance(outcome, CommandError):
            raise outcome
        return outcome

    def resume_hint(self) -> str:
        """How to follow the job again, and to have its film where it was to be."""
        return f"{'Go on' if self._api.in_process else 'Follow it'} with `{self._command()}`."

    def _command(self) -> str:
        out = f" --out {shlex.quote(str(self._target))}" if self._target else ""
        return f"avc jobs watch {self._job_id}{out}"

    def _interruption_text(self) -> str:
        """What an interruption has done: with a service nothing; in this process the work stops here."""
        if self._api.in_process:
            return f"Stopped; what is made so far is kept. {self.resume_hint()}"
        return (
            f"Detached; the job goes on at {self._api.address}. {self.resume_hint()} "
            f"Stop it with `avc jobs cancel {self._job_id}`."
        )

    async def _outcome(self) -> JobProgress | CommandError:
        """The last progress, or the error as a value, because a task group would wrap what is raised."""
        try:
            return await self._poll()
        except CommandError as stopped:
            return stopped

    async def _poll(self) -> JobProgress:
        while True:
            progress = await self._load_patiently()
            self._show(progress)
            if progress.has_ended or progress.is_asking:
                return progress
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

    async def _load_patiently(self) -> JobProgress:
        """The progress, also across a restart of the service."""
        until = self._clock.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await self._load()
            except CommandError as stopped:
                if stopped.exit_code is not ExitCode.UNAVAILABLE or self._clock.monotonic() > until:
                    raise
                await self._clock.sleep(RECONNECT_SECONDS)

    async def _load(self) -> JobProgress:
        manifest: Json = await self._api.get(f"{API}/jobs/{self._job_id}/manifest")
        if has_unknown_scene(manifest["children"], self._scenes):
            segments = await self._api.get(f"{API}/projects/{manifest['job']['project_id']}/segments")
            self._scenes = {
                segment["id"]: FilmScene(segment["index"] + 1, is_made=segment["status"] in MADE)
                for segment in segments
            }
        return progress_of(manifest, self._scenes, self._clock.now(), self._remaining)

    async def _listen(self) -> None:
        """Wakes the loop at every event of the owner's stream; without a stream it polls."""
        while not self._api.in_process:
            try:
                async for line in self._api.stream_lines(f"{API}/events"):
                    self._has_stream = True
                    if line.startswith("data:"):
                        self._event.set()
            except CommandError:
                self._has_stream = False
            await self._clock.sleep(RECONNECT_SECONDS)


def check_success(progress: JobProgress, resume_hint: str) -> None:
    """Ends the command unless the job succeeded; says why and what can be done."""
    job = progress.job
    if job["phase"] == "succeeded":
        return
    if progress.is_asking:
        question = job["question"] or {}
        choices = "|".join(question.get("choices") or ())
        answer_hint = f"Answer with `avc jobs answer {job['id']} {choices}`."
        text = f"{question.get('text', 'It waits for you.')} {answer_hint} {resume_hint}"
        raise CommandError(text, ExitCode.JOB_FAILED)
    fault = job["error"] or {}
    sentences = [human_text(fault.get("message")) or f"The job was {job['phase']}.", human_text(fault.get("hint"))]
    if job["phase"] == "failed":
        sentences.append(f"Go on where it stopped with `avc jobs retry {job['id']}`.")
    text = " ".join(filter(None, sentences))
    raise CommandError(text, ExitCode.JOB_FAILED)


@dataclass(frozen=True)
class FilmScene:
    """A segment of the film: its place, and whether its clip was there before the job began."""

    number: int
    is_made: bool


class RemainingTime:
    """The remaining time that is shown: estimates go up and down, the time on the screen only shrinks."""

    def __init__(self) -> None:
        self._shown: int | None = None

    def update(self, estimate: int | None) -> int | None:
        """The time to show after this estimate."""
        if estimate is not None:
            self._shown = estimate if self._shown is None else min(self._shown, estimate)
        return self._shown


def progress_of(
    manifest: Json, scenes: Mapping[str, FilmScene], now: datetime, remaining: RemainingTime
) -> JobProgress:
    """The lines of a job and of the scenes that it makes; of one scene only the newest part is shown."""
    job: Json = manifest["job"]
    newest: dict[str, Json] = {}
    for child in sorted(manifest["children"], key=lambda child: str(child["created_at"])):
        newest[child["segment_id"] or ""] = child
    lines = [
        _scene(segment_id, scene, newest.get(segment_id))
        for segment_id, scene in sorted(scenes.items(), key=lambda each: each[1].number)
        if segment_id in newest or job["kind"] == FILM
    ]
    whole = ProgressLine(
        job["id"], "Film" if job["kind"] == FILM else str(job["kind"]), _state(job), job["phase"], _percent(job)
    )
    return JobProgress(job, whole, tuple(lines), remaining.update(_estimate(job, now)))


def has_unknown_scene(children: Sequence[Json], scenes: Mapping[str, FilmScene]) -> bool:
    """Whether a part belongs to a scene that was not seen yet."""
    return any(child["segment_id"] and child["segment_id"] not in scenes for child in children)


def _scene(segment_id: str, scene: FilmScene, child: Json | None) -> ProgressLine:
    label = f"Scene {scene.number}"
    if child is None:
        state = "done" if scene.is_made else "waiting"
        return ProgressLine(
            segment_id, label, state, "succeeded" if scene.is_made else "queued", FULL_PERCENT * scene.is_made
        )
    if child["phase"] == "succeeded" and child["kind"] != TAKE:
        state = "narrated, waiting for its clip" if child["kind"] == NARRATION else "waiting for its clip"
        return ProgressLine(segment_id, label, state, "queued", 0)
    return ProgressLine(segment_id, label, _state(child), child["phase"], _percent(child))


def _state(job: Json) -> str:
    match job["phase"]:
        case "running":
            return str(job["stage_label"] or job["status"]).replace("_", " ")
        case "queued":
            return "waiting"
        case "succeeded":
            return "done"
        case phase:
            return str(phase).replace("_", " ")


def _percent(job: Json) -> int:
    return FULL_PERCENT if job["phase"] == "succeeded" else int(job["progress"])


def _estimate(job: Json, now: datetime) -> int | None:
    """What the service expects, else what the pace so far promises."""
    if job["phase"] in ENDED:
        return None
    percent = _percent(job)
    if not FEWEST_PERCENT <= percent < FULL_PERCENT:
        return None
    if job["eta_seconds"] is not None:
        return int(job["eta_seconds"])
    if not job["started_at"]:
        return None
    spent = (now - datetime.fromisoformat(job["started_at"])).total_seconds()
    return max(0, round(spent * (FULL_PERCENT - percent) / percent))
