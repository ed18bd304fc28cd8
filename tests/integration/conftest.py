"""The people whom these tests know."""

from tests.people import admin, alice, bob, signed_in

__all__ = ["admin", "alice", "bob", "signed_in"]
