"""Rules about size: functions, parameters, files."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Source

MAX_STATEMENTS = 30
MAX_PARAMETERS = 6
MAX_LINES = 600
WISHED_LINES = 500
Fault = tuple[int, str]


def statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Statements in a body, its docstring not counted."""
    inner = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
    return inner - (ast.get_docstring(function) is not None)


def long_functions(source: Source) -> Iterator[Fault]:
    for function in source.functions():
        if (found := statements(function)) > MAX_STATEMENTS:
            yield function.lineno, f"{function.name} has {found} statements, {MAX_STATEMENTS} are allowed"


def many_parameters(source: Source) -> Iterator[Fault]:
    for function in source.functions():
        given = function.args
        names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs) if a.arg not in {"self", "cls"}]
        if len(names) > MAX_PARAMETERS:
            yield function.lineno, f"{function.name} takes {len(names)} parameters, {MAX_PARAMETERS} are allowed"


def long_files(source: Source) -> Iterator[Fault]:
    lines = len(source.text.splitlines())
    if lines > MAX_LINES:
        yield lines, f"{lines} lines, {MAX_LINES} is the wall"
