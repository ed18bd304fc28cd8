"""`avc serve`: the web service under uvicorn, in one process or several."""

import ipaddress
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import typer
import uvicorn
from typing_extensions import override
from uvicorn.supervisors import Multiprocess

from app.accounts.dependencies import LOCAL_CREDENTIAL_PREFIX
from app.cli.connections import LimitedConfig, LimitedProtocol, raise_file_limit
from app.cli.exits import Exit
from app.cli.local_credential import CredentialUnusable, LocalCredential, listening_address
from app.cli.refusals import REFUSALS, PortTaken
from app.core import startup
from app.core.settings import ServerSettings, Settings
from app.core.tasks import Supervision
from app.main import create_app
from app.resources import Resources

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
GRACE_SECONDS = 25
STARTUP_FAILED = 3
# A process that loads its modules on a busy machine answers nobody yet; the server would kill it and begin again.
START_SECONDS = 60


class Opening:
    """The application, whose known reasons not to start are told in a sentence instead of a stack."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Passes everything on, but holds the framework's report of a failed start until its cause is known."""
        if scope["type"] != "lifespan":
            await self._application(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                held.append(message)
            else:
                await send(message)

        try:
            await self._application(scope, receive, hold)
        except REFUSALS as refusal:
            typer.echo(str(refusal), err=True)
            await send({"type": "lifespan.startup.failed", "message": ""})
        except BaseException:
            for message in held:
                await send(message)
            raise


class AnnouncingServer(uvicorn.Server):
    """A server that says where it is once it answers, and leaves a credential there for as long as it does."""

    def __init__(self, config: uvicorn.Config, credential: LocalCredential | None) -> None:
        super().__init__(config)
        self._credential = credential

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit:
            return
        leave(self._credential)
        for listening in sockets or []:
            announce(listening)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # The server raises the signal that ends it again, so that nothing after it is sure to run.
        if self._credential is not None:
            self._credential.remove()
        await super().shutdown(sockets)


def opening(local_secret: str = "") -> Opening:
    """The application as each process of the service makes it."""
    application = create_app(Settings.load())
    application.state.local_secret = local_secret
    return Opening(application)


def serve() -> None:
    """Serves the API, the page and the documents at HOST and PORT until it is stopped."""
    settings = Settings.load()
    startup.check(settings)
    listening = listen(settings.server)
    credential = new_credential(settings, listening)
    if settings.server.web_concurrency == 1:
        serve_alone(settings, listening, credential)
        return
    config = configure(settings.server, partial(opening, secret_of(credential)))
    listening.listen()
    leave(credential)
    announce(listening)
    processes = Multiprocess(config, sockets=[listening])
    try:
        processes.run()
    finally:
        if credential is not None:
            credential.remove()
    if any(process.exitcode == STARTUP_FAILED for process in processes.processes):
        raise typer.Exit(STARTUP_FAILED)


def serve_alone(settings: Settings, listening: socket.socket, credential: LocalCredential | None) -> None:
    """Serves in this process; one whose background work has ended for good ends too, and says so to its supervisor."""
    application = create_app(settings)
    application.state.local_secret = secret_of(credential)
    server = AnnouncingServer(configure(settings.server, lambda: Opening(application)), credential)
    server.run(sockets=[listening])
    resources: Resources | None = getattr(application.state, "resources", None)
    if resources is not None and resources.provided(Supervision).is_broken:
        raise typer.Exit(Exit.UNAVAILABLE)


def new_credential(settings: Settings, listening: socket.socket) -> LocalCredential | None:
    """A credential of this start for commands on this machine; production has none."""
    host, port = listening.getsockname()[:2]
    address = listening_address(host, port)
    if settings.is_production() or address is None:
        return None
    return LocalCredential(address, f"{LOCAL_CREDENTIAL_PREFIX}{secrets.token_urlsafe(32)}", os.getpid())


def secret_of(credential: LocalCredential | None) -> str:
    """What the service accepts; nothing where it leaves no credential."""
    return "" if credential is None else credential.secret


def leave(credential: LocalCredential | None) -> None:
    """Leaves the credential for commands; a service that cannot do so serves without."""
    try:
        if credential is not None:
            credential.write()
    except (CredentialUnusable, OSError) as fault:
        typer.echo(f"Commands on this machine need AVC_API_KEY, because no credential can be left: {fault}", err=True)


def configure(server: ServerSettings, factory: str | Callable[[], Application]) -> uvicorn.Config:
    """How uvicorn runs here; the application writes its own access log and headers."""
    config = LimitedConfig(
        factory,
        factory=True,
        workers=server.web_concurrency,
        lifespan="on",
        http=LimitedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=server.forwarded_allow_ips,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
    )
    return config.limit(server, raise_file_limit())


def listen(server: ServerSettings) -> socket.socket:
    """The socket of HOST and PORT, taken before anything else is opened."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((server.host, server.port))
    except OSError as taken:
        listening.close()
        message = f"HOST={server.host} PORT={server.port}: {taken.strerror}. Set PORT to a free one, or stop its owner."
        raise PortTaken(message) from taken
    listening.set_inheritable(True)
    return listening


def announce(listening: socket.socket) -> None:
    """Tells a person where to look."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    shown = "localhost" if address.is_loopback or address.is_unspecified else host
    typer.echo(f"AI Video Creator answers at http://{shown}:{port} (documents at /docs; Ctrl+C stops it)")
