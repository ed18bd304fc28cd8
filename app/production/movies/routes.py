"""HTTP of movies."""

from fastapi import Response

from app.core.dependencies import NextLink, WindowDep
from app.core.pagination import CursorUnreadable
from app.core.routing import Router, documents
from app.jobs import errors as job_errors
from app.jobs.dependencies import STILL_AT_WORK, IdempotentRoute, Prefer
from app.jobs.errors import WorkCancelled, WorkFailed
from app.production import errors
from app.production.errors import PartCancelled
from app.production.movies.dependencies import Movies, OwnedMovie
from app.production.movies.schemas import MovieBody, MovieList, MovieProduceBody, MovieRead
from app.projects.errors import OptionsClash, TargetTooLong

router = Router(prefix="/movies", tags=["movies"], route_class=IdempotentRoute)
MADE_AS_USUAL = MovieProduceBody()
QUEUE_ERRORS = (job_errors.QueueFull, job_errors.TooManyJobs)


@router.post(
    "",
    operation_id="movies_create",
    status_code=201,
    responses=documents(errors.MovieOutOfShape, OptionsClash, TargetTooLong),
)
async def create_movie(body: MovieBody, movies: Movies) -> MovieRead:
    """A movie of chapters, each with a project of its own; nothing is made before it is produced."""
    return await movies.create(body)


@router.get("", operation_id="movies_list", responses=documents(CursorUnreadable))
async def list_movies(movies: Movies, window: WindowDep, link: NextLink) -> MovieList:
    """Your movies, the newest first; how the chapters stand is told by each movie."""
    shown, page = await movies.listed(window)
    link.point_after(page)
    return shown


@router.get("/{movie_id}", operation_id="movies_get", responses=documents(errors.MovieNotFound))
async def get_movie(movie: OwnedMovie, movies: Movies) -> MovieRead:
    """One movie with its chapters as they stand."""
    return await movies.shown(movie)


@router.delete("/{movie_id}", operation_id="movies_delete", status_code=204, responses=documents(errors.MovieNotFound))
async def delete_movie(movie: OwnedMovie, movies: Movies) -> None:
    """Deletes a movie with its chapters' projects and media; work on it is cancelled."""
    await movies.delete(movie)


@router.post(
    "/{movie_id}/produce",
    operation_id="movies_produce",
    response_model=MovieRead,
    responses=STILL_AT_WORK
    | documents(errors.MovieNotFound, errors.MovieChapterGone, PartCancelled, WorkFailed, WorkCancelled, *QUEUE_ERRORS),
)
async def produce_movie(
    movie: OwnedMovie, movies: Movies, prefer: Prefer, body: MovieProduceBody = MADE_AS_USUAL
) -> Response:
    """Makes the films of all chapters and joins them, as one job; what stands already is not made again."""
    return await movies.produce(movie, body, prefer)
