"""The service as one ASGI application that speaks the native API: lifespan, middleware and its routers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from app.api import health, metrics, problems, studio, v1
from app.api.application import Application
from app.api.bodies import JSON_BODY_BYTES
from app.api.health import NOTICE_SECONDS, Draining
from app.core import logging, startup
from app.core.clock import Clock, SystemClock
from app.core.database import Database
from app.core.migrations import migrate, missing_revisions
from app.core.routing import built
from app.core.settings import Settings
from app.core.tasks import Supervision
from app.core.telemetry import Telemetry, open_telemetry
from app.library.routes import media
from app.mcp.dependencies import McpDoor
from app.mcp.opening import mcp_served
from app.resources import STANDARD, Outside, open_resources
from app.worker import STANDARD_PARTS, HandlerMaker, WorkerParts, background, job_handlers, let_go


def create_service(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    handlers: HandlerMaker = job_handlers,
    telemetry: Telemetry | None = None,
    outside: Outside = STANDARD,
    parts: WorkerParts = STANDARD_PARTS,
) -> FastAPI:
    """The service with the native API, enough within a program; nothing is opened before its lifespan begins."""
    configured = settings or Settings.load()
    recorded = telemetry or open_telemetry(configured, clock)
    draining = Draining(NOTICE_SECONDS if configured.is_production() else 0.0)

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        startup.check(configured)
        logging.configure(configured)
        secured = startup.with_secret(configured)
        async with open_resources(secured, clock=clock, telemetry=recorded, outside=outside) as resources:
            with startup.told_to_stop() as stop:
                await startup.database_answers(resources.database, resources.clock, stop)
            await _bring_to_head(resources.database, configured)
            application.state.resources = resources
            with_worker = configured.work.embedded_worker
            async with (
                background(resources, with_worker=with_worker, handlers=handlers, parts=parts),
                mcp_served(resources) as application.state.mcp,
            ):
                application.state.supervision = resources.provided(Supervision)
                with draining.on_sigterm(lambda: let_go(resources)):
                    yield

    application = Application(configured, clock or SystemClock(), lifespan, recorded)
    application.state.draining = draining
    application.state.supervision = None
    problems.install(application)
    application.router.routes.extend(_native_routes())
    return application


@cache
def _native_routes() -> Sequence[BaseRoute]:
    """Routes that all applications of a process share: reading their signatures takes longer than a request."""
    routes = built(health.router, metrics.router, studio.router, v1.router, media, max_body_size=JSON_BODY_BYTES)
    return (*routes, Route("/mcp", McpDoor(), methods=["POST"], include_in_schema=False))


async def _bring_to_head(database: Database, settings: Settings) -> None:
    """Development migrates by itself; production refuses to serve a schema that an operator has not upgraded."""
    missing = await missing_revisions(database)
    if missing and not settings.is_production():
        await migrate(database)
    elif missing:
        message = f"DATABASE_URL: the database lacks the revisions {', '.join(missing)}. Run `avc db upgrade` first."
        raise startup.UnsafeSettings(message)
