"""What the routes of this face are given: links, films in its words, held work, the pause before a 401."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from typing_extensions import override

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.api.dialects.rules import links_under
from app.api.dialects.spa.schemas import FilmList, FilmShown, Narrator, PlanForm, SegmentShown, VoiceNamed
from app.assembly.service import CutWish, cut_and_follow
from app.core.database import Session
from app.core.dependencies import AsyncConstructor, ReadSession, SessionDep
from app.core.errors import NotSignedIn
from app.frames.service import extract_last_frame
from app.jobs.dependencies import IdempotentRoute
from app.jobs.service import JobService, completed, follow
from app.library.domain import AssetKind
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.narration.domain import Following
from app.narration.voices import VoiceWork
from app.planning.service import KIND as PLAN
from app.planning.service import PlanWish, plan_and_follow
from app.production.dependencies import segments_in_speech
from app.production.service import ProductionService
from app.projects.dependencies import OwnedProject, owned_project
from app.projects.domain import ProjectPage, ProjectStatus, ProjectView, SegmentView
from app.projects.replies import project_media, segment_media
from app.projects.service import ProjectService
from app.resources import Resources

# How long a page that is opened in the middle of planning is let wait for the plan.
PLAN_SECONDS = 25
# The page offers these with `<a download>`, which browsers heed across origins only when the answer says so too.
DOWNLOADED = frozenset({AssetKind.FILM, AssetKind.CLIP})


async def spa_links(request: Request, resources: ResourcesDep) -> MediaLinks:
    """Absolute links below this face's media path."""
    return links_under("/spa", request, resources)


SpaLinks = Annotated[MediaLinks, Depends(spa_links)]


class FilmPresenter:
    """Films and segments in the page's words, with fresh links."""

    def __init__(self, session: Session, resources: Resources, links: MediaLinks) -> None:
        self._session = session
        self._resources = resources
        self._library = LibraryService.over(session, resources)
        self._links = links

    async def film(self, project: ProjectView) -> FilmShown:
        """One project."""
        speaking = await segments_in_speech(self._session, self._resources, project.id)
        return FilmShown.of(project, await self._linked(project_media([project])), speaking)

    async def page(self, found: ProjectPage) -> FilmList:
        """One page of projects."""
        links = await self._linked(project_media(found.page.items))
        return FilmList(projects=[FilmShown.of(each, links) for each in found.page.items], total=found.total)

    async def segment(self, segment: SegmentView) -> SegmentShown:
        """One segment."""
        return (await self.segments(segment.project_id, [segment]))[0]

    async def segments(self, project_id: str, segments: Iterable[SegmentView]) -> list[SegmentShown]:
        """Segments of one project in order."""
        shown = list(segments)
        links = await self._linked(segment_media(shown))
        speaking = await segments_in_speech(self._session, self._resources, project_id)
        return [SegmentShown.of(segment, links, speaking) for segment in shown]

    async def _linked(self, asset_ids: frozenset[str]) -> dict[str, str]:
        assets = await self._library.views(asset_ids)
        return {
            asset_id: self._links.to(asset, download=asset.kind in DOWNLOADED) for asset_id, asset in assets.items()
        }


async def spa_shown(session: SessionDep, resources: ResourcesDep, links: SpaLinks) -> FilmPresenter:
    """Replies in this request's unit of work."""
    return FilmPresenter(session, resources, links)


async def spa_shown_read(session: ReadSession, resources: ResourcesDep, links: SpaLinks) -> FilmPresenter:
    """Replies in a session that only reads."""
    return FilmPresenter(session, resources, links)


SpaShown = Annotated[FilmPresenter, Depends(spa_shown)]
SpaShownRead = Annotated[FilmPresenter, Depends(spa_shown_read)]


class HeldReplies:
    """Long work whose reply is its result; the same request again joins it."""

    def __init__(self, resources: ResourcesDep, links: SpaLinks) -> None:
        self._resources = resources
        self._links = links
        self._wait_seconds = resources.settings.work.client_wait_seconds

    async def planned(self, project: ProjectView, body: PlanForm) -> FilmShown:
        """The project once its plan is written."""
        wish = PlanWish(body.story_prompt, body.keep_approved, self._wait_seconds, force=body.force)
        completed(await plan_and_follow(self._resources, project, wish))
        return await self._film(project.id)

    async def cloned(self, project: ProjectView) -> VoiceNamed:
        """The narrator once it is copied from the project's sample."""
        work = VoiceWork(self._resources, project.owner_id, Following(self._wait_seconds))
        voice = completed(await work.clone_film(project)).result or {}
        return VoiceNamed(voice_id=str(voice["voice_id"]), project_id=project.id)

    async def finalized(self, project: ProjectView) -> FilmShown:
        """The project once its film is cut."""
        job = await cut_and_follow(self._resources, project, CutWish(self._wait_seconds))
        if job is not None:
            completed(job)
        return await self._film(project.id)

    async def arrived(self, project: ProjectView) -> ProjectView:
        """The project once its plan has ended, or as it stands after a while: the page reads it only once."""
        if project.status is not ProjectStatus.PLAN_GENERATING:
            return project
        async with self._resources.database.reading() as session:
            plans = await JobService.over(session, self._resources).at_work(project.id, PLAN)
        for plan in plans:
            await follow(self._resources, plan, min(PLAN_SECONDS, self._wait_seconds))
        async with self._resources.database.reading() as session:
            return await ProjectService.over(session, self._resources).view(project.id)

    async def extracted(self, segment: SegmentView) -> SegmentShown:
        """The segment whose clip's last picture now begins the next one."""
        current = await extract_last_frame(self._resources, segment)
        async with self._resources.database.reading() as session:
            return await FilmPresenter(session, self._resources, self._links).segment(current)

    async def _film(self, project_id: str) -> FilmShown:
        async with self._resources.database.reading() as session:
            project = await ProjectService.over(session, self._resources).view(project_id)
            return await FilmPresenter(session, self._resources, self._links).film(project)


HeldWork = Annotated[HeldReplies, Depends(AsyncConstructor(HeldReplies))]


async def arrived_project(project: OwnedProject, work: HeldWork) -> ProjectView:
    """The caller's own project, which is waited for while it is being planned."""
    return await work.arrived(project)


ArrivedProject = Annotated[ProjectView, Depends(arrived_project)]


async def productions(session: SessionDep, resources: OwnResources) -> ProductionService:
    """Starts in this request's unit of work."""
    return ProductionService.over(session, resources)


Productions = Annotated[ProductionService, Depends(productions)]


async def planned_film(account: CurrentUser, body: PlanForm, resources: ResourcesDep) -> ProjectView:
    """The caller's own project that a plan is asked for."""
    return await owned_project(body.project_id, account, resources)


async def narrated_film(account: CurrentUser, body: Narrator, resources: ResourcesDep) -> ProjectView:
    """The caller's own project that a voice is meant for."""
    return await owned_project(body.project_id, account, resources)


PlannedFilm = Annotated[ProjectView, Depends(planned_film)]
NarratedFilm = Annotated[ProjectView, Depends(narrated_film)]


PAUSE_SECONDS = 0.3


class PatientRoute(IdempotentRoute):
    """A route that lets /auth/me be answered first."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def patient(request: Request) -> Response:
            try:
                return await answer(request)
            except NotSignedIn:
                resources: Resources = request.app.state.resources
                await resources.clock.sleep(PAUSE_SECONDS)
                raise

        return patient
