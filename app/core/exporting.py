"""Telemetry that leaves the process: a Prometheus text and, where an address is set, OTLP; loaded only when wanted."""

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from typing_extensions import override

from app.core.clock import Clock
from app.core.redaction import safe_path
from app.core.settings import Settings
from app.core.telemetry import Exposition, Telemetry

UNTOLD = "-"


class Discretion(SpanProcessor):
    """Takes what people wrote, and proofs that links carry, out of a request's span before anything else sees it."""

    @override
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        attributes = span.attributes or {}
        if "url.query" in attributes:
            span.set_attribute("url.query", UNTOLD)
        path = attributes.get("url.path")
        if isinstance(path, str):
            span.set_attribute("url.path", safe_path(path))

    @override
    def on_end(self, span: ReadableSpan) -> None:
        """Leaves ended spans alone."""


class Prometheus(Exposition):
    """The metrics of this process in a registry of its own."""

    media_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, registry: CollectorRegistry, meters: MeterProvider, tracers: TracerProvider) -> None:
        self._registry = registry
        self._meters = meters
        self._tracers = tracers

    @override
    def text(self) -> bytes:
        return generate_latest(self._registry)

    @override
    def close(self) -> None:
        self._tracers.shutdown()
        self._meters.shutdown()


def telemetry(settings: Settings, clock: Clock) -> Telemetry:
    """Metrics to be scraped; metrics and traces sent where an address for OTLP is set."""
    server = settings.server
    resource = Resource.create({"service.name": server.app_name, "service.instance.id": clock.new_id()})
    registry = CollectorRegistry()
    readers: list[MetricReader] = [PrometheusMetricReader(registry=registry)]
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    tracers.add_span_processor(Discretion())
    address = server.otel_exporter_otlp_endpoint
    if address:
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{address}/v1/metrics")))
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{address}/v1/traces")))
    meters = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
    return Telemetry(meters, tracers, Prometheus(registry, meters, tracers), clock=clock)
