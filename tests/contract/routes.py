"""Every route of the application with its dependencies, however deeply routers are nested."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from app.accounts.dependencies import Authentication, current_user, public, session_user
from app.notifications.dependencies import stream_owner


@dataclass(frozen=True)
class Operation:
    """One method of one path, and who may call it."""

    method: str
    path: str
    calls: frozenset[Callable[..., Any]]

    @property
    def is_public(self) -> bool:
        return public in self.calls

    @property
    def identifies(self) -> bool:
        return stream_owner in self.calls or any(isinstance(call, Authentication) for call in self.calls)

    @property
    def needs_scope(self) -> bool:
        return current_user in self.calls

    @property
    def needs_session(self) -> bool:
        return session_user in self.calls

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\{(\w+)", self.path))


def operations(app: FastAPI) -> list[Operation]:
    """All of them, in the order of the router."""
    found = []
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            calls = frozenset(_calls(context.dependant))
            found += [Operation(method, context.path or "", calls) for method in sorted(context.methods or ())]
    return found


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for inner in dependant.dependencies:
        if inner.call is not None:
            yield inner.call
        yield from _calls(inner)
