"""One way to change what was made of a show: the row is locked, its status follows, its files are remembered."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.core.database import Session
from app.library.service import LibraryService
from app.library.values import AssetView
from app.resources import Resources
from app.shows.errors import ShowNotFound
from app.shows.repository import ShowRepository, show_view
from app.shows.values import Made, ShowView

__all__ = ["change", "own_assets"]


async def change(
    session: Session,
    resources: Resources,
    show_id: str,
    make: Callable[[ShowView], Made],
    *,
    content: str | None = None,
    script_text: str | None = None,
) -> ShowView:
    """The show with what `make` gives for what stands there now; belongs to the caller's unit of work."""
    shows = ShowRepository(session, resources.clock)
    row = await shows.locked(show_id)
    if row is None:
        raise ShowNotFound
    before = show_view(row)
    after = replace(
        before,
        made=make(before),
        content=before.content if content is None else content,
        script_text=before.script_text if script_text is None else script_text,
    )
    return await shows.store(row, after)


async def own_assets(session: Session, resources: Resources, show_id: str) -> Sequence[AssetView]:
    """The files that belong to this show alone."""
    named = await ShowRepository(session, resources.clock).own_files(show_id)
    return list((await LibraryService.over(session, resources).views(named)).values())
