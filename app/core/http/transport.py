"""A transport that resolves a name once and connects only to public machines, so no second answer can mislead it."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import httpx
from typing_extensions import override

from app.core.http.addresses import AddressRefused, AddressRules, is_public

HTTPS_PORT = 443


@cache
def trusted_certificates() -> ssl.SSLContext:
    """One context for every client of the process: reading the certificates takes 25 ms of a processor each time."""
    return httpx.create_ssl_context(trust_env=False)


class Resolver(Protocol):
    """Where machine addresses of a host name come from."""

    async def machines(self, host: str) -> Sequence[str]:
        """Every address of this name; raises OSError when there is none."""


class SystemResolver(Resolver):
    """The resolver of this machine."""

    @override
    async def machines(self, host: str) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return tuple(dict.fromkeys(str(answer[4][0]) for answer in found))


class PinnedTransport(httpx.AsyncBaseTransport):
    """Checks the address, then every machine behind it, then connects to one of exactly these machines."""

    def __init__(
        self, rules: AddressRules, *, resolver: Resolver | None = None, inner: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._rules = rules
        self._resolver = resolver or SystemResolver()
        # A kept connection would serve another name on the same machine under the first name's certificate.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = inner or httpx.AsyncHTTPTransport(verify=trusted_certificates(), trust_env=False, limits=limits)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._rules.trusts(request.url):
            return await self._inner.handle_async_request(request)
        self._rules.check(request.url)
        host = request.url.host
        try:
            machines = await self._resolver.machines(host)
        except (OSError, UnicodeError) as unknown:
            message = "the host name has no address"
            raise httpx.ConnectError(message, request=request) from unknown
        if not machines or not all(is_public(machine) for machine in machines):
            raise AddressRefused
        pinned = httpx.Request(
            method=request.method,
            url=request.url.copy_with(host=machines[0]),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": host},
        )
        return await self._inner.handle_async_request(pinned)

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()
