"""/healthz (also /health, /livez), /readyz and /version, and the graceful end of the service."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final, Literal

import structlog
from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field

from app.accounts.dependencies import Public, ResourcesDep
from app.api.version import product_version
from app.core.clock import Clock
from app.core.errors import AppError
from app.core.migrations import missing_revisions
from app.core.routing import Router, alias_of
from app.core.tasks import Supervision
from app.resources import MEBIBYTE, Resources

log = structlog.get_logger(__name__)

# Load balancers need a moment to see that this process takes no new work; a person at a terminal does not.
NOTICE_SECONDS: Final = 2.0


class Draining:
    """Whether this process has been asked to end."""

    def __init__(self, notice_seconds: float = 0.0) -> None:
        self.begun = False
        self._notice_seconds = notice_seconds

    @contextmanager
    def on_sigterm(self, on_signal: Callable[[], None]) -> Iterator[None]:
        """Stands before the server's own handler while the service is open; `let_go` ends what would go on for ever."""
        if threading.current_thread() is not threading.main_thread():
            # Python hands signals to the main thread only; whoever serves from another one ends it in its own way.
            yield
            return
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGTERM)

        def forward(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(on_signal)
            if callable(before):
                before(number, frame)
            else:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.raise_signal(signal.SIGTERM)

        def begin(number: int, frame: FrameType | None) -> None:
            again, self.begun = self.begun, True
            if again or self._notice_seconds == 0:
                forward(number, frame)
            else:
                loop.call_soon_threadsafe(loop.call_later, self._notice_seconds, forward, number, None)

        signal.signal(signal.SIGTERM, begin)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


router = Router(tags=["health"], dependencies=[Public])
CHECK_SECONDS = 5.0
REMEMBERED_SECONDS = 3.0
Probe = Callable[[Resources], Awaitable[str | None]]


class Alive(BaseModel):
    """The process runs, and so do its loops."""

    status: Literal["ok", "stuck"] = "ok"
    stuck: list[str] | None = Field(None, description="Loops that have not come round for three of their periods")


class Finding(BaseModel):
    """What one check found."""

    status: Literal["ok", "low", "failed"] = Field(description="`low` is to be looked at and keeps no request away")
    detail: str | None = None
    duration_ms: float


class Readiness(BaseModel):
    """Whether this process should get requests."""

    status: Literal["ready", "draining", "not_ready"]
    checks: dict[str, Finding]


class Version(BaseModel):
    """What runs here."""

    name: str
    version: str
    api: Literal["v1"] = "v1"


class SchemaWatch:
    """Whether the database is at head; a schema once at head stays there while this process lives."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.database
        self._reached = False

    async def fault(self) -> str | None:
        """What is missing."""
        if not self._reached:
            missing = await missing_revisions(self._database)
            if missing:
                return f"missing {', '.join(missing)}; run `avc db upgrade`"
            self._reached = True
        return None


class ToolWatch:
    """Whether ffmpeg can do what films need; what it could once it can as long as it is there."""

    def __init__(self, resources: Resources) -> None:
        self._tools = resources.tools
        self._threads = resources.threads
        self._proven = False

    async def fault(self) -> str | None:
        """What is wrong with it."""
        if not self._proven:
            await self._tools.check()
            self._proven = True
        there = await self._threads.run(Path(self._tools.ffmpeg).is_file)
        return None if there else "ffmpeg is gone; install it again or set FFMPEG_PATH"


class LastFindings:
    """What the last look found: it is given for a few seconds, and one look is made at a time, whoever asks."""

    def __init__(self, resources: Resources) -> None:
        self._checkup = Checkup(resources, PROBES, WATCHED)
        self._clock = resources.clock
        self._one_at_a_time = asyncio.Lock()
        self._found: dict[str, Finding] = {}
        self._stale_at = 0.0

    async def findings(self) -> dict[str, Finding]:
        """Name of each check to what it found."""
        async with self._one_at_a_time:
            if not self._found or self._clock.monotonic() >= self._stale_at:
                self._found = await self._checkup.findings()
                self._stale_at = self._clock.monotonic() + REMEMBERED_SECONDS
            return self._found


@dataclass(frozen=True)
class Checkup:
    """All checks of readiness, made at the same time and each within its time."""

    resources: Resources
    probes: Mapping[str, Probe]
    # What these find wrong keeps no request away.
    watched: Mapping[str, Probe]

    async def findings(self) -> dict[str, Finding]:
        """Name of each check to what it found."""
        async with asyncio.TaskGroup() as together:
            running = {name: together.create_task(self._look(name, probe)) for name, probe in self.probes.items()}
            running |= {
                name: together.create_task(self._look(name, probe, bad="low")) for name, probe in self.watched.items()
            }
        return {name: task.result() for name, task in running.items()}

    async def _look(self, name: str, probe: Probe, *, bad: Literal["low", "failed"] = "failed") -> Finding:
        clock: Clock = self.resources.clock
        began = clock.monotonic()
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                fault = await probe(self.resources)
        except AppError as refusal:
            fault = refusal.text
        except Exception:
            # A check that breaks in a way nobody foresaw is a failed check; its stack is for the log only.
            log.exception("readiness_check_failed", check=name)
            fault = "did not answer; the log says why"
        spent = round((clock.monotonic() - began) * 1000, 1)
        return Finding(status=bad if fault else "ok", detail=fault, duration_ms=spent)


async def _database(resources: Resources) -> str | None:
    await resources.database.ping()
    return None


async def _migrations(resources: Resources) -> str | None:
    return await resources.once(SchemaWatch).fault()


async def _storage(resources: Resources) -> str | None:
    await resources.store.check()
    return None


async def _ffmpeg(resources: Resources) -> str | None:
    return await resources.once(ToolWatch).fault()


async def _disk(resources: Resources) -> str | None:
    temp_dirs = resources.temp_dirs
    free_bytes = (await temp_dirs.space()).free_bytes
    if not temp_dirs.reserve_bytes or free_bytes >= temp_dirs.reserve_bytes:
        return None
    return f"{free_bytes // MEBIBYTE} MB are free, less than STORAGE_RESERVE_MB: uploads are refused and films wait"


PROBES: Mapping[str, Probe] = {
    "database": _database,
    "migrations": _migrations,
    "storage": _storage,
    "ffmpeg": _ffmpeg,
}
WATCHED: Mapping[str, Probe] = {"disk": _disk}


async def readiness(request: Request, response: Response, resources: ResourcesDep) -> Readiness:
    """Looks at everything a request may need; a draining process sends new work elsewhere."""
    draining: Draining = request.app.state.draining
    checks = await resources.once(LastFindings).findings()
    well = all(finding.status != "failed" for finding in checks.values())
    if draining.begun or not well:
        response.status_code = 503
    return Readiness(status="draining" if draining.begun else "ready" if well else "not_ready", checks=checks)


STUCK: dict[int | str, dict[str, Any]] = {503: {"model": Alive, "description": "A loop stands still"}}
ReadinessDep = Annotated[Readiness, Depends(readiness)]


async def life(request: Request, response: Response) -> Alive:
    """Looks at the loops of this process, once they have begun."""
    supervision: Supervision | None = request.app.state.supervision
    stuck = [] if supervision is None else list(supervision.late())
    if not stuck:
        return Alive()
    response.status_code = 503
    return Alive(status="stuck", stuck=stuck)


LifeDep = Annotated[Alive, Depends(life)]


@router.get("/healthz", operation_id="health_live", responses=STUCK, response_model_exclude_none=True)
@router.get(
    "/health",
    operation_id="health_live_short",
    openapi_extra=alias_of("health_live"),
    responses=STUCK,
    response_model_exclude_none=True,
)
@router.get(
    "/livez",
    operation_id="health_live_kubernetes",
    openapi_extra=alias_of("health_live"),
    responses=STUCK,
    response_model_exclude_none=True,
)
@router.head("/healthz", include_in_schema=False)
@router.head("/health", include_in_schema=False)
@router.head("/livez", include_in_schema=False)
async def alive(found: LifeDep) -> Alive:
    """Says that the process runs and that none of its loops stands still; touches nothing else."""
    return found


@router.get("/readyz", operation_id="health_ready", responses={503: {"model": Readiness}})
@router.head("/readyz", include_in_schema=False)
async def ready(found: ReadinessDep) -> Readiness:
    """Says whether this process should get requests: database, migrations, storage and ffmpeg; and how the disk is."""
    return found


@router.get("/version", operation_id="health_version")
@router.head("/version", include_in_schema=False)
async def version(resources: ResourcesDep) -> Version:
    """Says what runs here."""
    return Version(name=resources.settings.server.app_name, version=product_version())
