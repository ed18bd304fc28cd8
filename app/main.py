"""Web entry: create_app() is the service with the routers of the faces, the gallery and the studio page."""

from collections.abc import Sequence
from functools import cache

from fastapi import FastAPI
from starlette.routing import BaseRoute

from app.accounts.routes import media as avatars
from app.api import studio
from app.api.bodies import JSON_BODY_BYTES
from app.api.dialects import FACES
from app.asgi import create_service
from app.core.clock import Clock
from app.core.routing import built
from app.core.settings import Settings
from app.core.telemetry import Telemetry
from app.library.gallery.routes import films, staged
from app.resources import STANDARD, Outside
from app.worker import STANDARD_PARTS, HandlerMaker, WorkerParts, job_handlers


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    handlers: HandlerMaker = job_handlers,
    telemetry: Telemetry | None = None,
    outside: Outside = STANDARD,
    parts: WorkerParts = STANDARD_PARTS,
) -> FastAPI:
    """The whole service as one ASGI application; nothing is opened before its lifespan begins."""
    configured = settings or Settings.load()
    application = create_service(
        configured, clock=clock, handlers=handlers, telemetry=telemetry, outside=outside, parts=parts
    )
    application.router.routes.extend(_further_routes())
    studio.install(application, configured)
    return application


@cache
def _further_routes() -> Sequence[BaseRoute]:
    """Routes of the faces, the gallery and avatars, which all applications of a process share."""
    return tuple(built(*FACES, films, staged, avatars, max_body_size=JSON_BODY_BYTES))


def __getattr__(name: str) -> FastAPI:
    """Makes `app.main:app` for ASGI servers when they ask; importing this module reads no setting."""
    if name == "app":
        return create_app()
    raise AttributeError(name)
