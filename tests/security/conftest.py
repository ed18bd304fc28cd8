"""The people whom these tests know, and one kind of database: who may do what does not depend on it."""

import pytest

from tests.people import admin, alice, bob, signed_in

__all__ = ["admin", "alice", "bob", "signed_in"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A migrated SQLite database of this test's own."""
    return sqlite_url
