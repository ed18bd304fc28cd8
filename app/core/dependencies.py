"""FastAPI dependencies without a domain: the session, the page asked for, limits of forms, and what else is counted."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Final, Generic, TypedDict, TypeVar

from fastapi import Depends, Query, Request, Response

from app.core.database import Database, Session
from app.core.pagination import MAX_CURSOR_CHARACTERS, Cursor, Page, Window

# Under this name the edge leaves, in the state of a request, what counts it under a second policy.
CHARGE = "charge"
T = TypeVar("T")


class FormLimits(TypedDict, total=False):
    """How many files and fields a form has at most, and how many bytes a field; fields are kept in memory."""

    max_files: int
    max_fields: int
    max_part_size: int


# Every route has the first; one that takes a file names the second.
TEXT_FORM: Final[FormLimits] = {"max_files": 0, "max_fields": 20, "max_part_size": 256 * 1024}
FILE_FORM: Final[FormLimits] = {**TEXT_FORM, "max_files": 1}


class AsyncConstructor(Generic[T]):
    """A dependency that makes an object of a class on the loop.

    The framework calls a class, like every function that is not async, in a thread, and the way there costs more than
    making the object.
    """

    def __init__(self, kind: Callable[..., T]) -> None:
        self._kind = kind
        self.__signature__ = inspect.signature(kind)

    async def __call__(self, **parts: Any) -> T:
        """Makes the object from what its class depends on."""
        return self._kind(**parts)


async def write_session(request: Request) -> AsyncIterator[Session]:
    """One unit of work that commits before the response is sent."""
    database: Database = request.app.state.resources.database
    async with database.unit_of_work() as session:
        yield session


async def read_session(request: Request) -> AsyncIterator[Session]:
    """A reading session for the length of the route."""
    database: Database = request.app.state.resources.database
    async with database.reading() as session:
        yield session


# The function scope commits before the response leaves; the default scope would answer first and fail after.
SessionDep = Annotated[Session, Depends(write_session, scope="function")]
ReadSession = Annotated[Session, Depends(read_session, scope="function")]


async def page_window(
    skip: Annotated[int, Query(ge=0, le=1_000_000, description="Rows to pass over")] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="Rows on a page")] = 20,
    after: Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS, description="Cursor of the next page")] = None,
) -> Window:
    """The page asked for; a cursor beats `skip`."""
    return Window(limit=limit, skip=skip, after=Cursor.decode(after) if after else None)


WindowDep = Annotated[Window, Depends(page_window)]


class PageLinks:
    """Says in the reply's Link header where the next page is."""

    def __init__(self, request: Request, reply: Response) -> None:
        self._url = request.url
        self._reply = reply

    def point_after(self, page: Page[T]) -> None:
        """Sets the link unless this was the last page."""
        if page.next is not None:
            following = self._url.remove_query_params("skip").include_query_params(after=page.next.encode())
            self._reply.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'


NextLink = Annotated[PageLinks, Depends(AsyncConstructor(PageLinks))]


async def charge(request: Request, policy: str) -> None:
    """Counts the request under another policy of the caller's as well, and refuses it once that is used up."""
    count: Callable[[str], Awaitable[None]] = getattr(request.state, CHARGE)
    await count(policy)
