"""`avc mcp`: tools for an agent on the standard streams, by a running service or one in this process; or over HTTP."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from app.cli.client import CliSettings, ServiceCredentials, credentials_for, is_service_at, own_address
from app.cli.terminal import CommandError, ExitCode, Json, gc_paused
from app.core.settings import Settings
from app.core.tasks import Background
from app.core.threads import Threads

if TYPE_CHECKING:
    from app.accounts.domain import Account

HTTP = "http"
VERSION = "MCP-Protocol-Version"
BOTH_FORMS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
PATIENCE = httpx.Timeout(120.0, connect=5.0)
SERVICE_FAULT = -32000
EVENT = "data:"
CANCELLED = "notifications/cancelled"


def mcp() -> None:
    """Speaks as MCP_TRANSPORT says until the client hangs up."""
    settings = Settings.load()
    if settings.mcp.transport == HTTP:
        with gc_paused():
            from app.cli.serve import serve
        serve()
        return
    asyncio.run(_connect(settings, CliSettings()))


async def _connect(settings: Settings, client: CliSettings) -> None:
    """With the service that runs already, else with one inside this process."""
    address = client.url.rstrip("/") or own_address(settings.server)
    key = client.api_key.get_secret_value()
    if await is_service_at(address, must_answer=bool(client.url)):
        credentials = credentials_for(address, key)
        if not credentials.key and credentials.auth is None:
            raise CommandError(credentials.advice, ExitCode.NOT_ALLOWED)
        await _bridge(credentials)
        return
    if not key and settings.is_production():
        text = "Set AVC_API_KEY to a key of yours: no service answers, and production has no local user."
        raise CommandError(text, ExitCode.NOT_ALLOWED)
    await _serve_in_process(settings, key)


async def _serve_in_process(settings: Settings, secret: str) -> None:
    """Acts for the owner of the key, else for the local user, until the client hangs up."""
    with gc_paused():
        from app.accounts.identity import Identities
        from app.asgi import create_service
        from app.mcp.server import speak_on_stdio
    service = create_service(_in_process_settings(settings))
    async with service.router.lifespan_context(service):
        resources = service.state.resources

        async def standing() -> "Account":
            identities = Identities.over(resources)
            return await (identities.by_bearer(secret) if secret else identities.local())

        await speak_on_stdio(resources, standing, Path.cwd())


def _in_process_settings(found: Settings) -> Settings:
    """The log goes to the standard error stream and says no more than was asked for."""
    server = found.server.model_copy(update={"log_level": found.mcp.log_level})
    work = found.work.model_copy(update={"embedded_worker": True})
    return found.model_copy(update={"server": server, "work": work})


async def _bridge(credentials: ServiceCredentials) -> None:
    """Carries messages until the client hangs up; answers that are under way then are nobody's any more."""
    threads = Threads(2, name="avc-mcp")
    try:
        async with (
            httpx.AsyncClient(
                base_url=credentials.address,
                headers={**credentials.headers, **BOTH_FORMS},
                auth=credentials.auth,
                timeout=PATIENCE,
                trust_env=credentials.trusts_environment,
            ) as http,
            Background() as tasks,
        ):
            bridge = McpBridge(http, threads, tasks)
            while line := await threads.run(sys.stdin.buffer.readline):
                bridge.take(line)
    finally:
        threads.close()


class McpBridge:
    """One conversation; the version that its two ends agree on is told to the service with every message."""

    def __init__(self, http: httpx.AsyncClient, threads: Threads, tasks: Background) -> None:
        self._http = http
        self._threads = threads
        self._tasks = tasks
        self._one_at_a_time = asyncio.Lock()
        self._waiting: dict[str, asyncio.Task[None]] = {}

    def take(self, line: bytes) -> None:
        """Passes a message on by itself; over HTTP a request is cancelled by hanging up on its answer."""
        message = _read(line)
        if message.get("method") == CANCELLED:
            self._hang_up(message.get("params"))
            return
        passing = self._tasks.start(self.pass_on(line))
        if "id" in message and "method" in message:
            key = _key(message["id"])
            self._waiting[key] = passing
            passing.add_done_callback(lambda _ended: self._waiting.pop(key, None))

    def _hang_up(self, cancelled: object) -> None:
        waiting = self._waiting.get(_key(cancelled.get("requestId"))) if isinstance(cancelled, dict) else None
        if waiting is not None:
            waiting.cancel()

    async def pass_on(self, line: bytes) -> None:
        """One message of the client, and whatever the service says to it."""
        try:
            async with self._http.stream("POST", "/mcp", content=line.strip()) as reply:
                async for message in _messages(reply):
                    await self._say(message)
        except (httpx.TransportError, ValueError) as fault:
            await self._say(_fault(line, f"{self._http.base_url} does not answer: {fault}"))

    async def _say(self, message: Json) -> None:
        agreed = message.get("result", {}).get("protocolVersion") if isinstance(message.get("result"), dict) else None
        if isinstance(agreed, str):
            self._http.headers[VERSION] = agreed
        async with self._one_at_a_time:
            await self._threads.run(_write, json.dumps(message, ensure_ascii=False))


async def _messages(reply: httpx.Response) -> AsyncIterator[Json]:
    if reply.headers.get("content-type", "").startswith("text/event-stream"):
        async for line in reply.aiter_lines():
            if line.startswith(EVENT) and line[len(EVENT) :].strip():
                yield json.loads(line[len(EVENT) :])
        return
    content = await reply.aread()
    if not content:
        return
    said = json.loads(content)
    if reply.is_success or "jsonrpc" in said:
        yield said
    else:
        yield _fault(reply.request.content, str(said.get("detail", reply.reason_phrase)))


def _fault(line: bytes, message: str) -> Json:
    """A refusal of the service itself, as an answer to the message that it refused."""
    return {"jsonrpc": "2.0", "id": _read(line).get("id"), "error": {"code": SERVICE_FAULT, "message": message}}


def _read(line: bytes) -> Json:
    """The message of a line; what is no message has nothing in it."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _key(request_id: object) -> str:
    """An id by which a request is found again: 1 and "1" are two."""
    return json.dumps(request_id)


def _write(line: str) -> None:
    sys.stdout.buffer.write(f"{line}\n".encode())
    sys.stdout.buffer.flush()
