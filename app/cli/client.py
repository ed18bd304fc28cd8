"""What every command that talks to the service sends and reads; a refusal becomes a sentence and an exit code."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx

from app.cli.exits import Exit, Stopped

API = "/api/v1"
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
NOT_ALLOWED = frozenset({401, 402, 403})
UNAVAILABLE_FROM = 500
TOO_MANY = 429
# Hints that are for programs, and where in a request a fault lies.
ADDRESS = re.compile(r"\A(?:GET|POST|PUT|PATCH|DELETE) /")
LISTS = re.compile(r"\bGET /api/v1/(jobs|projects|providers)(?= lists)")
POINTER = re.compile(r"(?<![\w/.])/(?:body|query|path|header)((?:/[\w~-]+)+)")
Json = dict[str, Any]


class Lost(Stopped):
    """The service stopped answering in the middle of a command."""

    def __init__(self, address: str, cause: Exception) -> None:
        said = str(cause) or type(cause).__name__
        super().__init__(f"{address} does not answer: {said}. Start it with `avc serve`.", Exit.UNAVAILABLE)


class Api:
    """One caller's view of the service, wherever it runs."""

    def __init__(self, http: httpx.AsyncClient, *, advice: str, inside: bool = False) -> None:
        self._http = http
        self._advice = advice
        self.inside = inside

    @property
    def address(self) -> str:
        """Where the service is, in words for people."""
        return "the service in this process" if self.inside else str(self._http.base_url).rstrip("/")

    def sign(self, token: str) -> None:
        """Sends this proof with every further request."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    async def get(self, path: str, *, params: Mapping[str, str | int] | None = None) -> Any:
        """What a GET answers."""
        return await self._asked("GET", path, params=params)

    async def whatever(self, path: str) -> Any:
        """What a GET answers, also with a refusal."""
        return (await self._sent("GET", path)).json()

    async def content(self, path: str, *, params: Mapping[str, str]) -> bytes:
        """The file that a GET answers."""
        reply = await self._sent("GET", path, params=params)
        await self._check(reply)
        return reply.content

    async def delete(self, path: str, *, params: Mapping[str, str | int] | None = None) -> Any:
        """What a DELETE answers; None where it answers nothing."""
        return await self._asked("DELETE", path, params=params)

    async def post(self, path: str, body: Json | None = None, *, key: str | None = None) -> Any:
        """What a POST of this JSON answers; a key keeps a repeated one from starting the work twice."""
        return await self._asked("POST", path, json=body, headers=_headers(key))

    async def upload(self, path: str, name: str, content: bytes) -> Any:
        """What a POST of this file answers."""
        return await self._asked("POST", path, files={"file": (name, content)})

    async def lines(self, path: str) -> AsyncIterator[str]:
        """The lines of an answer that goes on."""
        headers = {"Accept": "text/event-stream"}
        async with self._http.stream("GET", path, headers=headers, timeout=httpx.Timeout(60.0)) as reply:
            await self._check(reply)
            async for line in reply.aiter_lines():
                yield line

    @asynccontextmanager
    async def opened(self, address: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """A file of the service, to be read piece by piece; its address is the proof, so no other is sent."""
        request = self._http.build_request("GET", address, headers=dict(headers))
        request.headers.pop("Authorization", None)
        try:
            reply = await self._http.send(request, stream=True, auth=None)
            async with aclosing(reply):
                yield reply
        except httpx.TransportError as fault:
            raise Lost(self.address, fault) from fault

    async def _asked(self, method: str, path: str, **request: Any) -> Any:
        reply = await self._sent(method, path, **request)
        await self._check(reply)
        return reply.json() if reply.content else None

    async def _sent(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **request)
        except httpx.TransportError as fault:
            raise Lost(self.address, fault) from fault

    async def _check(self, reply: httpx.Response) -> None:
        if reply.is_success:
            return
        await reply.aread()
        raise Stopped(_sentence(reply, self._advice), _exit_code(reply.status_code))


def for_people(text: str | None) -> str:
    """A text of the service without what only programs read: addresses to call next, and pointers into a request."""
    said = LISTS.sub(_command, str(text or ""))
    return "" if ADDRESS.match(said) else POINTER.sub(lambda found: " ".join(found[1].split("/")[1:]), said)


def _command(found: re.Match[str]) -> str:
    """The command that lists the same."""
    return "`avc providers`" if found[1] == "providers" else f"`avc {found[1]} ls`"


def _sentence(reply: httpx.Response, advice: str) -> str:
    try:
        problem = reply.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    detail = problem.get("detail") or f"{reply.request.url} answered {reply.status_code} {reply.reason_phrase}"
    told = [for_people(detail), for_people(problem.get("hint"))]
    if reply.status_code == httpx.codes.UNAUTHORIZED:
        told.append(advice)
    if problem.get("request_id"):
        told.append(f"(request {problem['request_id']})")
    return " ".join(word for word in told if word)


def _exit_code(status: int) -> Exit:
    if status in NOT_ALLOWED:
        return Exit.NOT_ALLOWED
    return Exit.UNAVAILABLE if status >= UNAVAILABLE_FROM or status == TOO_MANY else Exit.MISUSED


def _headers(key: str | None) -> dict[str, str]:
    return {"Prefer": "respond-async"} | ({"Idempotency-Key": key} if key else {})
