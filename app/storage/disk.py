"""What a disk says of its files: that it is full, and how old they are."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import StorageFull

__all__ = ["full_is_named", "is_older"]

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def full_is_named() -> Iterator[None]:
    """A full disk is told as such."""
    try:
        yield
    except OSError as fault:
        if fault.errno in FULL:
            raise StorageFull from fault
        raise


def is_older(path: Path, before: datetime) -> bool:
    """Whether it was last written before; what others have just taken away is not."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    except FileNotFoundError:
        return False
