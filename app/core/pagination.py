"""Pages: what a caller asks for, the opaque cursor and what a repository gives back."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Self, TypeVar

from app.core.errors import Unusable

T = TypeVar("T")
MAX_CURSOR_CHARACTERS = 1024
MOST_ON_A_PAGE = 100


class CursorUnreadable(Unusable):
    """The cursor did not come from us or belongs to another order."""

    code = "request.cursor_unreadable"
    message = "The cursor in `after` cannot be read. Take it from the previous page's Link header, or leave it out."


@dataclass(frozen=True)
class Cursor:
    """The place after one row: the value of the sorting column, then the id."""

    value: datetime | str | int
    id: str

    def encode(self) -> str:
        """The opaque text that clients hand back."""
        tagged = ["t", self.value.isoformat()] if isinstance(self.value, datetime) else ["v", self.value]
        return base64.urlsafe_b64encode(json.dumps([*tagged, self.id]).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Self:
        """The place an opaque text means."""
        try:
            padded = text + "=" * (-len(text) % 4)
            tag, value, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not isinstance(row_id, str) or not isinstance(value, str | int) or "\0" in f"{value}{row_id}":
                raise CursorUnreadable
            moment = datetime.fromisoformat(str(value)).astimezone(UTC) if tag == "t" else value
            return cls(moment, row_id)
        except (ValueError, TypeError, RecursionError, OverflowError, binascii.Error) as fault:
            raise CursorUnreadable from fault


@dataclass(frozen=True)
class Window:
    """Which part of a list: after a cursor, else after `skip` rows."""

    limit: int = 20
    skip: int = 0
    after: Cursor | None = None
    descending: bool = True

    def fits(self, kind: type[datetime] | type[str] | type[int]) -> None:
        """Refuses a cursor of another order than the one asked for."""
        if self.after is not None and not isinstance(self.after.value, kind):
            raise CursorUnreadable


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page and where the next begins, if there is one."""

    items: tuple[T, ...]
    next: Cursor | None


async def every(listed: Callable[[Window], Awaitable[tuple[Page[T], int]]]) -> tuple[T, ...]:
    """Every row of a list that is read page by page."""
    page, _ = await listed(Window(limit=MOST_ON_A_PAGE))
    found = page.items
    while page.next is not None:
        page, _ = await listed(Window(limit=MOST_ON_A_PAGE, after=page.next))
        found += page.items
    return found
