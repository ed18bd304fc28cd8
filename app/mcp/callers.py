"""For whom a tool acts, and refusals in words that a model can act on."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.types import ToolAnnotations
from pydantic import ValidationError

from app.accounts.domain import Account, Scope
from app.accounts.errors import ScopeMissing
from app.core.acting import act_with
from app.core.dependencies import charge
from app.core.errors import AppError, NotFound, NotSignedIn
from app.core.faults import detail_of, faults_of
from app.mcp.opening import ACCOUNT
from app.resources import Resources

P = ParamSpec("P")
T = TypeVar("T")
Call = Context[Any, Any]
Standing = Callable[[], Awaitable[Account]]
# The policy of the edge that counts what changes something or starts work.
CHANGES_POLICY = "jobs"
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
REMOVES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)


class Callers:
    """Knows who calls: one standing account on stdio, else the account that came with the request.

    A caller on this machine has a folder that files may be saved in.
    """

    def __init__(self, resources: Resources, standing: Standing | None = None, folder: Path | None = None) -> None:
        self.resources = resources
        self.folder = folder
        self._standing = standing

    async def reader(self, call: Call) -> Account:
        """The caller, who may read."""
        return await self._who(call, Scope.READ)

    async def writer(self, call: Call) -> Account:
        """The caller, who may change things; over HTTP a change counts as at every other door."""
        account = await self._who(call, Scope.WRITE)
        request = call.request_context.request
        if request is not None:
            await charge(request, CHANGES_POLICY)
        return account

    def origin(self, call: Call) -> str:
        """The address that the caller has reached, for links."""
        request = call.request_context.request
        server = self.resources.settings.server
        if server.public_base_url:
            return server.public_base_url
        return (
            f"http://{server.host}:{server.port}" if request is None else f"{request.url.scheme}://{request.url.netloc}"
        )

    async def _who(self, call: Call, needed: Scope) -> Account:
        account = await self._standing() if self._standing else _carried(call)
        if not account.may(needed):
            raise ScopeMissing
        act_with(account.key_id)
        return account


def add_tool(server: MCPServer[Any], tool: Callable[..., Awaitable[object]], annotations: ToolAnnotations) -> None:
    """Offers a method as a tool under its own name; its docstring is what the model reads."""
    server.add_tool(_speaking(tool), annotations=annotations)


def add_resource(
    server: MCPServer[Any], address: str, reader: Callable[..., Awaitable[str]], content_type: str
) -> None:
    """Offers a method as a template of resources; its docstring is what the client reads."""
    server.resource(address, mime_type=content_type)(_reading(reader))


def _reading(reader: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    @functools.wraps(reader)
    async def read(*given: P.args, **named: P.kwargs) -> T:
        try:
            return await reader(*given, **named)
        except NotFound as absent:
            raise ResourceNotFoundError(_sentence(absent)) from absent
        except AppError as error:
            raise ResourceError(_sentence(error)) from error

    return read


def _speaking(tool: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    @functools.wraps(tool)
    async def told(*given: P.args, **named: P.kwargs) -> T:
        try:
            return await tool(*given, **named)
        except AppError as error:
            raise ToolError(_sentence(error)) from error
        except ValidationError as fault:
            faults = faults_of({**each, "loc": ("request", *each["loc"])} for each in fault.errors())
            raise ToolError(detail_of(faults)) from fault

    return told


def _carried(call: Call) -> Account:
    request = call.request_context.request
    account = None if request is None else request.scope.get("state", {}).get(ACCOUNT)
    if not isinstance(account, Account):
        raise NotSignedIn
    return account


def _sentence(error: AppError) -> str:
    facts = f" {dict(error.facts)}" if error.facts else ""
    return " ".join(part for part in (f"{error.code}: {error.text}", error.hint, facts.strip()) if part)
