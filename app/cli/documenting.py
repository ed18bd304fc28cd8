"""`avc openapi`: the API document of this installation."""

import json

import typer

from app.core.settings import Settings
from app.main import create_app

__all__ = ["print_document"]


def print_document() -> None:
    """Prints the document as JSON."""
    typer.echo(json.dumps(create_app(Settings.load()).openapi(), indent=2, ensure_ascii=False))
