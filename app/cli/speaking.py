"""avc mcp: tools for one agent on the standard streams, or the whole service over HTTP."""

import asyncio

from app.cli.bridging import carry
from app.cli.connecting import ClientSettings, answers, own_address, proof_for
from app.cli.exits import Exit, Stopped
from app.cli.loading import part
from app.core.settings import Settings

HTTP = "http"


def speak() -> None:
    """Speaks as MCP_TRANSPORT says until the client hangs up."""
    settings = Settings.load()
    if settings.mcp.transport == HTTP:
        part("serving").serve()
        return
    asyncio.run(_speak(settings, ClientSettings()))


async def _speak(settings: Settings, client: ClientSettings) -> None:
    """With the service that runs already, else with one inside this process."""
    address = client.url.rstrip("/") or own_address(settings.server)
    key = client.api_key.get_secret_value()
    if await answers(address, is_wanted=bool(client.url)):
        proof = proof_for(address, key)
        if not proof.key and proof.auth is None:
            raise Stopped(proof.advice, Exit.NOT_ALLOWED)
        await carry(proof)
        return
    if not key and settings.is_production():
        text = "Set AVC_API_KEY to a key of yours: no service answers, and production has no local user."
        raise Stopped(text, Exit.NOT_ALLOWED)
    await part("mcp_stdio").act(settings, key)
