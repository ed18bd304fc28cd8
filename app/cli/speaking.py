"""avc mcp: the tools of this installation for one agent on the standard streams, or the whole service over HTTP."""

import asyncio
from pathlib import Path

from app.accounts.identity import Identities
from app.accounts.values import Account
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
    client = ClientSettings()
    if settings.mcp.transport == HTTP:
        serve()
        return
    if client.url:
        text = f"AVC_URL is set: let your client speak HTTP to {client.url.rstrip('/')}/mcp with an API key as Bearer."
        raise Stopped(text, Exit.MISUSED)
    secret = client.api_key.get_secret_value()
    if not secret and settings.is_production():
        text = "Production has no local user. Set AVC_API_KEY to a key of yours."
        raise Stopped(text, Exit.NOT_ALLOWED)
    asyncio.run(_speak(settings, secret))


async def _speak(settings: Settings, secret: str) -> None:
    """Works itself unless the service runs beside it, whose worker then finds the jobs."""
    works = not await answers(own_address(settings.server), is_wanted=False)
    service = create_app(_settings(settings, works=works))
    async with service.router.lifespan_context(service):
        resources: Resources = service.state.resources

        async def standing() -> Account:
            identities = Identities.over(resources)
            return await (identities.by_bearer(secret) if secret else identities.local())

        await speak_on_stdio(resources, standing, Path.cwd())


def _settings(found: Settings, *, works: bool) -> Settings:
    """The log goes to the standard error stream and says no more than was asked for."""
    server = found.server.model_copy(update={"log_level": found.mcp.log_level})
    work = found.work.model_copy(update={"embedded_worker": works})
    return found.model_copy(update={"server": server, "work": work})
