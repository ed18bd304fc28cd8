"""Imports every table so that Alembic and the tests see the whole metadata."""

from app.core.tables import Base

METADATA = Base.metadata
