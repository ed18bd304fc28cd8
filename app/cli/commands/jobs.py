"""`avc jobs`: lists, shows, follows, cancels, retries and answers jobs, and prints what they said."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.commands.options import AsJson, Limit, Timeout, Yes
from app.cli.loading import part

JobId = Annotated[str, typer.Argument(help="Id of the job.")]
commands = typer.Typer(help="Work that takes time: lists it, follows it, stops it.", no_args_is_help=True)


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
    part("jobs").list_jobs(phase, project, limit=limit, as_json=as_json)


@commands.command("show")
def show(job: JobId) -> None:
    """Prints a job as JSON, with its stages, attempts, costs and parts."""
    part("jobs").show(job)


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
    part("jobs").watch(job, timeout, out, force=force, as_json=as_json)


@commands.command("cancel")
def cancel(*, job: JobId, yes: Yes = False) -> None:
    """Stops a job; what it has paid for is kept."""
    part("jobs").cancel(job, sure=yes)


@commands.command("retry")
def retry(job: JobId) -> None:
    """Goes on with a failed job where it stopped; what it has paid for is not paid again."""
    part("jobs").retry(job)


@commands.command("answer")
def answer(job: JobId, choice: Annotated[str, typer.Argument(help="One of the choices it offers.")]) -> None:
    """Answers a job that waits for you."""
    part("jobs").answer(job, choice)


@commands.command("logs")
def logs(*, job: JobId, as_json: AsJson = False) -> None:
    """Prints every event of a job, oldest first."""
    part("jobs").logs(job, as_json=as_json)
