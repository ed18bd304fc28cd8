"""What is wrong with a request is said in words for people, once."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Field, ValidationError, model_validator

from app.core.faults import detail_of, faults_of
from app.core.schema import Body


class Inner(Body):
    prompt: Annotated[str, Field(min_length=1, max_length=5)]


class Sent(Body):
    email: Annotated[str, Field(pattern=r"^[^@]+@[^@]+$")] = "a@b"
    odd_code: Annotated[str, Field(pattern=r"^\d{3}$")] = "123"
    long_text: Annotated[str, Field(min_length=3)] = "abc"
    count: Annotated[int, Field(ge=1, le=9)] = 1
    size: Annotated[float, Field(gt=0, lt=2)] = 1
    is_on: bool = False
    kind: Literal["a", "b", "c"] = "a"
    day: date = date(2026, 11, 30)
    moment: datetime = datetime(2026, 11, 30, tzinfo=UTC)
    number: UUID | None = None
    items: Annotated[list[Inner], Field(max_length=2, default_factory=list)]
    either: int | bool | Inner = 1

    @model_validator(mode="after")
    def is_whole(self) -> "Sent":
        if self.count == 7:
            message = "give anything but seven"
            raise ValueError(message)
        return self


def said(**sent: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Sent.model_validate(sent)
    return detail_of(faults_of({**each, "loc": ("body", *each["loc"])} for each in refused.value.errors()))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"email": "nobody"}, "email must be an e-mail address, such as ada@example.com"),
        ({"odd_code": "x"}, "odd_code is not written as it must be"),
        ({"long_text": "x"}, "long_text must have at least 3 characters"),
        ({"count": 0}, "count must be at least 1"),
        ({"count": 10}, "count must be at most 9"),
        ({"count": "many"}, "count must be a whole number"),
        ({"count": 1.5}, "count must be a whole number"),
        ({"size": 0}, "size must be more than 0"),
        ({"size": 2}, "size must be less than 2"),
        ({"size": "wide"}, "size must be a number"),
        ({"is_on": 7}, "is_on must be true or false"),
        ({"kind": "d"}, "kind must be a, b or c"),
        ({"day": "soon"}, "day must be a day, such as 2026-11-30"),
        ({"moment": "now"}, "moment must be a time, such as 2026-11-30T12:00:00Z"),
        ({"number": "n-1"}, "number must be an id"),
        ({"items": 3}, "items must be a list"),
        ({"items": [{}]}, "prompt is missing"),
        ({"items": [{"prompt": ""}]}, "prompt must not be empty"),
        ({"items": [{"prompt": "a" * 6}]}, "prompt must have at most 5 characters"),
        ({"items": [{"prompt": "a"}] * 3}, "items must have at most 2 entries"),
        ({"more": 1}, "more is not known here"),
        ({"count": 7}, "give anything but seven"),
        ({"longText": 1}, "longText must be text"),
    ],
)
def test_each_fault_is_one_sentence(sent: dict[str, Any], expected: str) -> None:
    assert said(**sent) == f"The request is not valid: {expected}."


def test_a_field_of_several_forms_is_named_once() -> None:
    assert said(either="x").count("either") == 1


def test_a_text_that_is_no_json_is_told_without_an_offset() -> None:
    broken = {"type": "json_invalid", "loc": ("body", 17), "msg": "JSON decode error", "ctx": {"error": "Expecting"}}
    [fault] = faults_of([broken])
    assert (fault.pointer, detail_of([fault])) == ("/body", "The request is not valid: the body is not JSON.")


def test_pointers_are_for_programs() -> None:
    with pytest.raises(ValidationError) as refused:
        Sent.model_validate({"items": [{"prompt": "a"}, {"a/b": 1}]})
    faults = faults_of({**each, "loc": ("body", *each["loc"])} for each in refused.value.errors())
    assert [fault.pointer for fault in faults] == ["/body/items/1/prompt", "/body/items/1/a~1b"]


def test_no_regular_expression_and_no_pointer_is_said_of_any_fault() -> None:
    everything = said(
        email="x", odd_code="x", long_text="", count="x", size="x", is_on="x", kind="x", day="x", moment="x", number="x"
    )
    assert not re.search(r"[\^$\\/\[\]]|Value error|Input should|unable to", everything)
