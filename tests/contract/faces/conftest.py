"""Faces are translators: one kind of database shows all of their rules."""

import pytest


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A migrated SQLite database of this test's own."""
    return sqlite_url
