"""Places that documents and docstrings name exist, and decision records name what enforces them."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs.documents import DOCUMENTS, ROOT

TICKED = re.compile(
    r"`((?:app|tests|docs|migrations|benchmarks|\.ci)/[\w./*-]+|[A-Za-z.][\w.-]*\.(?:md|toml|yaml|lock|ini))`"
)
LINKED = re.compile(r"\]\((?!https?://|#)([^)#]+)[^)]*\)")
RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PARTS = ("Context", "Decision", "Consequences", "Enforced by")


def missing(text: str, folder: Path) -> list[str]:
    ticked = [place for place in TICKED.findall(text) if not list(ROOT.glob(place.rstrip("/")))]
    linked = [place for place in LINKED.findall(text) if not (folder / place).exists()]
    return ticked + linked


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_named_places_exist(document: Path) -> None:
    assert missing(document.read_text(), document.parent) == []


def test_places_named_in_docstrings_exist() -> None:
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = []
    for path in sorted((ROOT / "app").rglob("*.py")):
        texts = [ast.get_docstring(n) or "" for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, nodes)]
        found += [(path.relative_to(ROOT).as_posix(), place) for place in missing("\n".join(texts), ROOT)]
    assert found == []


def test_a_missing_place_is_noticed() -> None:
    assert missing("see `app/nowhere.py` and [there](nowhere.md) and `app/core/`", ROOT) == [
        "app/nowhere.py",
        "nowhere.md",
    ]


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_its_form_and_names_what_enforces_it(record: Path) -> None:
    lines = record.read_text().splitlines()
    assert re.fullmatch(rf"# {record.stem[:4]} .+ Status: (proposed|accepted|replaced by \d{{4}})", lines[0])
    assert [part for line in lines for part in PARTS if line.startswith(part)] == list(PARTS)
    named = re.findall(r"`([\w./-]+)`", lines[-1])
    assert named
    assert [place for place in named if not (ROOT / place).exists()] == []


def test_records_are_numbered_without_a_gap() -> None:
    assert [int(record.stem[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_the_version_has_its_entry_in_the_changelog() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f"## {version[1]}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(("walk", "most"), [("A request: the list of projects", 9), ("A paid call", 28)])
def test_a_walk_through_the_code_is_short(walk: str, most: int) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text().partition(f"## {walk}")[2].partition("\n## ")[0]
    assert 0 < len({place for place in TICKED.findall(text) if place.endswith(".py")}) <= most
