"""What the workflow reports to the single writer: plans, frames, narrations, takes, films and how work ends."""

from collections.abc import Collection, Sequence
from typing import Any, Self

from app.core.database import Session
from app.library.pictures import sizes_of
from app.library.service import LibraryService
from app.projects.domain import (
    READY_TO_CUT,
    CurrentTake,
    Failure,
    Film,
    FrameOrigin,
    FrameView,
    ProjectStatus,
    ProjectView,
    SegmentDraft,
    SegmentStatus,
    SegmentView,
    SpokenNarration,
    Storyboard,
)
from app.projects.errors import PlanUnfit, ProjectBusy, ProjectNotFound, SegmentsIncomplete
from app.projects.freshness import clip_is_stale
from app.projects.layout import check_lengths, check_prompt, nearest_ratio, resting_status
from app.projects.options import AspectRatio, ProjectSettings
from app.projects.repository import Aggregate
from app.providers.errors import EngineAbsent, EngineUnknown
from app.providers.values import Role
from app.resources import Resources

# While one of these runs, its end decides about the segments, so none may start.
EXCLUSIVE = frozenset({ProjectStatus.PLAN_GENERATING, ProjectStatus.FINALIZING, ProjectStatus.VOICE_CLONING})
CHOOSABLE = frozenset({SegmentStatus.APPROVED, SegmentStatus.SEGMENT_APPROVED, SegmentStatus.FAILED})
NO_TROUBLE: dict[str, Any] = {"failure": None, "needs_attention": False}


class FirstPictureShape:
    """Looks at first pictures in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._library = LibraryService.over(session, resources)
        self._engines = resources.engines

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def ratio(self, settings: ProjectSettings, asset_id: str) -> AspectRatio:
        """The shape that this first picture gives a film; a picture of unknown size changes nothing."""
        size = sizes_of((await self._library.views([asset_id])).values()).get(asset_id)
        return nearest_ratio(*size, self._drawn(settings)) if size else settings.aspect_ratio

    def _drawn(self, settings: ProjectSettings) -> list[AspectRatio]:
        """The shapes that the film's painter draws; without a painter any shape will do."""
        try:
            painter = self._engines.image(settings.providers.get(Role.IMAGE, "auto"))
        except (EngineAbsent, EngineUnknown):
            return []
        return [ratio for ratio in AspectRatio if ratio.value in painter.capabilities().sizes]


