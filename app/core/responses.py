"""How a route names the errors it may raise, without knowing how the edge will show them."""

from collections.abc import Mapping
from typing import Any

from app.core.errors import AppError

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
