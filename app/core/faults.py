"""Pure: what is wrong with the fields of a request, in sentences for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

MOST_FAULTS = 50
MOST_SENTENCES = 5
MOST_POINTER_CHARACTERS = 64
OWN_WORDS: Final = frozenset({"value_error", "assertion_error"})
PREFIXES: Final = ("Value error, ", "Assertion failed, ")
UNKNOWN = "is not valid"
# What is said after the name of the field, by the validator's name of the fault.
MESSAGES: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "none_required": "must be left out",
    "json_invalid": "is not JSON",
    "string_type": "must be text",
    "string_unicode": "must be readable text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "dict_type": "must be an object",
    "mapping_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "uuid_type": "must be an id",
    "uuid_parsing": "must be an id",
    "date_type": "must be a day, such as 2026-11-30",
    "date_parsing": "must be a day, such as 2026-11-30",
    "date_from_datetime_parsing": "must be a day, such as 2026-11-30",
    "datetime_type": "must be a time, such as 2026-11-30T12:00:00Z",
    "datetime_parsing": "must be a time, such as 2026-11-30T12:00:00Z",
    "datetime_from_date_parsing": "must be a time, such as 2026-11-30T12:00:00Z",
    "url_parsing": "must be a complete address, such as https://example.com/page",
    "url_type": "must be a complete address, such as https://example.com/page",
}
# How a field is written whose characters are checked, by its name.
PATTERN_MESSAGES: Final[Mapping[str, str]] = {
    "email": "must be an e-mail address, such as ada@example.com",
    "username": "must be letters, digits, dots, dashes and underscores, and begin with a letter or a digit",
    "url": "must be a complete address, such as https://example.com/page",
    "sha256": "must be 64 hexadecimal digits",
    "content_type": "must be a type of media, such as video/mp4",
    "project_id": "must be an id",
}
PATTERN_MESSAGE = "is not written as it must be"
# A choice can stand in the field of a body at the earliest; its forms are told like fields.
FIRST_FORM = 2
FORMS: Final = frozenset({"str", "int", "float", "bool", "none", "list", "dict", "tuple", "set", "date", "datetime"})


@dataclass(frozen=True)
class Fault:
    """One field of a request and what is wrong with it."""

    place: tuple[str, ...]
    message: str
    is_whole: bool = False

    @property
    def field(self) -> str | None:
        """The name of the field; None where the request as a whole is wrong."""
        names = [part for part in self.place[1:] if not part.isdecimal()]
        return names[-1] if names else None

    @property
    def pointer(self) -> str:
        """Where it stands, as a JSON pointer for programs."""
        return "/" + "/".join(
            part[:MOST_POINTER_CHARACTERS].replace("~", "~0").replace("/", "~1") for part in self.place
        )

    @property
    def sentence(self) -> str:
        """What to tell people, without a full stop."""
        name = (self.field or f"the {self.place[0] if self.place else 'request'}")[:MOST_POINTER_CHARACTERS]
        if self.is_whole:
            return f"{name}: {self.message}" if self.field else self.message
        return f"{name} {self.message}"


def faults_of(errors: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """What validation found; of several faults of one field, as each form of a choice has one, the first."""
    found: dict[tuple[str, ...], Fault] = {}
    for error in errors:
        fault = _fault(error)
        found.setdefault(fault.place, fault)
        if len(found) == MOST_FAULTS:
            break
    return list(found.values())


def detail_of(faults: Sequence[Fault]) -> str:
    """The detail of a refusal: each thing once."""
    said = dict.fromkeys(fault.sentence for fault in faults)
    return f"The request is not valid: {'; '.join(list(said)[:MOST_SENTENCES])}."


def _fault(error: Mapping[str, Any]) -> Fault:
    kind, message = str(error.get("type", "")), str(error.get("msg", UNKNOWN))
    place = _place(kind, tuple(error.get("loc", ())))
    if not kind or kind in OWN_WORDS:
        for prefix in PREFIXES:
            message = message.removeprefix(prefix)
        return Fault(place, message.rstrip("."), is_whole=True)
    return Fault(place, _message(kind, place, error.get("ctx") or {}))


def _message(kind: str, place: tuple[str, ...], context: Mapping[str, Any]) -> str:
    if kind == "string_pattern_mismatch":
        return PATTERN_MESSAGES.get(place[-1] if place else "", PATTERN_MESSAGE)
    if kind in {"string_too_short", "too_short"} and context.get("min_length") == 1:
        return "must not be empty"
    form = MESSAGES.get(kind, UNKNOWN)
    names = {name for _, name, _, _ in Formatter().parse(form) if name}
    if not names <= context.keys():
        return UNKNOWN
    return form.format(**{name: _written(context[name]) for name in names})


def _written(value: Any) -> str:
    """A limit as people write it: whole numbers without a point, choices without quotes."""
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if is_whole else value).replace("'", "")


def _place(kind: str, location: Sequence[str | int]) -> tuple[str, ...]:
    """The way to the field: without the offset in a text, and without the forms of a choice, which are no fields."""
    if kind == "json_invalid":
        return (str(location[0]),) if location else ()
    parts = [str(part) for part in location]
    if kind == "extra_forbidden":
        return tuple(parts)
    return tuple(part for index, part in enumerate(parts) if index < FIRST_FORM or not _is_form(part))


def _is_form(part: str) -> bool:
    return part in FORMS or part[:1].isupper() or "[" in part or part.startswith("constrained-")
