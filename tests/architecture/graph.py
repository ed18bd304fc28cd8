"""The import graph of the application and the rules no import contract can say."""

import re
import sys
import tomllib
from functools import cache

import grimp

from tests.architecture.source import ROOT

FREE = {"pydantic", "pydantic_core", "anyio", "typing_extensions", "structlog"}
PRIVATE = re.compile(r"app\.(?!core)\w+\.(repository|models)(\.\w+)*")


@cache
def graph() -> grimp.ImportGraph:
    """The whole application with the libraries it imports."""
    return grimp.build_graph("app", include_external_packages=True, cache_dir=None)


def contracts() -> list[dict[str, object]]:
    """The import contracts as they are written down."""
    found: list[dict[str, object]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    return found


def homes() -> frozenset[str]:
    """Libraries that a contract gives a home."""
    lists = [contract["protected_modules"] for contract in contracts() if contract["type"] == "protected"]
    return frozenset(name for names in lists if isinstance(names, list) for name in names)


def intrusions(seen: grimp.ImportGraph) -> list[tuple[str, str]]:
    """Imports of another slice's tables or queries."""
    return [
        (importer, private)
        for private in sorted(seen.modules)
        if PRIVATE.fullmatch(private)
        for importer in sorted(seen.find_modules_that_directly_import(private))
        if importer.split(".")[1] != private.split(".")[1] and importer != "app.tables"
    ]


def homeless(seen: grimp.ImportGraph, housed: frozenset[str]) -> set[str]:
    """Libraries that are imported but have no home in the contracts."""
    foreign = {module for module in seen.modules if module.split(".")[0] != "app"}
    return foreign - sys.stdlib_module_names - housed - FREE