class ProgressService:
    """How workflow slices change a film; every call belongs to the caller's unit of work."""

    def __init__(self, rows: Aggregate, shapes: FirstPictureShape) -> None:
        self._rows = rows
        self._shapes = shapes

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service in one unit of work."""
        return cls(Aggregate.over(session, resources), FirstPictureShape.over(session, resources))

    async def board(self, project_id: str) -> Storyboard:
        """The whole aggregate as it stands."""
        return await self._rows.board(project_id)

    async def segment(self, segment_id: str) -> SegmentView:
        """One segment with its frames and its project's settings."""
        return await self._rows.segments.view(segment_id)

    async def frame_at(self, project_id: str, position: int) -> FrameView:
        """The key frame at one boundary of the film."""
        return await self._rows.frames.at(project_id, position)

    async def hold(self, project_id: str) -> Storyboard:
        """The whole aggregate, which nobody else changes before this unit of work ends."""
        await self._rows.projects.touch(project_id)
        return await self._rows.board(project_id)

    async def begin(self, project_id: str, to: ProjectStatus) -> ProjectView:
        """Starts work on the whole project: cloning, planning or cutting."""
        await self._rows.projects.move(project_id, to=to, failure=None)
        return await self._rows.projects.view(project_id)

    async def begin_cut(self, project_id: str) -> Storyboard:
        """Starts the cut; refused with the missing segments named."""
        await self._rows.projects.touch(project_id)
        board = await self._rows.board(project_id)
        missing = [s.index for s in board.segments if s.status not in READY_TO_CUT or s.clip_asset_id is None]
        if missing:
            raise SegmentsIncomplete.of(missing)
        await self._rows.projects.move(project_id, to=ProjectStatus.FINALIZING, failure=None)
        return await self._rows.board(project_id)

    async def rest(self, project_id: str, failure: Failure | None = None) -> ProjectView:
        """Ends the project's work: as failed with its reason, or where it stands by what it holds."""
        await self._rows.projects.touch(project_id)
        project = await self._rows.projects.view(project_id)
        to = ProjectStatus.FAILED if failure else resting_status(project)
        if to is not project.status:
            await self._rows.projects.move(project_id, to=to, failure=_stored(failure))
        return await self._rows.projects.view(project_id)

    async def accept_plan(
        self,
        project_id: str,
        plan: Sequence[SegmentDraft],
        *,
        title: str,
        continuity_notes: str,
        keep: Collection[str] = (),
    ) -> Storyboard:
        """Fills the segments laid out at creation, whose ids stay; those in `keep` keep their words as well."""
        await self._rows.projects.touch(project_id, plan_title=title[:255], continuity_notes=continuity_notes)
        board = await self._rows.board(project_id)
        if len(plan) != len(board.segments):
            raise PlanUnfit.of(planned=len(plan), laid_out=len(board.segments))
        for segment, planned in zip(board.segments, plan, strict=True):
            if segment.id not in keep:
                await self._fill(segment, planned)
        await self._rows.projects.move(project_id, to=ProjectStatus.PLAN_READY, failure=None)
        return await self._rows.board(project_id)

    async def accept_frame(
        self, frame_id: str, asset_id: str, origin: FrameOrigin, *, digest: str | None = None, approved: bool = False
    ) -> FrameView:
        """Puts a picture in a frame's place; an approved clip that now ends or begins wrongly loses its approval.

        A first picture that its owner brought also gives the film its shape, where nobody has chosen one.
        """
        project_id = await self._rows.frames.project_of(frame_id)
        await self._rows.projects.touch(project_id)
        frame = await self._rows.frames.view(frame_id)
        picture = {"asset_id": asset_id, "origin": origin, "digest": digest, "approved": approved}
        await self._rows.frames.write(frame_id, **picture)
        if frame.position == 0 and origin is FrameOrigin.UPLOADED:
            await self._take_shape_of(project_id, asset_id)
        neighbours = [frame.position - 1, frame.position]
        await self._rows.segments.renew(project_id, neighbours)
        for segment in await self._rows.segments.of_project(project_id):
            is_neighbour = segment.index in neighbours
            if is_neighbour and segment.status is SegmentStatus.SEGMENT_APPROVED and clip_is_stale(segment):
                await self._rows.segments.move(segment.id, to=SegmentStatus.GENERATED)
        await self._rows.settle(project_id)
        return await self._rows.frames.view(frame_id)

    async def approve_frame(self, frame_id: str, *, approved: bool = True) -> FrameView:
        """Notes the owner's word on a frame."""
        project_id = await self._rows.frames.project_of(frame_id)
        await self._rows.projects.touch(project_id)
        await self._rows.frames.write(frame_id, approved=approved)
        frame = await self._rows.frames.view(frame_id)
        await self._rows.segments.renew(project_id, [frame.position - 1, frame.position])
        return frame

    async def accept_audio_sample(self, project_id: str, asset_id: str) -> ProjectView:
        """Keeps the sample from which the narrator's voice is cloned."""
        await self._rows.projects.touch(project_id, audio_sample_asset_id=asset_id)
        return await self._rows.settle(project_id)

    async def assign_voice(self, project_id: str, voice_id: str | None) -> ProjectView:
        """Chooses the narrator's voice; narrations in another voice become stale."""
        await self._rows.projects.touch(project_id, voice_id=voice_id)
        await self._rows.segments.renew(project_id)
        return await self._rows.projects.view(project_id)

    async def begin_segment(self, segment_id: str, job_id: str | None) -> SegmentView:
        """Starts the paid work of one segment."""
        segment = await self._rows.segments.view(segment_id)
        await self._rows.projects.touch(segment.project_id)
        project = await self._rows.projects.view(segment.project_id)
        if project.status in EXCLUSIVE:
            raise ProjectBusy
        columns: dict[str, Any] = {"job_id": job_id, "reject_reason": None, **NO_TROUBLE}
        await self._rows.segments.move(segment_id, to=SegmentStatus.GENERATING, **columns)
        await self._rows.projects.move(segment.project_id, to=ProjectStatus.GENERATING, failure=None)
        return await self._rows.segments.view(segment_id)

    async def accept_narration(self, segment_id: str, spoken: SpokenNarration) -> SegmentView:
        """Makes a spoken narration the segment's current one."""
        before = await self._rows.segments.view(segment_id)
        words = [[timed.word, timed.start_seconds, timed.end_seconds] for timed in spoken.words]
        return await self._write(
            segment_id,
            narration_asset_id=spoken.asset_id,
            narration_take_id=spoken.take_id,
            narration_duration_seconds=spoken.duration_seconds,
            narration_digest=spoken.digest,
            narration_words=words,
            # Where a clip is made, the narration was all that could be wrong.
            **(NO_TROUBLE if before.status in READY_TO_CUT else {}),
        )

    async def accept_take(self, segment_id: str, take: CurrentTake) -> SegmentView:
        """Makes a clip the segment's current one; the segment that waited for it is generated."""
        columns = {
            "clip_asset_id": take.asset_id,
            "clip_take_id": take.take_id,
            "clip_duration_seconds": take.duration_seconds,
            "clip_digest": take.digest,
            "clip_last_frame_asset_id": take.last_frame_asset_id,
        }
        segment = await self._write(segment_id, **columns)
        if segment.status is SegmentStatus.GENERATING:
            await self._rows.segments.move(segment_id, to=SegmentStatus.GENERATED, job_id=None, **NO_TROUBLE)
        return await self._rows.segments.view(segment_id)

    async def use_take(self, segment_id: str, take: CurrentTake) -> SegmentView:
        """Chooses an earlier clip; its approval is to be given again."""
        segment = await self.accept_take(segment_id, take)
        if segment.status in CHOOSABLE:
            await self._rows.segments.move(segment_id, to=SegmentStatus.GENERATED, **NO_TROUBLE)
        return await self._rows.segments.view(segment_id)

    async def end_segment(self, segment_id: str, failure: Failure | None = None) -> SegmentView:
        """Ends a segment's work without a new clip: failed with its reason, or back to where it stood."""
        segment = await self._write(segment_id)
        stands = segment.clip is not None and not clip_is_stale(segment)
        to = SegmentStatus.FAILED if failure else SegmentStatus.GENERATED if stands else SegmentStatus.APPROVED
        await self._rows.segments.move(segment_id, to=to, job_id=None, failure=_stored(failure))
        project = await self._rows.projects.view(segment.project_id)
        if project.status is ProjectStatus.GENERATING and resting_status(project) is not ProjectStatus.GENERATING:
            await self._rows.projects.move(project.id, to=resting_status(project))
        return await self._rows.segments.view(segment_id)

    async def let_go(self, segment_id: str, held_by: Collection[str], failure: Failure | None = None) -> None:
        """Ends the work of these jobs on a segment; one that is gone, or that another job holds, is left alone."""
        segment = await self._kept(segment_id)
        if segment is not None and segment.status is SegmentStatus.GENERATING and segment.job_id in held_by:
            await self.end_segment(segment_id, failure)

    async def leave_unspoken(self, segment_id: str, reason: Failure) -> None:
        """Notes why nobody speaks over a clip that is made; a segment that is gone, or in work again, is left alone."""
        segment = await self._kept(segment_id)
        if segment is not None and segment.status in READY_TO_CUT:
            await self.ask_owner(segment_id, reason)

    async def ask_owner(self, segment_id: str, reason: Failure) -> SegmentView:
        """Marks a segment that only its owner can put right."""
        return await self._write(segment_id, needs_attention=True, failure=_stored(reason))

    async def need_nothing(self, segment_id: str, code: str) -> SegmentView:
        """Takes a mark for the owner back once its reason is gone; a mark for another reason stays."""
        segment = await self._rows.segments.view(segment_id)
        if segment.failure is None or segment.failure.code != code:
            return segment
        return await self._write(segment_id, **NO_TROUBLE)

    async def stretch(self, segment_id: str, duration_sec: int) -> SegmentView:
        """Makes a segment longer for its narration; its clip becomes stale."""
        check_lengths((await self._rows.segments.view(segment_id)).settings, [duration_sec])
        return await self._write(segment_id, duration_sec=duration_sec)

    async def accept_film(self, project_id: str, film: Film) -> ProjectView:
        """Publishes the cut film and completes the project."""
        variants = {variant.value: asset_id for variant, asset_id in film.variants.items()}
        columns = {"film_asset_id": film.asset_id, "film_digest": film.digest, "film_variants": variants}
        await self._rows.projects.move(project_id, to=ProjectStatus.COMPLETED, failure=None, **columns)
        return await self._rows.projects.view(project_id)

    async def _take_shape_of(self, project_id: str, asset_id: str) -> None:
        settings = (await self._rows.projects.view(project_id)).settings
        if settings.ratio_is_chosen:
            return
        ratio = await self._shapes.ratio(settings, asset_id)
        if ratio is not settings.aspect_ratio:
            await self._rows.projects.touch(project_id, aspect_ratio=ratio)
            await self._rows.segments.renew(project_id)

    async def _fill(self, segment: SegmentView, planned: SegmentDraft) -> None:
        check_prompt(planned.video_prompt, planned.camera_commands)
        words = {**vars(planned), "camera_commands": list(planned.camera_commands), **NO_TROUBLE}
        if segment.status is SegmentStatus.PROMPT_READY:
            await self._rows.segments.write(segment.id, **words)
        else:
            await self._rows.segments.move(segment.id, to=SegmentStatus.PROMPT_READY, **words)

    async def _kept(self, segment_id: str) -> SegmentView | None:
        """The segment, held with its whole project; None when one of them is gone."""
        found = await self._rows.segments.find_view(segment_id)
        if found is None:
            return None
        try:
            await self._rows.projects.touch(found.project_id)
        except ProjectNotFound:
            return None
        return await self._rows.segments.view(segment_id)

    async def _write(self, segment_id: str, **columns: Any) -> SegmentView:
        """Writes facts of a segment while its whole project is held."""
        segment = await self._rows.segments.view(segment_id)
        await self._rows.projects.touch(segment.project_id)
        await self._rows.segments.write(segment_id, **columns)
        return await self._rows.segments.view(segment_id)


def _stored(failure: Failure | None) -> dict[str, Any] | None:
    return None if failure is None else {"code": failure.code, "message": failure.message}
