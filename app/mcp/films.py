"""Tools for films: order, follow, answer, read, change words, estimate, fetch."""

from typing import Annotated, Any

from mcp.server import MCPServer
from pydantic import Field

from app.assembly.service import AssemblyService
from app.core.pagination import Window
from app.jobs.dependencies import owned_job
from app.jobs.service import follow
from app.jobs.settlement import JobControl
from app.mcp.callers import CHANGES, READS, REMOVES, Call, Callers, add_tool
from app.mcp.files import Linked, file_link
from app.mcp.shapes import FilmOrder, JobSeen, ProjectSeen, ProjectsSeen, SegmentWords
from app.production.estimates import EstimateService
from app.production.schemas import EstimateRead
from app.production.service import FilmWish, ProductionService
from app.projects.dependencies import owned_project, owned_segment
from app.projects.domain import FilmVariant, Listing
from app.projects.replies import ProjectPresenter, SegmentReply
from app.projects.schemas import SegmentEdit
from app.projects.service import ProjectService
from app.projects.storyboard import StoryboardService

LOOK_SECONDS = 2.0
Wait = Annotated[float, Field(ge=0, le=45, description="Seconds to wait for the end or for a question")]
Limit = Annotated[int, Field(ge=1, le=100)]


class FilmTools:
    """Films of the caller."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._resources = callers.resources

    def offer(self, server: MCPServer[Any]) -> None:
        """Adds every tool."""
        for tool in (self.list_projects, self.get_project, self.estimate_film, self.get_film):
            add_tool(server, tool, READS)
        for change in (self.start_film, self.produce_film, self.edit_segment, self.approve_segment):
            add_tool(server, change, CHANGES)

    async def start_film(self, call: Call, film: FilmOrder) -> JobSeen:
        """Starts a film from a story and returns at once; follow it with get_job, then fetch it with get_film."""
        account = await self._callers.writer(call)
        wish = FilmWish(auto_approve=not film.ask_first, narrates=film.narration)
        order = film.project(self._resources.settings.projects.max_target_duration_sec)
        async with self._resources.database.unit_of_work() as session:
            project = await ProjectService.over(session, self._resources).create(account.id, order)
            job = await ProductionService.over(session, self._resources).begin_film(project, wish)
        return JobSeen.of(job)

    async def produce_film(self, call: Call, project_id: str) -> JobSeen:
        """Makes whatever the film of a project still lacks, for example after a change of its words."""
        project = await owned_project(project_id, await self._callers.writer(call), self._resources)
        async with self._resources.database.unit_of_work() as session:
            service = ProductionService.over(session, self._resources)
            return JobSeen.of(await service.begin_film(project, FilmWish(auto_approve=True)))

    async def list_projects(self, call: Call, search: str = "", limit: Limit = 20) -> ProjectsSeen:
        """Your projects, the newest first; a search finds beginnings of words in name and story."""
        account = await self._callers.reader(call)
        async with self._resources.database.reading() as session:
            service = ProjectService.over(session, self._resources)
            found = await service.listed(account.id, Listing(search=search), Window(limit=limit))
            shown = await ProjectPresenter.over(session, self._resources).page(found)
        return ProjectsSeen(projects=shown.projects, total=shown.total)

    async def get_project(self, call: Call, project_id: str) -> ProjectSeen:
        """One project with the words, states and files of its segments."""
        project = await owned_project(project_id, await self._callers.reader(call), self._resources)
        async with self._resources.database.reading() as session:
            segments = await StoryboardService.over(session, self._resources).segments(project.id)
            showing = ProjectPresenter.over(session, self._resources)
            return ProjectSeen(project=await showing.project(project), segments=await showing.segments(segments))

    async def edit_segment(self, call: Call, segment_id: str, words: SegmentWords) -> SegmentReply:
        """Changes the words of a segment; what was made from the old ones is made anew by produce_film."""
        segment = await owned_segment(segment_id, await self._callers.writer(call), self._resources)
        async with self._resources.database.unit_of_work() as session:
            service = StoryboardService.over(session, self._resources)
            edited = await service.edit(segment, SegmentEdit.model_validate(words.named()))
            return await ProjectPresenter.over(session, self._resources).segment(edited)

    async def approve_segment(self, call: Call, segment_id: str) -> SegmentReply:
        """Approves the prompt of a segment, so that its clip may be made."""
        segment = await owned_segment(segment_id, await self._callers.writer(call), self._resources)
        async with self._resources.database.unit_of_work() as session:
            approved = await StoryboardService.over(session, self._resources).approve(segment)
            return await ProjectPresenter.over(session, self._resources).segment(approved)

    async def estimate_film(self, call: Call, project_id: str) -> EstimateRead:
        """What finishing a film will cost; starts nothing."""
        project = await owned_project(project_id, await self._callers.reader(call), self._resources)
        async with self._resources.database.reading() as session:
            return EstimateRead.of(await EstimateService.over(session, self._resources).estimate(project))

    async def get_film(self, call: Call, project_id: str, variant: FilmVariant = FilmVariant.VIDEO) -> Linked:
        """A link to the finished film, or to its captions, sound, poster or report."""
        project = await owned_project(project_id, await self._callers.reader(call), self._resources)
        async with self._resources.database.reading() as session:
            part = await AssemblyService.over(session, self._resources).part(project, variant)
        return file_link(self._callers, call, part)


class JobTools:
    """Jobs of the caller."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._resources = callers.resources

    def offer(self, server: MCPServer[Any]) -> None:
        """Adds every tool."""
        add_tool(server, self.get_job, READS)
        add_tool(server, self.answer_job, CHANGES)
        add_tool(server, self.cancel_job, REMOVES)

    async def get_job(self, call: Call, job_id: str, wait_seconds: Wait = 0) -> JobSeen:
        """Where a job stands; waits up to wait_seconds for its end or its question, and tells its progress.

        Giving up the wait leaves the job at work; cancel_job stops it.
        """
        job = await owned_job(job_id, await self._callers.reader(call), self._resources)
        until = self._resources.clock.monotonic() + wait_seconds
        reported_percent = -1
        while not job.is_final and job.question is None:
            # The protocol wants each notification to say more than the one before.
            if wait_seconds and job.progress > reported_percent:
                await call.report_progress(job.progress, 100, job.stage)
                reported_percent = job.progress
            left_seconds = until - self._resources.clock.monotonic()
            if left_seconds <= 0:
                break
            job = await follow(self._resources, job, min(LOOK_SECONDS, left_seconds))
        return JobSeen.of(job)

    async def answer_job(self, call: Call, job_id: str, choice: str) -> JobSeen:
        """Your word on what a job asks: one of the choices of its question, for example to approve a plan."""
        job = await owned_job(job_id, await self._callers.writer(call), self._resources)
        async with self._resources.database.unit_of_work() as session:
            return JobSeen.of(await JobControl.over(session, self._resources).answer(job, choice))

    async def cancel_job(self, call: Call, job_id: str) -> JobSeen:
        """Stops a job with everything it has started; what is finished stays."""
        job = await owned_job(job_id, await self._callers.writer(call), self._resources)
        async with self._resources.database.unit_of_work() as session:
            return JobSeen.of(await JobControl.over(session, self._resources).cancel(job))
