"""One kind of database is enough for translators."""

import pytest


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A migrated SQLite database of this test's own."""
    return sqlite_url
