"""`avc openapi`: the API document of this installation."""

import typer

from app.api.documents import NATIVE, PackedDocument
from app.core.settings import Settings


def print_document() -> None:
    """Prints the document as JSON."""
    typer.echo(PackedDocument.of(NATIVE, Settings.load()).whole())
