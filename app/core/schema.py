"""Pydantic bases of the wire: input forbids unknown keys and reads both spellings, output speaks snake_case."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

__all__ = ["Body", "Reply", "Utc", "format_utc"]


def _as_utc(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def format_utc(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Utc = Annotated[datetime, BeforeValidator(_as_utc), PlainSerializer(format_utc, return_type=str)]


class Body(BaseModel):
    """A request body: snake_case or camelCase keys, nothing unknown, no NaN and no infinity."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=False,
        allow_inf_nan=False,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )


class Reply(BaseModel):
    """A response body: snake_case, built from frozen values."""

    model_config = ConfigDict(frozen=True, from_attributes=True, hide_input_in_errors=True)
