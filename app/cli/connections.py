"""Connections of the server: how many there may be, and how long each may wait for its client."""

import asyncio
import ipaddress
import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self, cast

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.middleware import HEALTH_PATHS
from app.core.settings import ServerSettings

# What the process needs besides connections: the database, media, pipes to its children.
OTHER_FILES: Final = 256
MAX_HEAD_BYTES: Final = 64 * 1024
# Time for the rest of a body that nobody reads: a client that is cut off while it sends may not see its answer.
LINGER_SECONDS: Final = 30.0


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
