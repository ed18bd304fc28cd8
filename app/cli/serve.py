"""`avc serve` and `avc worker`: the web service under uvicorn, its connections, and the worker without it."""

import asyncio
import ipaddress
import os
import resource
import secrets
import signal
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Self, cast

import typer
import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from app.accounts.dependencies import LOCAL_CREDENTIAL_PREFIX
from app.api.middleware import HEALTH_PATHS
from app.cli.local_credential import CredentialUnusable, LocalCredential, listening_address
from app.cli.terminal import CommandError, ExitCode, refusals
from app.core import startup
from app.core.settings import ServerSettings, Settings
from app.core.tasks import Supervision
from app.main import create_app
from app.resources import Resources
from app.worker import work_until_stopped

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
GRACE_SECONDS = 25
STARTUP_FAILED = 3
# A process that loads its modules on a busy machine answers nobody yet; the server would kill it and begin again.
START_SECONDS = 60
# What the process needs besides connections: the database, media, pipes to its children.
OTHER_FILES: Final = 256
MAX_HEAD_BYTES: Final = 64 * 1024
# Time for the rest of a body that nobody reads: a client that is cut off while it sends may not see its answer.
LINGER_SECONDS: Final = 30.0


def serve() -> None:
    """Serves the API, the page and the documents at HOST and PORT until it is stopped."""
    settings = Settings.load()
    startup.check(settings)
    listening = listen(settings.server)
    credential = new_credential(settings, listening)
    if settings.server.web_concurrency == 1:
        serve_alone(settings, listening, credential)
        return
    config = configure(settings.server, partial(reporting_application, secret_of(credential)))
    listening.listen()
    leave_credential(credential)
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
    server = AnnouncingServer(configure(settings.server, lambda: StartupReporter(application)), credential)
    server.run(sockets=[listening])
    resources: Resources | None = getattr(application.state, "resources", None)
    if resources is not None and resources.provided(Supervision).is_broken:
        raise typer.Exit(ExitCode.UNAVAILABLE)


def worker() -> None:
    """Works until SIGTERM or Ctrl-C, then hands unfinished runs back."""
    settings = Settings.load()
    startup.check(settings)
    if not asyncio.run(_work(startup.with_secret(settings))):
        raise typer.Exit(ExitCode.UNAVAILABLE)


async def _work(settings: Settings) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await work_until_stopped(settings, stop)


class StartupReporter:
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
        except refusals() as refusal:
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
        leave_credential(self._credential)
        for listening in sockets or []:
            announce(listening)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # The server raises the signal that ends it again, so that nothing after it is sure to run.
        if self._credential is not None:
            self._credential.remove()
        await super().shutdown(sockets)


def reporting_application(local_secret: str = "") -> StartupReporter:
    """The application as each process of the service makes it."""
    application = create_app(Settings.load())
    application.state.local_secret = local_secret
    return StartupReporter(application)


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


def leave_credential(credential: LocalCredential | None) -> None:
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
        text = f"HOST={server.host} PORT={server.port}: {taken.strerror}. Set PORT to a free one, or stop its owner."
        raise CommandError(text, ExitCode.MISUSED) from taken
    listening.set_inheritable(True)
    return listening


def announce(listening: socket.socket) -> None:
    """Tells a person where to look."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    shown = "localhost" if address.is_loopback or address.is_unspecified else host
    typer.echo(f"AI Video Creator answers at http://{shown}:{port} (documents at /docs; Ctrl+C stops it)")


def raise_file_limit() -> int:
    """Lets this process open as many files as the machine allows; says how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else soft


