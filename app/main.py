"""Web entry: create_app() joins lifespan, middleware, routers and the faces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api import problems, v1
from app.core import startup
from app.core.clock import Clock
from app.core.migrations import migrate
from app.core.settings import Settings
from app.resources import open_resources

__all__ = ["create_app"]


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> FastAPI:
    """The whole service as one ASGI application; nothing is opened before its lifespan begins."""
    configured = settings or Settings.load()

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        startup.check(configured)
        async with open_resources(startup.with_secret(configured), clock=clock) as resources:
            if not configured.is_production():
                await migrate(resources.database)
            application.state.resources = resources
            yield

    application = FastAPI(title=configured.server.app_name, lifespan=lifespan)
    problems.install(application)
    application.include_router(v1.router)
    return application


def __getattr__(name: str) -> FastAPI:
    """Makes `app.main:app` for ASGI servers when they ask; importing this module reads no setting."""
    if name == "app":
        return create_app()
    raise AttributeError(name)
