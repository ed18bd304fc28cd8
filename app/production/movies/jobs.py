"""movie.produce: the films of all chapters as children, then one film."""

from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.jobs.domain import Lane
from app.jobs.handlers import JobHandler, Work
from app.production.movies.making import RenderMovie
from app.production.movies.service import MOVIE_KIND

__all__ = ["ProduceMovie"]


class MovieParams(BaseModel):
    """Which movie, and whether chapters ask their owner."""

    movie_id: str
    auto_approve: bool = True


class ProduceMovie(JobHandler[MovieParams]):
    """A parent whose children are productions."""

    kind: ClassVar[str] = MOVIE_KIND
    label: ClassVar[str] = "Make the movie"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = MovieParams

    @override
    async def run(self, work: Work, params: MovieParams) -> dict[str, JsonValue]:
        return await RenderMovie(work, params.movie_id, auto_approve=params.auto_approve).run()
