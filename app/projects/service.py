"""The single writer of projects: create, list, edit, copy and delete, and the jobs that run for them."""

from collections.abc import Sequence
from typing import Self

from app.core.database import Session
from app.core.pagination import Page, Window
from app.jobs.domain import JobView
from app.jobs.handlers import Ending
from app.jobs.service import JobService
from app.jobs.settlement import JobControl
from app.library.domain import AssetKind, AssetState
from app.library.service import LibraryService
from app.projects.domain import BUSY, Failure, Listing, ProjectPage, ProjectView, SegmentStatus, Storyboard
from app.projects.errors import LayoutFixed, NotOfThisProject, ProjectBusy
from app.projects.layout import check_lengths, check_target, is_busy, segment_count
from app.projects.options import FilmMusic, Language, ProjectSettings
from app.projects.repository import Aggregate, ListingRepository
from app.projects.repository.views import stored_settings
from app.projects.schemas import ProjectCreate, ProjectEdit
from app.projects.texts import copied_name, search_words, sort_name
from app.resources import Resources
from app.usage.service import UsageService


class ProjectWork:
    """Looks at the job rows of one project."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources

    async def runs(self, owner_id: str, project_id: str) -> bool:
        """Whether a job of this project has not ended."""
        return bool(await self._unfinished(owner_id, project_id))

    async def cancel(self, owner_id: str, project_id: str) -> None:
        """Asks every unfinished job of this project to stop; what was bought already stays in the library."""
        await JobControl.over(self._session, self._resources).cancel_project(owner_id, project_id)

    async def _unfinished(self, owner_id: str, project_id: str) -> Sequence[JobView]:
        return await JobService.over(self._session, self._resources).unfinished_in(owner_id, project_id)


async def failure_to_keep(session: Session, resources: Resources, job: JobView, ending: Ending) -> Failure | None:
    """Why the work of a project or a segment failed, for its row; nothing when its owner has cancelled it."""
    if ending is not Ending.FAILED:
        return None
    failure = (await JobService.over(session, resources).any(job.id)).failure
    return None if failure is None else Failure(failure.code, failure.message)


class ProjectService:
    """What an owner does with whole projects."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._rows = Aggregate.over(session, resources)
        self._lists = ListingRepository(session, resources.clock)
        self._limits = resources.settings.projects
        self._library = LibraryService.over(session, resources)
        self._work = ProjectWork(session, resources)
        self._usage = UsageService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service in one unit of work."""
        return cls(session, resources)

    async def create(self, owner_id: str, wish: ProjectCreate) -> ProjectView:
        """Lays out a new film with as many pending segments as its length asks for."""
        settings = wish.settings(Language(self._limits.default_language))
        self._check(settings)
        await self._check_music(owner_id, settings.music)
        project = await self._rows.projects.create(owner_id, settings)
        await self._lay_out(project.id, have=0, settings=settings)
        if settings.budget_micro_usd is not None:
            await self._usage.set_project_budget(owner_id, project.id, settings.budget_micro_usd)
        return await self._rows.projects.view(project.id)

    async def view(self, project_id: str) -> ProjectView:
        """The project as it stands in this unit of work."""
        return await self._rows.projects.view(project_id)

    async def board(self, project_id: str) -> Storyboard:
        """The whole aggregate: project, segments and key frames."""
        return await self._rows.board(project_id)

    async def listed(self, owner_id: str, listing: Listing, window: Window) -> ProjectPage:
        """One page of the owner's projects; a search finds projects that have all its word beginnings."""
        words = search_words(listing.search)
        if listing.search.strip() and not words:
            return ProjectPage(page=Page((), None), total=0)
        if words:
            page, total = await self._lists.found(owner_id, listing, words, window)
        else:
            page = await self._lists.listed(owner_id, listing, window)
            total = await self._lists.total(owner_id, listing.status)
        return ProjectPage(page=Page(await self._rows.projects.views(page.items), page.next), total=total)

    async def edit(self, project_id: str, wish: ProjectEdit, *, expected_version: int | None = None) -> ProjectView:
        """Changes what the wish names; lengths only while nothing is planned."""
        projects = self._rows.projects
        await projects.touch(project_id, expected_version=expected_version)
        board = await self._rows.board(project_id)
        before, after = board.project.settings, wish.applied(board.project.settings)
        if after == before:
            return board.project
        self._check(after)
        await self._check_music(board.project.owner_id, after.music)
        durations = [segment.duration_sec for segment in board.segments]
        if _layout(before) != _layout(after):
            await self._change_layout(board, after)
        else:
            check_lengths(after, durations)
        await projects.touch(project_id, sort_name=sort_name(after.name), **stored_settings(after))
        if (before.name, before.story_prompt) != (after.name, after.story_prompt):
            await projects.replace_words(board.project.owner_id, project_id, after.name, after.story_prompt)
        if before.budget_micro_usd != after.budget_micro_usd:
            await self._usage.set_project_budget(board.project.owner_id, project_id, after.budget_micro_usd)
        await self._rows.segments.renew(project_id)
        return await projects.view(project_id)

    async def delete(self, project: ProjectView, *, cancel: bool = False) -> None:
        """Takes the project and its media out of the owner's sight; running work is refused or cancelled."""
        if cancel:
            # Who ends jobs locks them before their project; what is started meanwhile is met the second time.
            await self._work.cancel(project.owner_id, project.id)
        await self._rows.projects.touch(project.id)
        if cancel:
            await self._work.cancel(project.owner_id, project.id)
        board = await self._rows.board(project.id)
        is_working = board.project.status in BUSY or is_busy(board.segments)
        if not cancel and (is_working or await self._work.runs(project.owner_id, project.id)):
            raise ProjectBusy
        mine = await self._unshared(board)
        await self._rows.projects.mark_deleted(project.id)
        for asset in (await self._library.views(mine)).values():
            await self._library.forget(asset)

    async def duplicate(self, project: ProjectView) -> ProjectView:
        """A copy that shares the accepted takes but has no running work and no film of its own."""
        await self._rows.projects.touch(project.id)
        copy = await self._rows.copy(await self._rows.projects.view(project.id), copied_name(project.settings.name))
        if copy.settings.budget_micro_usd is not None:
            await self._usage.set_project_budget(copy.owner_id, copy.id, copy.settings.budget_micro_usd)
        return copy

    async def _unshared(self, board: Storyboard) -> frozenset[str]:
        """The media that only this project shows."""
        film = board.project.film
        shown = {frame.asset_id for frame in board.frames} | {board.project.audio_sample_asset_id}
        shown |= {asset_id for s in board.segments for asset_id in (s.clip_asset_id, s.narration_asset_id)}
        shown |= {film.asset_id, *film.variants.values()} if film else set()
        mine = frozenset(asset_id for asset_id in shown if asset_id is not None)
        return mine - await self._rows.projects.used_elsewhere(mine, board.project.id)

    async def _check_music(self, owner_id: str, music: FilmMusic | None) -> None:
        if music is None or music.asset_id is None:
            return
        track = (await self._library.views([music.asset_id])).get(music.asset_id)
        if track is None or (track.owner_id, track.kind, track.state) != (owner_id, AssetKind.MUSIC, AssetState.READY):
            raise NotOfThisProject(param="music")

    def _check(self, settings: ProjectSettings) -> None:
        check_target(settings.target_duration_sec, self._limits.max_target_duration_sec)
        check_lengths(settings, [settings.segment_len_sec])

    async def _change_layout(self, board: Storyboard, settings: ProjectSettings) -> None:
        begun = any(segment.status is not SegmentStatus.PENDING for segment in board.segments)
        has_frames = any(frame.asset_id is not None for frame in board.frames[1:])
        if begun or has_frames:
            raise LayoutFixed
        wanted = segment_count(settings.target_duration_sec, settings.segment_len_sec)
        for segment in board.segments[wanted:]:
            await self._rows.segments.remove(segment.id)
            await self._rows.frames.remove(segment.last_frame.id)
        for segment in board.segments[:wanted]:
            await self._rows.segments.write(segment.id, duration_sec=settings.segment_len_sec)
        await self._lay_out(board.project.id, have=len(board.segments), settings=settings)

    async def _lay_out(self, project_id: str, *, have: int, settings: ProjectSettings) -> None:
        wanted = segment_count(settings.target_duration_sec, settings.segment_len_sec)
        await self._rows.segments.lay_out(project_id, range(have, wanted), settings.segment_len_sec)


def _layout(settings: ProjectSettings) -> tuple[int, int]:
    return settings.target_duration_sec, settings.segment_len_sec
