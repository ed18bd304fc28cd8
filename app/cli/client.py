"""The client of the service: where it is, as whom to act, requests and refusals; or a service inside this process."""

import ipaddress
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx
from pydantic import Field, SecretStr

from app.cli.local_credential import CredentialUnusable, LocalAuth, LocalCredential
from app.cli.terminal import CommandError, ConnectionLost, ExitCode, Json, gc_paused, human_text
from app.core.settings import Group, ServerSettings, Settings

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
PROBE_TIMEOUT = httpx.Timeout(5.0, connect=1.0)
# The transport into this process has no network to lose, and knows no time limit.
IN_PROCESS_TIMEOUT = httpx.Timeout(60.0)
NOT_ALLOWED = frozenset({401, 402, 403})
UNAVAILABLE_FROM = 500
TOO_MANY = 429
HOW_TO_MAKE_A_KEY = "Set AVC_API_KEY to a key of yours; `avc keys make NAME --as you@example.com` makes one."
IN_PROCESS_LOG_LEVEL = "ERROR"


class CliSettings(Group):
    """Where the command line finds the service, and as whom."""

    title: ClassVar[str] = "Command line"
    url: str = Field(
        "",
        validation_alias="AVC_URL",
        description="Address of a running service; empty looks at HOST and PORT of this machine",
    )
    api_key: SecretStr = Field(SecretStr(""), validation_alias="AVC_API_KEY", description="API key to act with")


@dataclass(frozen=True)
class ServiceCredentials:
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


def credentials_for(address: str, key: str) -> ServiceCredentials:
    """The API key that is set, else the local credential of a service on this machine, else nothing."""
    if key:
        return ServiceCredentials(
            address, f"AVC_API_KEY is not a key of this service any more. {HOW_TO_MAKE_A_KEY}", key
        )
    if not _is_loopback(address):
        return ServiceCredentials(address, HOW_TO_MAKE_A_KEY)
    try:
        credential = LocalCredential.read(_port_of(address))
    except CredentialUnusable as cause:
        return ServiceCredentials(address, f"{cause} {HOW_TO_MAKE_A_KEY}")
    return ServiceCredentials(credential.address, HOW_TO_MAKE_A_KEY, auth=LocalAuth(credential))


