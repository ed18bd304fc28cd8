"""Every named refusal has a kind, one code of its own, a useful message, a place in the reference and a test."""

import re

from app.api.problems import STATUS
from app.core.errors import AppError, ErrorKind
from docs import generated
from tests.architecture.source import ROOT, suite

CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


def clashes(kinds: list[type[AppError]]) -> dict[str, list[str]]:
    """Codes that two classes claim; a subclass may sharpen the message under its parent's code."""
    claimed: dict[str, list[type[AppError]]] = {}
    for kind in kinds:
        if "code" in vars(kind):
            claimed.setdefault(kind.code, []).append(kind)
    return {code: [kind.__qualname__ for kind in owners] for code, owners in claimed.items() if len(owners) > 1}


def flaws(kind: type[AppError]) -> list[str]:
    """What is wrong with one refusal."""
    found = []
    if not isinstance(getattr(kind, "kind", None), ErrorKind):
        found.append("has no kind")
    if not CODE.fullmatch(kind.code):
        found.append("has a code that is not dotted words")
    if not re.search(r"[.!?]$", getattr(kind, "message", "")):
        found.append("does not say in a sentence what to do")
    if re.search(r"/api/|\b(GET|POST|PUT|PATCH|DELETE) ", getattr(kind, "message", "")):
        found.append("names an address in a sentence for people")
    return found


def test_every_kind_has_its_status() -> None:
    assert set(STATUS) == set(ErrorKind)


def test_codes_are_unique() -> None:
    assert clashes(generated.known_errors()) == {}


def test_every_refusal_is_whole() -> None:
    assert {kind.__qualname__: found for kind in generated.known_errors() if (found := flaws(kind))} == {}


def test_every_code_stands_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference" / "errors.md").read_text()
    assert [kind.code for kind in generated.known_errors() if f"`{kind.code}`" not in reference] == [], (
        "run `make docs`"
    )


def test_every_refusal_is_met_by_a_test() -> None:
    said = "\n".join(source.text for source in suite() if source.path.name != "test_errors.py")
    met = {
        kind for kind in generated.known_errors() if kind.code in said or re.search(rf"\b{kind.__qualname__}\b", said)
    }
    general = {parent for kind in met for parent in kind.__mro__}
    assert sorted(kind.code for kind in set(generated.known_errors()) - met - general) == []


def test_a_bad_refusal_and_a_clash_are_caught() -> None:
    class Nameless(AppError):
        code = "Not dotted"
        message = "what GET /api/v1/x"

    class Twin(AppError):
        kind = ErrorKind.CONFLICT
        code = "request.outdated"
        message = "Read it again."

    assert len(flaws(Nameless)) == 4
    assert flaws(Twin) == []
    assert "request.outdated" in clashes([*generated.known_errors(), Twin])
