"""How a route names the errors it may raise, without knowing how the edge will show them."""

from typing import Any

from app.core.errors import AppError

__all__ = ["ERRORS_KEY", "documents"]

ERRORS_KEY = "x-errors"


def documents(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """The errors of a route by their codes; `app.api.openapi` turns them into documented statuses."""
    return {"default": {"description": "A refusal", ERRORS_KEY: sorted(error.code for error in errors)}}
