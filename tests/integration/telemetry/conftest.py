"""A recorder whose spans and metrics stay in memory, and a vendor that charges."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

from app.core.exporting import Discretion
from app.core.telemetry import CallUnit, Telemetry
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptView, JobView, Lane
from app.jobs.handlers import Ending, JobHandler, JobRun
from app.jobs.persistence import VendorAnswer
from app.providers.errors import ContentBlocked

PRICE = 270_000
PROMPT = "a red boat under the moon"


class Recorder:
    """What a test reads back."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self._spans = InMemorySpanExporter()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(Discretion())
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.telemetry = Telemetry(self.meters, tracers)

    def points(self) -> list[tuple[str, Mapping[str, Any], Any]]:
        """Name, labels and figure of everything; blocks while gauges ask the loop."""
        collected = self._reader.get_metrics_data()
        resources = [] if collected is None else collected.resource_metrics
        scopes = [scope for resource in resources for scope in resource.scope_metrics]
        return [
            (metric.name, dict(point.attributes or {}), getattr(point, "value", getattr(point, "count", None)))
            for scope in scopes
            for metric in scope.metrics
            for point in metric.data.data_points
        ]

    def figure(self, name: str, **labels: str) -> Any:
        """The one figure under a name and these labels, if there is one."""
        found = [value for seen, carried, value in self.points() if seen == name and labels.items() <= carried.items()]
        assert len(found) <= 1, found
        return found[0] if found else None

    def spans(self, begin: str = "") -> list[ReadableSpan]:
        return [span for span in self._spans.get_finished_spans() if span.name.startswith(begin)]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.meters.shutdown()


class Scene(BaseModel):
    """What people write."""

    prompt: str


class Filming(JobHandler[Scene]):
    """Buys one clip with a prompt; a blocked prompt is refused by the vendor."""

    kind: ClassVar[str] = "test.film"
    label: ClassVar[str] = "Film one scene"
    lane: ClassVar[Lane] = Lane.REMOTE
    startable: ClassVar[bool] = True
    every: ClassVar[timedelta | None] = None
    params = Scene

    async def run(self, work: JobRun, params: Scene) -> dict[str, Any]:
        async def send(attempt: AttemptView) -> VendorAnswer:
            if "blocked" in params.prompt:
                raise ContentBlocked(provider="vendor")
            return VendorAnswer(
                f"task-{attempt.id}", {"prompt": params.prompt}, PRICE, {CallUnit.CHARACTERS: len(params.prompt)}
            )

        await work.stage("buying", progress=20)
        call = PaidCall("video", "vendor", "vendor:key", "hash", PRICE)
        return {"remote_id": (await work.buy(call, send)).remote_id}

    async def ended(self, session: object, job: JobView, ending: Ending) -> None:
        """Nothing changes with the end."""
