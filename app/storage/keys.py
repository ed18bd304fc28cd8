"""Pure: which keys a store takes."""

import re

from app.storage.base import FileMissing

KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,5}")


def is_key(text: str) -> bool:
    """Whether a text has the form of our keys."""
    return KEY.fullmatch(text) is not None


def checked_key(key: str) -> str:
    """The key itself when it is one of ours; anything else names no file."""
    if not is_key(key):
        raise FileMissing
    return key
