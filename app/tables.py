"""Imports every table so that Alembic and the tests see the whole metadata."""

from app.core.tables import Base

__all__ = ["METADATA"]

METADATA = Base.metadata
