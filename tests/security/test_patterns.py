"""No pattern of ours takes longer than its text is long: every compiled one on the worst text that we know."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

import app
from app.main import create_app
from tests.contract.test_write_models import body_parts, reached

# Times are those of the processor, because other tests share it. A pattern that is quick on this many characters is no
# worse than four times as slow on 100,000, unless its work grows faster than its text: then it is slow here too.
CHARACTERS = 25_000
QUICK_SECONDS = 0.0125
# Twice the length takes twice the time where the work grows with it, four times where it grows with its square.
MOST_GROWTH = 3.0
ROOTS = (
    *(
        "a",
        "1",
        " ",
        "\n",
        "\t",
        "-",
        ".",
        "_",
        "/",
        "\\u",
        "[",
        "<a",
        "a ",
        "a.",
        "a-",
        "1,",
        "0:",
        '="',
        "é",
        "\x1b[",
    ),
    *("a@", "https://", "%2e", "data:image/png;base64,", "{", "Bearer a", "Scene 1: "),
)


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(app.__path__, "app."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def compiled() -> Iterator[re.Pattern[Any]]:
    """Each pattern of a module, and of each field of a request."""
    for module in modules():
        yield from (value for value in vars(module).values() if isinstance(value, re.Pattern))
    known: set[type[BaseModel]] = set()
    for _, field in body_parts(create_app()):
        reached(field.field_info.annotation, known)
    stated = (meta for kind in known for field in kind.model_fields.values() for meta in field.metadata)
    written = (getattr(meta, "pattern", None) for meta in stated)
    yield from (re.compile(pattern) for pattern in written if isinstance(pattern, str))


def patterns() -> dict[str, re.Pattern[Any]]:
    return {str(pattern.pattern): pattern for pattern in compiled()}


def texts(length: int) -> Iterator[str]:
    for root in ROOTS:
        body = (root * (length // len(root) + 1))[:length]
        yield body
        yield body + "!"
        yield "x" + body + "\x00"


def seconds(pattern: re.Pattern[Any], text: str) -> float:
    given: Any = text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text
    began = time.thread_time()
    pattern.search(given)
    pattern.fullmatch(given)
    return time.thread_time() - began


def grows_too_fast(pattern: re.Pattern[Any], text: str) -> bool:
    # Of what is slow on a tenth, the whole is not waited for.
    if seconds(pattern, text[: len(text) // 10]) > QUICK_SECONDS:
        text = text[: len(text) // 10]
    whole = seconds(pattern, text)
    if whole <= QUICK_SECONDS:
        return False
    half = max(min(seconds(pattern, text[: len(text) // 2]) for _ in range(3)), 1e-6)
    return min(whole, seconds(pattern, text)) / half > MOST_GROWTH


@pytest.mark.timeout(300)
def test_no_pattern_takes_longer_than_its_text_is_long() -> None:
    known = patterns()
    slow = [
        (name, text[:6])
        for name, pattern in known.items()
        for text in texts(CHARACTERS)
        if grows_too_fast(pattern, text)
    ]
    print(f"patterns: {len(known)} on {len(ROOTS) * 3} texts of {CHARACTERS} characters")
    assert len(known) > 40
    assert slow == []


def test_the_measure_finds_a_pattern_that_grows_with_the_square() -> None:
    assert grows_too_fast(re.compile(r"\s+$"), " " * 8000 + "x")
