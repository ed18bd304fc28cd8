"""Loads the parts behind the commands only when one runs, so that help and refusals come at once."""

import gc
from importlib import import_module
from types import ModuleType

__all__ = ["own_part", "part"]


def part(name: str) -> ModuleType:
    """The module of this package that does the work of a command."""
    return import_module(f"app.cli.{name}")


def own_part(name: str) -> ModuleType:
    """The same for work on this installation itself, which writes the installation's log."""
    part("recording").begin()
    # Searches for rubbish find none while modules load, and would later go through all of them again and again.
    gc.disable()
    try:
        return part(name)
    finally:
        gc.enable()
        gc.freeze()
