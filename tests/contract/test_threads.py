"""Routes and their dependencies run on the loop: the framework calls what is not async in a thread of its own."""

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.main import create_app
from tests.conftest import MakeSettings
from tests.contract.routes import operations


def test_nothing_of_a_request_goes_to_a_thread_of_the_framework(make_settings: MakeSettings) -> None:
    app = create_app(make_settings())
    calls = {call for operation in operations(app) for call in operation.calls} | set(endpoints(app))
    assert sorted(name_of(call) for call in calls if not is_async(call)) == []


def endpoints(app: FastAPI) -> list[Callable[..., Any]]:
    routes = (context.original_route for context in iter_route_contexts(app.routes))
    return [route.endpoint for route in routes if isinstance(route, APIRoute)]


def is_async(call: Callable[..., Any]) -> bool:
    bodies = (call, type(call).__call__)
    return any(inspect.iscoroutinefunction(body) or inspect.isasyncgenfunction(body) for body in bodies)


def name_of(call: Callable[..., Any]) -> str:
    return f"{call.__module__}:{getattr(call, '__qualname__', call)}"
