"""Rules about words: names, docstrings, comments."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.sizes import Fault
from tests.architecture.source import Source

BANNED = {"data", "info", "manager", "misc", "util", "utils", "helper", "helpers", "stuff"}
TERMS = {"data_url"}
BANNED_FILES = BANNED | {"common", "base_service", "shared", "lib"}
BANNED_CLASS_ENDS = ("Manager", "Helper", "Helpers", "Util", "Utils", "Misc", "Impl")
BANNED_STARTS = ("process_", "handle_")
WIRE_FILES = re.compile(r"/(schemas|wire\w*|shapes)(\.py|/)|/dialects/")
REASONED = r"\[[\w-]+(,\s*[\w-]+)*\]\s+#\s*\w+(\s+\S+){2,}"
BARE_EXCUSE = re.compile(rf"\b(TODO|FIXME|XXX|HACK)\b|#\s*noqa|#\s*type:\s*ignore(?!{REASONED})")
OVERRIDES = {"override", "overload"}


def bad_names(source: Source) -> Iterator[Fault]:
    """Names that say nothing about the domain; fields of a wire shape keep the words of the wire."""
    if source.path.stem in BANNED_FILES:
        yield 1, f"{source.path.stem} says nothing about the domain"
    wire = WIRE_FILES.search(source.place) is not None
    for node in ast.walk(source.tree):
        for name in _defined(node, wire=wire):
            words = set(name.lower().strip("_").split("_"))
            said = isinstance(node, ast.ClassDef) and name.endswith(BANNED_CLASS_ENDS)
            started = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name.startswith(BANNED_STARTS)
            if said or started or (words & BANNED and name not in TERMS):
                yield node.lineno, f"{name} says nothing about the domain"


def _defined(node: ast.AST, *, wire: bool) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        if not OVERRIDES & {ast.unparse(decorator) for decorator in node.decorator_list}:
            yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not wire:
        yield node.id


def missing_purpose(source: Source) -> Iterator[Fault]:
    """A module says its purpose in one first line."""
    docstring = ast.get_docstring(source.tree)
    if not docstring:
        yield 1, "the module does not say its purpose"
    elif not docstring.splitlines()[0].endswith("."):
        yield 1, "the first line of the module is not one whole sentence"


def empty_modules(source: Source) -> Iterator[Fault]:
    """A file exists only if it has content; a package may be marked by its purpose alone."""
    if source.path.name != "__init__.py" and len(source.tree.body) <= (ast.get_docstring(source.tree) is not None):
        yield 1, "the module is empty"


def listed_arguments(source: Source) -> Iterator[Fault]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            text = ast.get_docstring(node) or ""
            if re.search(r"^\s*(Args|Arguments|Returns|Parameters):\s*$", text, re.MULTILINE):
                yield node.lineno, f"the docstring of {node.name} lists arguments instead of stating a promise"


def excuses(source: Source) -> Iterator[Fault]:
    """No unfinished work, no blanket silence; an ignored type names its code and its reason."""
    for line, text in source.comments():
        if BARE_EXCUSE.search(text):
            yield line, f"an excuse: {text}"
