"""Finds the service (AVC_URL, else HOST and PORT of this machine, else inside this process) and a proof for it."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import httpx
from pydantic import Field, SecretStr

from app.cli.client import TIMEOUT, Api
from app.cli.exits import Exit, Stopped
from app.cli.loading import part
from app.cli.local_credential import CredentialUnusable, LocalAuth, LocalCredential
from app.core.settings import Group, ServerSettings

T = TypeVar("T")
KNOCK = httpx.Timeout(5.0, connect=1.0)
HOW_TO_MAKE_A_KEY = "Set AVC_API_KEY to a key of yours; `avc keys make NAME --as you@example.com` makes one."
# The transport into this process has no network to lose, and knows no time limit.
INSIDE = httpx.Timeout(60.0)


class ClientSettings(Group):
    """Where the command line finds the service, and as whom."""

    title: ClassVar[str] = "Command line"
    url: str = Field(
        "",
        validation_alias="AVC_URL",
        description="Address of a running service; empty looks at HOST and PORT of this machine",
    )
    api_key: SecretStr = Field(SecretStr(""), validation_alias="AVC_API_KEY", description="API key to act with")


@dataclass(frozen=True)
class Proof:
    """As whom a command acts at a running service, and what to tell a person whom the service refuses."""

    address: str
    advice: str
    key: str = ""
    auth: LocalAuth | None = None

    @property
    def trusts_environment(self) -> bool:
        """Whether a proxy that the environment names may stand between; never on this machine."""
        return not _is_loopback(self.address)

    @property
    def headers(self) -> dict[str, str]:
        """The header of an API key; the local credential signs each request by itself."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def proof_for(address: str, key: str) -> Proof:
    """The API key that is set, else the local credential of a service on this machine, else nothing."""
    if key:
        return Proof(address, f"AVC_API_KEY is not a key of this service any more. {HOW_TO_MAKE_A_KEY}", key)
    if not _is_loopback(address):
        return Proof(address, HOW_TO_MAKE_A_KEY)
    try:
        credential = LocalCredential.read(_port_of(address))
    except CredentialUnusable as cause:
        return Proof(address, f"{cause} {HOW_TO_MAKE_A_KEY}")
    return Proof(credential.address, HOW_TO_MAKE_A_KEY, auth=LocalAuth(credential))


def run(act: Callable[[Api], Awaitable[T]], *, works: bool = False) -> T:
    """Does this against the service; `works` lets a service inside this process run jobs too."""
    try:
        return asyncio.run(_acting(act, works=works))
    except KeyboardInterrupt:
        text = "Interrupted."
        raise Stopped(text, Exit.INTERRUPTED) from None


async def _acting(act: Callable[[Api], Awaitable[T]], *, works: bool) -> T:
    async with connected(works=works) as api:
        outcome = await _outcome(act, api)
    if isinstance(outcome, Stopped):
        raise outcome
    return outcome


async def _outcome(act: Callable[[Api], Awaitable[T]], api: Api) -> T | Stopped:
    """What it came to; as a value, because the task groups of a service in this process would wrap what is raised."""
    try:
        return await act(api)
    except Stopped as stopped:
        return stopped


@asynccontextmanager
async def connected(*, works: bool) -> AsyncIterator[Api]:
    """The service for the length of one command."""
    wanted = ClientSettings()
    address = wanted.url.rstrip("/") or own_address(ServerSettings())
    key = wanted.api_key.get_secret_value()
    if await answers(address, is_wanted=bool(wanted.url)):
        proof = proof_for(address, key)
        async with httpx.AsyncClient(
            base_url=proof.address,
            headers={"User-Agent": "avc", **proof.headers},
            auth=proof.auth,
            timeout=TIMEOUT,
            trust_env=proof.trusts_environment,
        ) as http:
            yield Api(http, advice=proof.advice)
        return
    here = Proof("http://127.0.0.1", HOW_TO_MAKE_A_KEY, key)
    async with (
        part("in_process").opened(works=works, as_local_user=not key) as transport,
        httpx.AsyncClient(
            transport=transport,
            base_url=here.address,
            headers={"User-Agent": "avc", **here.headers},
            timeout=INSIDE,
        ) as http,
    ):
        yield Api(http, advice=here.advice, inside=True)


async def answers(address: str, *, is_wanted: bool) -> bool:
    """Whether this service runs there; an address that was asked for must answer."""
    said = "does not answer"
    try:
        async with httpx.AsyncClient(timeout=KNOCK, trust_env=not _is_loopback(address)) as http:
            reply = await http.get(f"{address}/version")
            if reply.is_success and reply.json().get("api") == "v1":
                return True
            said = "is not this service"
    except (httpx.TransportError, httpx.InvalidURL, ValueError, AttributeError) as fault:
        said = f"does not answer: {fault}"
    if is_wanted:
        text = f"AVC_URL={address} {said}. Correct it, or unset it to work without a server."
        raise Stopped(text, Exit.UNAVAILABLE)
    return False


def own_address(server: ServerSettings) -> str:
    """Where the service of this installation listens."""
    try:
        host = "127.0.0.1" if ipaddress.ip_address(server.host).is_unspecified else server.host
    except ValueError:
        host = server.host
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}"


def _port_of(address: str) -> int:
    url = httpx.URL(address)
    return url.port or (443 if url.scheme == "https" else 80)


def _is_loopback(address: str) -> bool:
    try:
        host = httpx.URL(address).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False
