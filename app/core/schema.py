"""Pydantic bases of the wire: input forbids unknown keys and reads both spellings, output speaks snake_case."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    model_validator,
)
from pydantic.alias_generators import to_camel

# Control characters of C0 and C1; characters that change the direction of text belong to it and stay.
CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
LINE_ENDS: Final = re.compile(r"\r\n?")
GAPS: Final = re.compile(r"[\t\n\u2028\u2029]+")
# Fields of these names are one line.
TITLES: Final = frozenset({"name", "title", "username", "full_name", "fullname", "display_name", "displayname"})


def _as_utc(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def format_utc(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Utc = Annotated[datetime, BeforeValidator(_as_utc), PlainSerializer(format_utc, return_type=str)]


def without_controls(name: str, value: Any) -> Any:
    """The value with its texts free of control characters; newlines and tabs stay except in titles."""
    if isinstance(value, str):
        return _clean(name.lower(), value)
    if isinstance(value, Mapping):
        return {key: without_controls(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_controls(name, inner) for inner in value]
    return value


def _clean(name: str, text: str) -> str:
    # A password is the bytes that its owner has typed.
    if name.endswith("password"):
        return text
    text = CONTROLS.sub("", LINE_ENDS.sub("\n", text))
    return GAPS.sub(" ", text) if name in TITLES else text


def _plain_text(sent: Any) -> Any:
    return without_controls("", sent)


def _plain_title(sent: Any) -> Any:
    return without_controls("title", sent)


# A text and a title of a form that no model reads.
PlainText = Annotated[str, BeforeValidator(_plain_text)]
PlainTitle = Annotated[str, BeforeValidator(_plain_title)]


class CleanText(BaseModel):
    """What comes from outside: its texts lose control characters before anything else is checked."""

    @model_validator(mode="before")
    @classmethod
    def drop_controls(cls, sent: Any) -> Any:
        """Cleans every text, also in what no field names."""
        return without_controls("", sent) if isinstance(sent, Mapping) else sent


def _both_spellings(name: str) -> str | AliasChoices:
    # The first is the one that stands in the API document and in refusals.
    camel = to_camel(name)
    return name if camel == name else AliasChoices(name, camel)


class Body(CleanText):
    """A request body: snake_case or camelCase keys, nothing unknown, no NaN and no infinity."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=AliasGenerator(validation_alias=_both_spellings),
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
