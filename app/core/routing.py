"""A router that builds each route once, and how a route names the errors it may raise."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.routing import BaseRoute
from typing_extensions import override

from app.core.errors import AppError

Addition = Callable[[APIRouter], None]


class Router(APIRouter):
    """Takes declarations of routes and other routers; nothing is built before all prefixes are known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._additions: list[Addition] = []

    @override
    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Declares a route."""
        self._additions.append(lambda joined: joined.add_api_route(path, endpoint, **options))

    def include(self, *routers: "Router", prefix: str = "") -> None:
        """Declares what these declare, below this router and the prefix."""
        self._additions += [partial(router.build, prefix=prefix) for router in routers]

    def build(self, outer: APIRouter, prefix: str = "") -> None:
        """Adds the routes to another router, as if that one had declared them."""
        joined = APIRouter(
            prefix=outer.prefix + prefix + self.prefix,
            tags=[*outer.tags, *self.tags],
            dependencies=[*outer.dependencies, *self.dependencies],
            responses={**outer.responses, **self.responses},
            route_class=self.route_class,
            max_body_size=outer.max_body_size,
        )
        for add in self._additions:
            add(joined)
        outer.routes.extend(joined.routes)


def built(*routers: Router, max_body_size: int) -> Iterator[BaseRoute]:
    """The routes of these routers in their order."""
    whole = APIRouter(max_body_size=max_body_size)
    for router in routers:
        router.build(whole)
    yield from whole.routes


ERRORS_KEY = "x-errors"
ALIAS_KEY = "x-alias-of"
DEFAULT = "default"
Responses = dict[int | str, dict[str, Any]]


def documents(*errors: type[AppError]) -> Responses:
    """The errors of a route by their codes; `app.api.openapi` turns them into documented statuses."""
    return {DEFAULT: {"description": "A refusal", ERRORS_KEY: sorted(error.code for error in errors)}}


def alias_of(operation_id: str) -> dict[str, Any]:
    """Marks a route as another address of an operation, for clients that know it; the other one is the way."""
    return {ALIAS_KEY: operation_id}


def joined(stated: Mapping[int | str, dict[str, Any]], errors: Responses) -> Responses:
    """The responses of a route with further errors beside its own."""
    codes = {*stated.get(DEFAULT, {}).get(ERRORS_KEY, ()), *errors[DEFAULT][ERRORS_KEY]}
    return {**stated, DEFAULT: {**errors[DEFAULT], ERRORS_KEY: sorted(codes)}}
