"""What the routes of this face are given, and which statuses its refusals have."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from typing_extensions import override

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.accounts.domain import Login
from app.accounts.routes.dependencies import sent_login
from app.api.dialects.hub.schemas import HubDownload, HubJob, JobForm
from app.api.dialects.rules import links_under
from app.api.problems import MANNER, MEDIA_TYPE
from app.core.dependencies import AsyncConstructor
from app.core.errors import AppError, Conflict
from app.jobs.dependencies import IdempotentRoute
from app.jobs.domain import JobFilter, JobStatus, JobView
from app.library.links import MediaLinks
from app.moderation.errors import ContentHeld, ContentRefused
from app.production.domain import ScriptedJob
from app.production.errors import ScriptEmpty
from app.production.scripts import ScriptedFilms
from app.projects.dependencies import owned_project
from app.projects.domain import ProjectView

DOWNLOAD_SECONDS = 3600
Text = Annotated[str, Query(max_length=254)]
Code = Annotated[str, Query(max_length=40)]
Secret = Annotated[str, Query(max_length=1024, json_schema_extra={"format": "password"})]


async def hub_login(
    request: Request, email: Text = "", username: Text = "", password: Secret = "", code: Code = ""
) -> Login:
    """Name, password and code as this client sends them, in the query, else as form or JSON."""
    return Login(email or username, password, code) if password else await sent_login(request)


async def films(resources: OwnResources) -> ScriptedFilms:
    """Films of scripts."""
    return ScriptedFilms.over(resources)


async def hub_links(request: Request, resources: ResourcesDep) -> MediaLinks:
    """Absolute links below this face's media path."""
    return links_under("/hub", request, resources)


HubLogin = Annotated[Login, Depends(hub_login)]
Films = Annotated[ScriptedFilms, Depends(films)]
HubLinks = Annotated[MediaLinks, Depends(hub_links)]


async def filmed_project(account: CurrentUser, body: JobForm, resources: ResourcesDep) -> ProjectView:
    """The caller's own project that a film is asked for."""
    return await owned_project(body.project_id, account, resources)


async def owned_film_job(job_id: str, account: CurrentUser, service: Films) -> JobView:
    """The caller's own film job; other work is not found."""
    return await service.owned(job_id, account.id)


async def wanted(
    project_id: Annotated[str | None, Query(max_length=64)] = None, status: JobStatus | None = None
) -> JobFilter:
    """Which jobs a list shows."""
    return JobFilter(status=status, project_id=project_id)


FilmedProject = Annotated[ProjectView, Depends(filmed_project)]
OwnedFilmJob = Annotated[JobView, Depends(owned_film_job)]
Wanted = Annotated[JobFilter, Depends(wanted)]


class JobPresenter:
    """Jobs in the client's words, with fresh links."""

    def __init__(self, service: Films, links: HubLinks) -> None:
        self._films = service
        self._links = links

    async def job(self, job: JobView) -> HubJob:
        """One job as it stands."""
        return self.seen(await self._films.shown(job))

    def seen(self, job: ScriptedJob) -> HubJob:
        """One job that was looked at."""
        return HubJob.of(job, self._links)

    async def download(self, job: JobView) -> HubDownload:
        """Where the film of a completed job is."""
        lasting = self._links.lasting(timedelta(seconds=DOWNLOAD_SECONDS))
        url = lasting.to(await self._films.film(job), download=True)
        return HubDownload(download_url=url, expires_in=DOWNLOAD_SECONDS)


Shown = Annotated[JobPresenter, Depends(AsyncConstructor(JobPresenter))]


BAD_REQUEST = 400
CATEGORIES_HEADER = "X-Moderation-Categories"
REFUSED: dict[int | str, dict[str, Any]] = {
    BAD_REQUEST: {
        "description": "An illegal move, not ready yet, no script, or words that the rules refuse",
        "headers": {CATEGORIES_HEADER: {"description": "What was found in the words", "schema": {"type": "string"}}},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


class HubRoute(IdempotentRoute):
    """A route whose conflicts, missing scripts and refused words are answered with 400."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def translating(request: Request) -> Response:
            request.scope["state"][MANNER] = _as_bad_request
            return await answer(request)

        return translating


def _as_bad_request(refused: AppError) -> tuple[int, Mapping[str, str]] | None:
    if isinstance(refused, Conflict | ContentRefused | ContentHeld | ScriptEmpty):
        return BAD_REQUEST, _categories(refused)
    return None


def _categories(refused: AppError) -> dict[str, str]:
    found = refused.facts.get("categories")
    return {CATEGORIES_HEADER: ", ".join(map(str, found))} if isinstance(found, list) and found else {}