@dataclass
class Connections:
    """The open connections of one process: those of each address, and those that wait for a request, oldest first."""

    most: int
    most_each: int
    proxies: str
    _of_address: Counter[str] = field(default_factory=Counter)
    _waiting: "dict[LimitedProtocol, None]" = field(default_factory=dict)

    def admit(self, connection: "LimitedProtocol", others: int) -> bool:
        """Counts a new connection, or says that its address has as many as allowed.

        When all are taken, the connection that has waited longest without a request makes room.
        """
        address = connection.address
        if self._of_address[address] >= self.most_each and not is_proxy(address, self.proxies):
            return False
        self._of_address[address] += 1
        if others >= self.most and self._waiting:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.drop()
        self._waiting[connection] = None
        return True

    def wait(self, connection: "LimitedProtocol") -> None:
        """The connection has no request now."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def work(self, connection: "LimitedProtocol") -> None:
        """The connection has a request."""
        self._waiting.pop(connection, None)

    def leave(self, connection: "LimitedProtocol") -> None:
        """The connection is closed."""
        self._waiting.pop(connection, None)
        self._of_address[connection.address] -= 1
        if self._of_address[connection.address] <= 0:
            del self._of_address[connection.address]


class LimitedConfig(uvicorn.Config):
    """The configuration of a server whose connections are limited; it travels whole to each process of several."""

    server: ServerSettings
    opened: Connections

    def limit(self, server: ServerSettings, open_files: int) -> Self:
        """Takes the limits of these settings, as far as the process may open so many files."""
        most = min(server.max_connections, max(open_files - OTHER_FILES, 1))
        self.server = server
        self.opened = Connections(most, server.max_connections_per_address, server.forwarded_allow_ips)
        # The last connection is for whoever asks for health, which is never refused for being one too many.
        self.limit_concurrency = most + 1
        return self


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which knows no deadline of its own for the bytes of a request."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        config = cast("LimitedConfig", self.config)
        self._server, self._opened = config.server, config.opened
        self._deadline: asyncio.TimerHandle | None = None
        self._is_in_head = False
        self._head_bytes = 0
        self._body_at = 0.0
        self.address = self.client[0] if self.client else ""
        self._is_counted = self._opened.admit(self, len(self.connections) - 1)
        if self._is_counted:
            self._within(self._server.first_byte_seconds)
        else:
            self.drop()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        if self._is_counted:
            self._opened.leave(self)
        super().connection_lost(exc)

    @override
    def data_received(self, chunk: bytes) -> None:
        goes_on = self._is_in_head
        super().data_received(chunk)
        if not self._is_in_head:
            return
        # What stands before the head in the same piece belongs to another request.
        self._head_bytes = self._head_bytes + len(chunk) if goes_on else 0
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._within(self._server.header_seconds)

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._opened.work(self)
        path = self.url.partition(b"?")[0].rstrip(b"/").decode("latin-1")
        self.limit_concurrency = None if path in HEALTH_PATHS else self.config.limit_concurrency
        self._watch_body()
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        self._body_at = self.loop.time()
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._cancel()
        super().on_message_complete()
        if self.cycle.response_complete:
            self._wait_for_next()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self.cycle.more_body:
            self._within(LINGER_SECONDS)
        else:
            self._wait_for_next()

    def drop(self) -> None:
        """Closes the connection now, whatever it waits for."""
        self._cancel()
        self.transport.abort()

    def _wait_for_next(self) -> None:
        self._opened.wait(self)
        self._within(self._server.first_byte_seconds)

    def _watch_body(self) -> None:
        self._body_at = self.loop.time()
        self._within(self._server.body_seconds, self._check_body)

    def _check_body(self) -> None:
        """Ends a request whose body stands still; while nobody reads it, that is not its client's fault."""
        silent_seconds = 0.0 if self.flow.read_paused else self.loop.time() - self._body_at
        if silent_seconds >= self._server.body_seconds:
            self.drop()
        else:
            self._within(self._server.body_seconds - silent_seconds, self._check_body)

    def _within(self, seconds: float, then: Callable[[], None] | None = None) -> None:
        self._cancel()
        self._deadline = self.loop.call_later(seconds, then or self.drop)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def is_proxy(address: str, proxies: str) -> bool:
    """Whether connections from here are those of many people, by the addresses and networks of FORWARDED_ALLOW_IPS."""
    if proxies.strip() == "*":
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address in {each.strip() for each in proxies.split(",")}
    return any(found in network for network in _networks(proxies))


def _networks(proxies: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    networks = []
    for each in proxies.split(","):
        try:
            networks.append(ipaddress.ip_network(each.strip()))
        except ValueError:
            # uvicorn takes names of sockets here as well; they are no addresses.
            continue
    return networks
