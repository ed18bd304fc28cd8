"""The import contracts hold without exception, and each is broken by a bad import."""

import ast
import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.architecture.graph import contracts, graph, homeless, homes, intrusions
from tests.architecture.source import APP, ROOT

INTRUDERS = ROOT / "tests" / "architecture" / "samples" / "intruders"
OURS = ("app", "tests", "benchmarks")
PROGRAMS = (
    "app.media.picture_worker",
    "app.media.slideshow.worker",
    "app.providers.local.drawing_worker",
    "app.providers.local.espeak_worker",
    "app.providers.local.natural.worker",
)
SERVICE_LIBRARIES = {"sqlalchemy", "structlog", "fastapi", "httpx"}
LINT = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> str:
    ran = subprocess.run(
        [LINT, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": ""},
    )
    return ran.stdout + ran.stderr


def test_every_contract_is_kept() -> None:
    said = lint(ROOT)
    assert re.search(r"Contracts: \d+ kept, 0 broken", said), said


def test_no_contract_has_an_exception() -> None:
    excused = [contract["name"] for contract in contracts() if "ignore_imports" in contract]
    assert excused == []


def test_every_contract_is_broken_by_a_bad_import(tmp_path: Path) -> None:
    shutil.copytree(APP, tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    shutil.copytree(INTRUDERS, tmp_path / "app", dirs_exist_ok=True)
    said = lint(tmp_path)
    kept = [contract["name"] for contract in contracts() if f"{contract['name']} BROKEN" not in said]
    assert kept == [], said


def test_tables_and_queries_stay_in_their_slice() -> None:
    assert intrusions(graph()) == []


def test_every_library_has_a_home() -> None:
    assert homeless(graph(), homes()) == set()


@pytest.mark.parametrize("importer", ["app.frames.service", "app.api.health", "app.main"])
def test_an_intrusion_is_caught(importer: str) -> None:
    seen = grimp.ImportGraph()
    seen.add_import(importer=importer, imported="app.projects.repository.segments")
    assert intrusions(seen) == [(importer, "app.projects.repository.segments")]


def test_own_queries_and_the_table_of_tables_are_no_intrusion() -> None:
    seen = grimp.ImportGraph()
    seen.add_import(importer="app.projects.service", imported="app.projects.repository")
    seen.add_import(importer="app.tables", imported="app.projects.models")
    assert intrusions(seen) == []


def test_a_library_without_a_home_is_caught() -> None:
    seen = grimp.ImportGraph()
    for library in ("requests", "json", "pydantic", "sqlalchemy"):
        seen.add_import(importer="app.core.http", imported=library)
    assert homeless(seen, frozenset({"sqlalchemy"})) == {"requests"}


def test_what_benchmarks_import_exists() -> None:
    """No other test runs them, so that a rename would break one without a word."""
    lost = []
    for path in sorted((ROOT / "benchmarks").rglob("*.py")):
        imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        for node in (node for node in imports if (node.module or "").startswith(OURS)):
            lost += [
                (path.name, node.module, alias.name) for alias in node.names if not exists(node.module, alias.name)
            ]
    assert lost == []


def exists(module: str | None, name: str) -> bool:
    imported = importlib.import_module(str(module))
    return hasattr(imported, name) or importlib.util.find_spec(f"{module}.{name}") is not None


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_child_program_loads_nothing_of_the_service(program: str) -> None:
    """A film starts a dozen of these; each would spend half a second on modules it never calls."""
    code = f"import sys; sys.path.insert(0, '.'); import {program}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-I", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not SERVICE_LIBRARIES & set(ran.stdout.split())
