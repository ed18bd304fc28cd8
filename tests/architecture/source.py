"""A source file as the rules see it, and the sources of the application."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
TESTS = ROOT / "tests"
SAMPLES = TESTS / "architecture" / "samples"


@dataclass(frozen=True)
class Source:
    """One Python file: its path, text and tree."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "Source":
        return cls(path, path.read_text())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def place(self) -> str:
        """The path as the rules and the reader name it."""
        return self.path.relative_to(ROOT).as_posix()

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, however deep."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def comments(self) -> Iterator[tuple[int, str]]:
        """Line and text of every comment."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return ((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)


def application() -> list[Source]:
    """Every module of the application."""
    return [Source.read(path) for path in sorted(APP.rglob("*.py"))]


def suite() -> list[Source]:
    """Every module of the test suite but the samples, which are bad on purpose."""
    return [Source.read(path) for path in sorted(TESTS.rglob("*.py")) if SAMPLES not in path.parents]
