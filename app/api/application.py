"""The web application with its layers in order: what stands outside the framework's own error handling."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Scope
from typing_extensions import override

from app.api.bodies import JSON_BODY_BYTES, AnonymousBodies, BodyLimit, ReadableText, upload_ceiling_bytes
from app.api.documents import NATIVE
from app.api.limits import Limiter, RateLimits, TokenOwners
from app.api.metrics import PATH as METRICS_PATH
from app.api.middleware import HEALTH_PATHS, Cors, RequestContext, SecurityHeaders, Slashes, TrustedHosts
from app.api.openapi import api_document
from app.core.clock import Clock
from app.core.dependencies import TEXT_FORM
from app.core.settings import Settings
from app.core.telemetry import Telemetry

# Archives hold many files, so their ceiling is one of its own.
ARCHIVE_PATH = "/api/v1/projects/import"
UNRECORDED = HEALTH_PATHS | {METRICS_PATH}


class Lifespan(Protocol):
    """Opens what the application needs and closes it at the end."""

    def __call__(self, application: FastAPI, /) -> AbstractAsyncContextManager[None]:
        """The span between start and end."""


class Application(FastAPI):
    """FastAPI with our layers around it.

    Layers added by `add_middleware` stand inside the framework's handling of unknown errors and of its body
    limit, so those answers would leave without headers, id and log line; ours stand outside.
    """

    def __init__(self, settings: Settings, clock: Clock, lifespan: Lifespan, telemetry: Telemetry) -> None:
        self._settings = settings
        self._clock = clock
        self._limiter = Limiter.over(settings.security, clock)
        super().__init__(
            title=settings.server.app_name,
            lifespan=lifespan,
            redirect_slashes=False,
            max_body_size=JSON_BODY_BYTES,
            form_limits=TEXT_FORM,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            telemetry=_recorded(telemetry),
        )

    @override
    def openapi(self) -> dict[str, Any]:
        return api_document(self, NATIVE)

    @override
    def build_middleware_stack(self) -> ASGIApp:
        """The framework's stack inside ours; the last layer here is the first to see a request."""
        server = self._settings.server
        app = super().build_middleware_stack()
        app = ReadableText(app)
        app = AnonymousBodies(app)
        storage = self._settings.storage
        larger = {ARCHIVE_PATH: upload_ceiling_bytes(storage.archive_max_size_mb)}
        app = BodyLimit(app, upload_ceiling_bytes(storage.upload_max_size_mb), larger)
        app = RateLimits(app, self._limiter, TokenOwners())
        app = Slashes(app)
        app = Cors(app, server.cors_origins, with_loopback=not self._settings.is_production())
        app = TrustedHosts(app, server.public_base_url)
        app = SecurityHeaders(app, https_outside=server.public_base_url.startswith("https://"))
        return RequestContext(app, self._clock)


def _recorded(telemetry: Telemetry) -> TelemetryConfig:
    """Requests by route, as spans and metrics; the framework's own log would carry people's words, so it is off."""
    return TelemetryConfig(
        tracer_provider=telemetry.tracers,
        meter_provider=telemetry.meters,
        tracing=telemetry.is_on,
        metrics=telemetry.is_on,
        logs=False,
        operation_spans=False,
        auto_configure=False,
        exclude=_is_noise,
    )


def _is_noise(scope: Scope) -> bool:
    return scope.get("path") in UNRECORDED
