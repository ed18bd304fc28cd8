"""The reviewed API documents: `python -m tests.contract.api.snapshot` writes down what the application says now."""

from functools import cache
from typing import Any

from fastapi import FastAPI

from app.api.documents import DOCUMENTS, FOLDER, ApiDocument, document_text
from app.api.openapi import api_document
from app.core.settings import Settings
from app.main import create_app


@cache
def application() -> FastAPI:
    """An installation without any setting."""
    return create_app(Settings(**{name: kind(_env_file=None) for name, kind in Settings.groups().items()}))


@cache
def document_of(document: ApiDocument) -> dict[str, Any]:
    """The document as that installation makes it from its routes."""
    return api_document(application(), document)


if __name__ == "__main__":
    for each in DOCUMENTS:
        (FOLDER / f"{each.name}.json").write_text(document_text(document_of(each)))
