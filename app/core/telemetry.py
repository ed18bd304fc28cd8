"""Every name of our metrics and spans, and the one door through which they are recorded; silent unless switched on."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Final, Protocol
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, MeterProvider, NoOpMeterProvider, Observation
from opentelemetry.trace import NoOpTracerProvider, SpanContext, SpanKind, StatusCode, TraceFlags, TracerProvider

from app.core.clock import Clock, SystemClock
from app.core.errors import AppError
from app.core.settings import Settings
from app.core.startup import UnsafeSettings

log = structlog.get_logger(__name__)
SCOPE: Final = "avc"
JOB_SPAN: Final = "job"
CALL_SPAN: Final = "provider"
JOBS_QUEUED: Final = "avc.jobs.queued"
JOBS_ENDED: Final = "avc.jobs"
JOB_DURATION: Final = "avc.job.duration"
JOB_QUEUE_WAIT: Final = "avc.job.queue.wait"
ACTIVE_JOBS: Final = "avc.active.jobs"
QUEUE_DEPTH: Final = "avc.queue.depth"
QUEUE_AGE: Final = "avc.queue.age"
CALL_DURATION: Final = "avc.provider.request.duration"
CALL_ERRORS: Final = "avc.provider.errors"
CALL_UNITS: Final = "avc.provider.units"
COST: Final = "avc.provider.cost"
JOB_BUCKETS: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
WAIT_BUCKETS: Final = (0.1, 0.3, 0.5, 1.0, 1.5, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
CALL_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
EXPORTING = "app.core.exporting"
MICRO_PER_USD = 1_000_000
LOW_64_BITS = (1 << 64) - 1
READ_SECONDS = 2.0
EXTRA_MISSING = "TELEMETRY: needs the extra `metrics`. Run `pip install '.[metrics]'`, or set TELEMETRY=false."


class CallUnit(StrEnum):
    """What vendors count."""

    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    CHARACTERS = "characters"


@dataclass(frozen=True)
class QueueGroup:
    """Unfinished jobs of one kind, status and stage."""

    kind: str
    status: str
    stage: str
    jobs: int
    oldest_seconds: float
    is_waiting: bool


class Exposition(Protocol):
    """What of the recorded figures can be read, and what must be let go at the end."""

    media_type: str

    def text(self) -> bytes:
        """All metrics in the format of Prometheus; blocks, because gauges ask the database through the loop."""

    def close(self) -> None:
        """Sends what is left and stops; blocks."""


ReadQueue = Callable[[], Awaitable[Sequence[QueueGroup]]]


class QueueGauges:
    """Lets threads that collect metrics ask the loop for the state of the queue, within a limit of time."""

    def __init__(self) -> None:
        self._watched: tuple[asyncio.AbstractEventLoop, ReadQueue] | None = None

    @contextmanager
    def over(self, read: ReadQueue) -> Iterator[None]:
        """Answers from this reading, on the running loop, until the block ends."""
        self._watched = (asyncio.get_running_loop(), read)
        try:
            yield
        finally:
            self._watched = None

    def active(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Unfinished jobs."""
        return [Observation(g.jobs, {"kind": g.kind, "status": g.status, "stage": g.stage}) for g in self._groups()]

    def depth(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Jobs that no worker has begun."""
        return _by_kind(self._groups(), lambda waiting: sum(group.jobs for group in waiting))

    def age(self, _options: CallbackOptions) -> Iterable[Observation]:
        """How long the oldest of them waits."""
        return _by_kind(self._groups(), lambda waiting: max(group.oldest_seconds for group in waiting))

    def _groups(self) -> Sequence[QueueGroup]:
        if self._watched is None:
            return ()
        loop, read = self._watched

        async def reading() -> Sequence[QueueGroup]:
            async with asyncio.timeout(READ_SECONDS):
                return await read()

        answer = asyncio.run_coroutine_threadsafe(reading(), loop)
        try:
            return answer.result(timeout=2 * READ_SECONDS)
        except (TimeoutError, AppError) as fault:
            answer.cancel()
            log.warning("queue_gauges_unread", fault=type(fault).__name__)
            return ()


class Telemetry:
    """Records jobs, paid calls and money; labels are kinds, stages, vendors and codes, never ids or people's words."""

    def __init__(
        self,
        meters: MeterProvider | None = None,
        tracers: TracerProvider | None = None,
        exposition: Exposition | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self.is_on = meters is not None or tracers is not None
        self.meters = meters or NoOpMeterProvider()
        self.tracers = tracers or NoOpTracerProvider()
        self.exposition = exposition
        self.queue = QueueGauges()
        self._clock = clock or SystemClock()
        self._tracer = self.tracers.get_tracer(SCOPE)
        meter = self.meters.get_meter(SCOPE)
        self._queued = meter.create_counter(JOBS_QUEUED, description="Jobs put in line")
        self._ended = meter.create_counter(JOBS_ENDED, description="Jobs that ended, by outcome")
        self._errors = meter.create_counter(CALL_ERRORS, description="Paid calls without an answer, by error code")
        self._units = meter.create_counter(CALL_UNITS, description="Tokens and characters that vendors counted")
        self._cost = meter.create_counter(COST, description="Money booked for paid calls")
        self._ran = meter.create_histogram(
            JOB_DURATION, "s", "Jobs from start to end", explicit_bucket_boundaries_advisory=JOB_BUCKETS
        )
        self._waited = meter.create_histogram(
            JOB_QUEUE_WAIT, "s", "Jobs from line to start", explicit_bucket_boundaries_advisory=WAIT_BUCKETS
        )
        self._calls = meter.create_histogram(
            CALL_DURATION, "s", "Paid calls, by outcome", explicit_bucket_boundaries_advisory=CALL_BUCKETS
        )
        meter.create_observable_gauge(ACTIVE_JOBS, [self.queue.active], description="Unfinished jobs")
        meter.create_observable_gauge(QUEUE_DEPTH, [self.queue.depth], description="Jobs that no worker has begun")
        meter.create_observable_gauge(QUEUE_AGE, [self.queue.age], "s", "Age of the oldest job in line")

    def job_queued(self, kind: str, job_id: str) -> None:
        """A job stands in line; the span that put it there points to the trace of its runs."""
        self._queued.add(1, {"kind": kind})
        trace.get_current_span().add_link(_job_context(job_id), {"avc.job.kind": kind})

    @contextmanager
    def job_run(self, kind: str, job_id: str, parent_id: str | None) -> Iterator[None]:
        """A span of one run; all runs of a job are in the trace that has the job's own id, also after a crash."""
        links = [] if parent_id is None else [trace.Link(_job_context(parent_id))]
        with self._tracer.start_as_current_span(
            f"{JOB_SPAN} {kind}",
            context=trace.set_span_in_context(trace.NonRecordingSpan(_job_context(job_id)), Context()),
            kind=SpanKind.CONSUMER,
            attributes={"avc.job.id": job_id, "avc.job.kind": kind},
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ):
            yield

    def job_ended(self, kind: str, outcome: str, *, waited_seconds: float | None, ran_seconds: float | None) -> None:
        """A job has its end; one that never began has no duration."""
        self._ended.add(1, {"kind": kind, "outcome": outcome})
        if waited_seconds is not None:
            self._waited.record(waited_seconds, {"kind": kind})
        if ran_seconds is not None:
            self._ran.record(ran_seconds, {"kind": kind})
        trace.get_current_span().set_attribute("avc.job.outcome", outcome)

    @contextmanager
    def provider_call(self, provider: str, operation: str, attempt_id: str) -> Iterator[None]:
        """A span and a duration of one paid call; tells an answer from an error, a timeout and a cancel."""
        labels = {"provider": provider, "operation": operation}
        outcome, code = "failed", "unexpected"
        began = self._clock.monotonic()
        with self._tracer.start_as_current_span(
            f"{CALL_SPAN} {operation}",
            kind=SpanKind.CLIENT,
            attributes={"gen_ai.provider.name": provider, "avc.operation": operation, "avc.attempt.id": attempt_id},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except TimeoutError:
                outcome, code = "timed_out", "timeout"
                raise
            except AppError as error:
                code = error.code
                raise
            except asyncio.CancelledError:
                outcome, code = "cancelled", "cancelled"
                raise
            else:
                outcome, code = "answered", ""
            finally:
                self._calls.record(self._clock.monotonic() - began, {**labels, "outcome": outcome})
                span.set_attribute("avc.outcome", outcome)
                if code:
                    self._errors.add(1, {**labels, "code": code})
                    span.set_attribute("error.type", code)
                    span.set_status(StatusCode.ERROR)

    def spent(self, provider: str, micro_usd: int) -> None:
        """Money was booked."""
        self._cost.add(micro_usd / MICRO_PER_USD, {"provider": provider, "currency": "USD"})

    def used(self, provider: str, operation: str, units: Mapping[CallUnit, int]) -> None:
        """A vendor said how much it counted."""
        for unit, amount in units.items():
            self._units.add(amount, {"provider": provider, "operation": operation, "unit": unit.value})

    def close(self) -> None:
        """Sends what is left and stops; blocks."""
        if self.exposition is not None:
            self.exposition.close()


def open_telemetry(settings: Settings, clock: Clock | None = None) -> Telemetry:
    """What the settings ask for; the libraries that export are loaded only when it is switched on."""
    if not settings.server.telemetry:
        return Telemetry()
    time = clock or SystemClock()
    try:
        exporting = import_module(EXPORTING)
    except ModuleNotFoundError as missing:
        raise UnsafeSettings(EXTRA_MISSING) from missing
    opened: Telemetry = exporting.telemetry(settings, time)
    return opened


def _job_context(job_id: str) -> SpanContext:
    """Where a job's runs belong, known from its id alone, so that nothing about traces is stored."""
    number = UUID(job_id).int
    return SpanContext(number, number & LOW_64_BITS, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _by_kind(groups: Sequence[QueueGroup], figure: Callable[[Sequence[QueueGroup]], float]) -> Iterable[Observation]:
    waiting = [group for group in groups if group.is_waiting]
    kinds = sorted({group.kind for group in waiting})
    return [Observation(figure([g for g in waiting if g.kind == kind]), {"kind": kind}) for kind in kinds]
