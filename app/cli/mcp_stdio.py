"""The service inside this process, with its worker, for an agent on the standard streams."""

from pathlib import Path

from app.accounts.domain import Account
from app.accounts.identity import Identities
from app.asgi import create_service
from app.core.settings import Settings
from app.mcp.server import speak_on_stdio
from app.resources import Resources


async def act(settings: Settings, secret: str) -> None:
    """Acts for the owner of the key, else for the local user, until the client hangs up."""
    service = create_service(_settings(settings))
    async with service.router.lifespan_context(service):
        resources: Resources = service.state.resources

        async def standing() -> Account:
            identities = Identities.over(resources)
            return await (identities.by_bearer(secret) if secret else identities.local())

        await speak_on_stdio(resources, standing, Path.cwd())


def _settings(found: Settings) -> Settings:
    """The log goes to the standard error stream and says no more than was asked for."""
    server = found.server.model_copy(update={"log_level": found.mcp.log_level})
    work = found.work.model_copy(update={"embedded_worker": True})
    return found.model_copy(update={"server": server, "work": work})
