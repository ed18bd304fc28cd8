"""Pure: how random secrets stand in the database."""

import hashlib

__all__ = ["digest"]


def digest(secret: str) -> str:
    """SHA-256 of a secret of 256 random bits, for which a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
