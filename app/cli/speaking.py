"""avc mcp: the tools of this installation for one agent on the standard streams, or the whole service over HTTP."""

import asyncio
from pathlib import Path

from app.accounts.identity import Identities
from app.accounts.values import Account
from app.cli.bridging import carry
from app.cli.connecting import ClientSettings, answers, own_address
from app.cli.exits import Exit, Stopped
from app.cli.serving import serve
from app.core.settings import Settings
from app.main import create_app
from app.mcp.server import speak_on_stdio
from app.resources import Resources

__all__ = ["speak"]

HTTP = "http"


def speak() -> None:
    """Speaks as MCP_TRANSPORT says until the client hangs up."""
    settings = Settings.load()
    if settings.mcp.transport == HTTP:
        serve()
        return
    asyncio.run(_speak(settings, ClientSettings()))


async def _speak(settings: Settings, client: ClientSettings) -> None:
    """With the service that runs already, else with one inside this process."""
    address = client.url.rstrip("/") or own_address(settings.server)
    secret = client.api_key.get_secret_value()
    runs = await answers(address, is_wanted=bool(client.url))
    if not secret and (runs or settings.is_production()):
        text = "Set AVC_API_KEY to a key of yours: a service that runs, and production, have no local user."
        raise Stopped(text, Exit.NOT_ALLOWED)
    await (carry(address, secret) if runs else _work(settings, secret))


async def _work(settings: Settings, secret: str) -> None:
    service = create_app(_settings(settings))
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
