"""What the routes of this face are given: links, films of scripts, a login in any form."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Query, Request

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.accounts.routes.inputs import sent_login
from app.accounts.values import Login
from app.api.dialects.hub.forms import JobForm
from app.api.dialects.hub.shapes import HubDownload, HubJob
from app.api.dialects.rules import links_under
from app.core.dependencies import AsyncConstructor
from app.jobs.domain import JobFilter, JobStatus, JobView
from app.library.links import MediaLinks
from app.production.scripted import ScriptedJob
from app.production.scripts import ScriptedFilms
from app.projects.dependencies import owned_project
from app.projects.values import ProjectView

__all__ = ["FilmedProject", "Films", "HubLinks", "HubLogin", "OwnedFilmJob", "Shown", "Wanted"]

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
