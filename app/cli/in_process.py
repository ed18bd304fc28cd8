"""The service inside this process, for commands that find none running: the same application, no socket."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from app.asgi import create_service
from app.cli.connecting import own_address
from app.cli.exits import Exit, Stopped
from app.cli.loading import without_collector
from app.core.database import DatabaseBusy
from app.core.settings import Settings

QUIET = "ERROR"


@asynccontextmanager
async def opened(*, works: bool, as_local_user: bool) -> AsyncIterator[httpx.ASGITransport]:
    """A way into the application for the length of the block; it keeps the person's screen free of its log."""
    found = Settings.load()
    if as_local_user and found.is_production():
        text = "No service answers, and production has no local user. Set AVC_URL to where it runs, or AVC_API_KEY."
        raise Stopped(text, Exit.NOT_ALLOWED)
    service = create_service(_settings(found, works=works, as_local_user=as_local_user))
    async with AsyncExitStack() as stack:
        try:
            with without_collector():
                await stack.enter_async_context(service.router.lifespan_context(service))
        except DatabaseBusy as busy:
            text = (
                f"No service answers at {own_address(found.server)}, but a process uses the database of this "
                "installation: a service that starts, stops, is busy or listens elsewhere, or another command. Wait "
                "until it answers or has ended, or set AVC_URL to where it listens."
            )
            raise Stopped(text, Exit.UNAVAILABLE) from busy
        yield httpx.ASGITransport(service, raise_app_exceptions=False)


def _settings(found: Settings, *, works: bool, as_local_user: bool) -> Settings:
    """Nothing listens here, so whoever may read this installation's files may act as its local user."""
    quiet = {"host": "127.0.0.1", "log_level": QUIET}
    return found.model_copy(
        update={
            "server": found.server.model_copy(update=quiet),
            "security": found.security.model_copy(update={"local_user": as_local_user or found.security.local_user}),
            "work": found.work.model_copy(update={"embedded_worker": works}),
        }
    )