class ApiClient:
    """One caller's view of the service, wherever it runs."""

    def __init__(self, http: httpx.AsyncClient, *, advice: str, in_process: bool = False) -> None:
        self._http = http
        self._advice = advice
        self.in_process = in_process

    @property
    def address(self) -> str:
        """Where the service is, in words for people."""
        return "the service in this process" if self.in_process else str(self._http.base_url).rstrip("/")

    def sign_in(self, token: str) -> None:
        """Sends this token with every further request."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    async def get(self, path: str, *, params: Mapping[str, str | int] | None = None) -> Any:
        """What a GET answers."""
        return await self._request("GET", path, params=params)

    async def get_any_status(self, path: str) -> Any:
        """What a GET answers, also with a refusal."""
        return (await self._send("GET", path)).json()

    async def get_file(self, path: str, *, params: Mapping[str, str]) -> bytes:
        """The file that a GET answers."""
        reply = await self._send("GET", path, params=params)
        await self._check(reply)
        return reply.content

    async def delete(self, path: str, *, params: Mapping[str, str | int] | None = None) -> Any:
        """What a DELETE answers; None where it answers nothing."""
        return await self._request("DELETE", path, params=params)

    async def post(self, path: str, body: Json | None = None, *, key: str | None = None) -> Any:
        """What a POST of this JSON answers; a key keeps a repeated one from starting the work twice."""
        return await self._request("POST", path, json=body, headers=_headers(key))

    async def upload(self, path: str, name: str, content: bytes) -> Any:
        """What a POST of this file answers."""
        return await self._request("POST", path, files={"file": (name, content)})

    async def stream_lines(self, path: str) -> AsyncIterator[str]:
        """The lines of an answer that goes on."""
        headers = {"Accept": "text/event-stream"}
        try:
            async with self._http.stream("GET", path, headers=headers, timeout=httpx.Timeout(60.0)) as reply:
                await self._check(reply)
                async for line in reply.aiter_lines():
                    yield line
        except httpx.TransportError as fault:
            raise ConnectionLost(self.address, fault) from fault

    @asynccontextmanager
    async def stream_file(self, address: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """A file of the service, to be read piece by piece; its address is the permission, so no token is sent."""
        request = self._http.build_request("GET", address, headers=dict(headers))
        request.headers.pop("Authorization", None)
        try:
            reply = await self._http.send(request, stream=True, auth=None)
            async with aclosing(reply):
                yield reply
        except httpx.TransportError as fault:
            raise ConnectionLost(self.address, fault) from fault

    async def _request(self, method: str, path: str, **request: Any) -> Any:
        reply = await self._send(method, path, **request)
        await self._check(reply)
        return reply.json() if reply.content else None

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **request)
        except httpx.TransportError as fault:
            raise ConnectionLost(self.address, fault) from fault

    async def _check(self, reply: httpx.Response) -> None:
        if reply.is_success:
            return
        await reply.aread()
        raise CommandError(_sentence(reply, self._advice), _exit_code(reply.status_code))


@asynccontextmanager
async def connected(*, works: bool) -> AsyncIterator[ApiClient]:
    """The service for the length of one command."""
    wanted = CliSettings()
    address = wanted.url.rstrip("/") or own_address(ServerSettings())
    key = wanted.api_key.get_secret_value()
    if await is_service_at(address, must_answer=bool(wanted.url)):
        credentials = credentials_for(address, key)
        async with httpx.AsyncClient(
            base_url=credentials.address,
            headers={"User-Agent": "avc", **credentials.headers},
            auth=credentials.auth,
            timeout=TIMEOUT,
            trust_env=credentials.trusts_environment,
        ) as http:
            yield ApiClient(http, advice=credentials.advice)
        return
    here = ServiceCredentials("http://127.0.0.1", HOW_TO_MAKE_A_KEY, key)
    async with (
        _in_process(works=works, as_local_user=not key) as transport,
        httpx.AsyncClient(
            transport=transport,
            base_url=here.address,
            headers={"User-Agent": "avc", **here.headers},
            timeout=IN_PROCESS_TIMEOUT,
        ) as http,
    ):
        yield ApiClient(http, advice=here.advice, in_process=True)


async def is_service_at(address: str, *, must_answer: bool) -> bool:
    """Whether this service runs there; an address that was asked for must answer."""
    said = "does not answer"
    try:
        async with httpx.AsyncClient(timeout=PROBE_TIMEOUT, trust_env=not _is_loopback(address)) as http:
            reply = await http.get(f"{address}/version")
            if reply.is_success and reply.json().get("api") == "v1":
                return True
            said = "is not this service"
    except (httpx.TransportError, httpx.InvalidURL, ValueError, AttributeError) as fault:
        said = f"does not answer: {fault}"
    if must_answer:
        text = f"AVC_URL={address} {said}. Correct it, or unset it to work without a server."
        raise CommandError(text, ExitCode.UNAVAILABLE)
    return False


def own_address(server: ServerSettings) -> str:
    """Where the service of this installation listens."""
    try:
        host = "127.0.0.1" if ipaddress.ip_address(server.host).is_unspecified else server.host
    except ValueError:
        host = server.host
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}"


def _sentence(reply: httpx.Response, advice: str) -> str:
    try:
        problem = reply.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    detail = problem.get("detail") or f"{reply.request.url} answered {reply.status_code} {reply.reason_phrase}"
    told = [human_text(detail), human_text(problem.get("hint"))]
    if reply.status_code == httpx.codes.UNAUTHORIZED:
        told.append(advice)
    if problem.get("request_id"):
        told.append(f"(request {problem['request_id']})")
    return " ".join(word for word in told if word)


def _exit_code(status: int) -> ExitCode:
    if status in NOT_ALLOWED:
        return ExitCode.NOT_ALLOWED
    return ExitCode.UNAVAILABLE if status >= UNAVAILABLE_FROM or status == TOO_MANY else ExitCode.MISUSED


def _headers(key: str | None) -> dict[str, str]:
    return {"Prefer": "respond-async"} | ({"Idempotency-Key": key} if key else {})


@asynccontextmanager
async def _in_process(*, works: bool, as_local_user: bool) -> AsyncIterator[httpx.ASGITransport]:
    """A way into the application for the length of the block; it keeps the person's screen free of its log."""
    found = Settings.load()
    if as_local_user and found.is_production():
        text = "No service answers, and production has no local user. Set AVC_URL to where it runs, or AVC_API_KEY."
        raise CommandError(text, ExitCode.NOT_ALLOWED)
    # Only now, because a command that finds a service does without.
    with gc_paused():
        from app.asgi import create_service
        from app.core.database import DatabaseBusy
    service = create_service(_in_process_settings(found, works=works, as_local_user=as_local_user))
    async with AsyncExitStack() as stack:
        try:
            with gc_paused():
                await stack.enter_async_context(service.router.lifespan_context(service))
        except DatabaseBusy as busy:
            text = (
                f"No service answers at {own_address(found.server)}, but a process uses the database of this "
                "installation: a service that starts, stops, is busy or listens elsewhere, or another command. Wait "
                "until it answers or has ended, or set AVC_URL to where it listens."
            )
            raise CommandError(text, ExitCode.UNAVAILABLE) from busy
        yield httpx.ASGITransport(service, raise_app_exceptions=False)


def _in_process_settings(found: Settings, *, works: bool, as_local_user: bool) -> Settings:
    """Nothing listens here, so whoever may read this installation's files may act as its local user."""
    quiet = {"host": "127.0.0.1", "log_level": IN_PROCESS_LOG_LEVEL}
    return found.model_copy(
        update={
            "server": found.server.model_copy(update=quiet),
            "security": found.security.model_copy(update={"local_user": as_local_user or found.security.local_user}),
            "work": found.work.model_copy(update={"embedded_worker": works}),
        }
    )


def _port_of(address: str) -> int:
    url = httpx.URL(address)
    return url.port or (443 if url.scheme == "https" else 80)


def _is_loopback(address: str) -> bool:
    try:
        host = httpx.URL(address).host
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False
