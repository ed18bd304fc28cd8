"""Movies of the caller: started, shown, produced and deleted."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Response

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.core.database import Session
from app.core.dependencies import AsyncConstructor
from app.core.pagination import Page, Window
from app.jobs.dependencies import job_reply
from app.jobs.domain import JobView, Preference
from app.jobs.service import start_and_follow
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.production.movies.domain import MovieView
from app.production.movies.schemas import MovieBody, MovieList, MovieProduceBody, MovieRead, movie_media
from app.production.movies.service import MovieService


async def owned_movie(movie_id: str, account: CurrentUser, resources: ResourcesDep) -> MovieView:
    """The caller's own movie; a foreign one is not found."""
    async with resources.database.reading() as session:
        return await MovieService.over(session, resources).owned(movie_id, account.id)


class MovieFacade:
    """Movies of one account."""

    def __init__(self, resources: OwnResources, account: CurrentUser) -> None:
        self._resources = resources
        self._owner_id = account.id

    async def create(self, body: MovieBody) -> MovieRead:
        """A new movie with a project for each chapter."""
        async with self._resources.database.unit_of_work() as session:
            movie = await MovieService.over(session, self._resources).create(self._owner_id, body.wish())
        return await self.shown(movie)

    async def shown(self, movie: MovieView) -> MovieRead:
        """One movie."""
        return (await self._all([movie]))[0]

    async def listed(self, window: Window) -> tuple[MovieList, Page[MovieView]]:
        """One page of the account's movies, the newest first."""
        async with self._resources.database.reading() as session:
            page, total = await MovieService.over(session, self._resources).listed(self._owner_id, window)
        return MovieList(movies=await self._all(page.items), total=total), page

    async def produce(self, movie: MovieView, body: MovieProduceBody, prefer: Preference) -> Response:
        """The movie once it is there, or the job that makes it."""

        async def start(session: Session) -> JobView:
            return await MovieService.over(session, self._resources).begin(movie, body.wish())

        async def made() -> MovieRead:
            async with self._resources.database.reading() as session:
                now = await MovieService.over(session, self._resources).owned(movie.id, self._owner_id)
            return await self.shown(now)

        job = await start_and_follow(self._resources, start, prefer.seconds(0))
        return await job_reply(job, prefer, made)

    async def delete(self, movie: MovieView) -> None:
        """The movie with its projects and media."""
        async with self._resources.database.unit_of_work() as session:
            await MovieService.over(session, self._resources).delete(movie)

    async def _all(self, movies: Sequence[MovieView]) -> list[MovieRead]:
        wanted = frozenset(asset_id for movie in movies for asset_id in movie_media(movie))
        async with self._resources.database.reading() as session:
            assets = await LibraryService.over(session, self._resources).views(wanted)
        to = MediaLinks.over(self._resources)
        links = {asset_id: to.to(asset) for asset_id, asset in assets.items()}
        return [MovieRead.of(movie, links) for movie in movies]


Movies = Annotated[MovieFacade, Depends(AsyncConstructor(MovieFacade))]
OwnedMovie = Annotated[MovieView, Depends(owned_movie)]
