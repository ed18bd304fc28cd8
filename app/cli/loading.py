"""Loads the parts behind the commands only when one runs, so that help and refusals come at once."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


def part(name: str) -> ModuleType:
    """The module of this package that does the work of a command."""
    with without_collector():
        return import_module(f"app.cli.{name}")


def own_part(name: str) -> ModuleType:
    """The same for work on this installation itself, which writes the installation's log."""
    part("recording").begin()
    return part(name)


@contextmanager
def without_collector() -> Iterator[None]:
    """Disables the garbage collector while modules load and objects that stay are built; freezes these afterwards.

    It would find nothing and go through all of them again and again, which takes as long as loading itself.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
