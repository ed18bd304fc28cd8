"""Jobs: lists, shows, follows, stops, retries and answers them, and prints what they said."""

from pathlib import Path

import typer

from app.cli.asking import make_sure
from app.cli.client import API, Api, Json
from app.cli.connecting import run
from app.cli.display import say, screen, table, tell_json
from app.cli.downloading import download, download_captions
from app.cli.following import Follower, ended
from app.cli.preflight import check_target, target_of
from app.core.clock import SystemClock

HEADS = ("id", "kind", "phase", "%", "stage", "created")
FACTS_NOT_SHOWN = frozenset({"job_id"})


def list_jobs(phase: str | None, project_id: str | None, *, limit: int, as_json: bool) -> None:
    """Lists jobs, newest first."""
    wanted = {name: value for name, value in (("phase", phase), ("project_id", project_id)) if value}
    found: Json = run(lambda api: api.get(f"{API}/jobs", params={**wanted, "limit": limit}))
    if as_json:
        tell_json(found)
        return
    table(
        HEADS,
        (
            (job["id"], job["kind"], job["phase"], job["progress"], job["stage_label"], job["created_at"])
            for job in found["jobs"]
        ),
    )


def show(job_id: str) -> None:
    """Prints the whole story of a job."""
    tell_json(run(lambda api: api.get(f"{API}/jobs/{job_id}/manifest")))


def watch(job_id: str, timeout_seconds: float | None, out: Path | None, *, force: bool, as_json: bool) -> None:
    """Follows a job; fails as it fails. Brings the film that came of it to its place, where one was named."""
    target = None if out is None else target_of(out, force=force)
    if target is not None:
        check_target(target, 0)
    clock = SystemClock()

    async def followed(api: Api) -> None:
        with screen(clock, as_json=as_json) as shown:
            follower = Follower(api, clock, job_id, shown.show, target)
            seen = await follower.to_the_end(timeout_seconds)
        ended(seen, follower.way_back())
        if target is not None:
            order = {"job_id": job_id, "project_id": seen.job["project_id"]}
            await download(api, clock, order, target)
            await download_captions(api, order["project_id"], target)

    run(followed, works=True)
    say(f"Job {job_id} succeeded.")
    if target is not None:
        typer.echo(target)


def cancel(job_id: str, *, sure: bool) -> None:
    """Stops a job."""
    make_sure(f"Stop job {job_id}?", sure=sure)
    job: Json = run(lambda api: api.post(f"{API}/jobs/{job_id}/cancel"), works=True)
    _tell(job)


def retry(job_id: str) -> None:
    """Goes on with a failed job as a new one."""

    async def retried(api: Api) -> Json:
        job: Json = await api.post(f"{API}/jobs/{job_id}/retry", key=SystemClock().new_id())
        return job

    job = run(retried)
    _tell(job)
    say(f"Follow it with `avc jobs watch {job['id']}`.")


def answer(job_id: str, choice: str) -> None:
    """Answers a waiting job."""
    _tell(run(lambda api: api.post(f"{API}/jobs/{job_id}/answer", {"choice": choice})))


def logs(job_id: str, *, as_json: bool) -> None:
    """Prints what a job said."""
    said: Json = run(lambda api: api.get(f"{API}/jobs/{job_id}/log"))
    if as_json:
        tell_json(said)
        return
    table(
        ("when", "event", "facts"), ((event["created_at"], event["event"], _facts(event)) for event in said["events"])
    )


def _tell(job: Json) -> None:
    table(HEADS, iter([(job["id"], job["kind"], job["phase"], job["progress"], job["stage_label"], job["created_at"])]))


def _facts(event: Json) -> str:
    return " ".join(f"{name}={value}" for name, value in event["facts"].items() if name not in FACTS_NOT_SHOWN)
