"""One replica: the service as `avc serve` runs it, with one more kind of job that takes its time and costs nothing."""

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import uvicorn
from pydantic import BaseModel, JsonValue

from app.cli.serve import configure, listen
from app.core.settings import Settings
from app.jobs.domain import JobStatus, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.main import create_app
from app.resources import Resources
from app.worker import Prune, job_handlers

KIND = "replicas.slow"


class SlowParams(BaseModel):
    """How long it takes."""

    seconds: float = 1.0


class Slow(JobHandler[SlowParams]):
    """Waits, as a job waits for a vendor."""

    kind: ClassVar[str] = KIND
    label: ClassVar[str] = "Take time"
    lane: ClassVar[Lane] = Lane.REMOTE
    startable: ClassVar[bool] = True
    every: ClassVar[timedelta | None] = None
    params = SlowParams

    def __init__(self, resources: Resources) -> None:
        self._clock = resources.clock

    async def run(self, work: JobRun, params: SlowParams) -> dict[str, JsonValue]:
        begun = await work.step("begin", self._now)
        await work.stage("waiting", progress=50, status=JobStatus.GENERATING_VIDEO)
        done_at = datetime.fromisoformat(begun) + timedelta(seconds=params.seconds)
        until = work.job.deadline_at or done_at
        await work.wait("done", self._look, done_at, every_seconds=0.2, until=until)
        return {"waited": params.seconds}

    async def ended(self, session: object, job: JobView, ending: Ending) -> None:
        return

    async def _now(self) -> str:
        return self._clock.now().isoformat()

    async def _look(self, done_at: datetime) -> bool | None:
        return True if self._clock.now() >= done_at else None


def handlers(resources: Resources, prune: Prune) -> Sequence[JobHandler[Any]]:
    """The service's own, and the slow one."""
    return (*job_handlers(resources, prune), Slow(resources))


def main() -> None:
    """Serves until SIGTERM, as `avc serve` does."""
    settings = Settings.load()
    config = configure(settings.server, "app.cli.serve:reporting_application")
    config.app, config.factory = create_app(settings, handlers=handlers), False
    uvicorn.Server(config).run(sockets=[listen(settings.server)])


if __name__ == "__main__":
    sys.exit(main())
