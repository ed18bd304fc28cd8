"""The owner's hand on segments and frames: edit, approve, add, remove, reorder."""

from collections.abc import Sequence
from typing import Any, Self

from app.core.database import Session
from app.core.errors import Outdated
from app.core.settings import FilmLimits
from app.projects.domain import (
    PROMPT_APPROVED,
    FrameOrigin,
    SegmentStatus,
    SegmentTexts,
    SegmentView,
    Storyboard,
    changed_fields,
    status_after_edit,
)
from app.projects.errors import LastSegment, MissingPrompt, OrderIncomplete, PositionUnknown, SegmentBusy
from app.projects.layout import check_lengths, check_prompt, check_room
from app.projects.repository import Aggregate
from app.projects.schemas import SegmentAdd, SegmentEdit
from app.resources import Resources

UNMADE: dict[str, Any] = {"asset_id": None, "origin": None, "digest": None, "approved": False}
NO_CLIP: dict[str, Any] = {"clip_asset_id": None, "clip_take_id": None, "clip_duration_seconds": None}
NO_CLIP |= {"clip_digest": None, "clip_last_frame_asset_id": None}
NO_TROUBLE: dict[str, Any] = {"failure": None, "needs_attention": False}
APPROVABLE = frozenset({SegmentStatus.PROMPT_READY, SegmentStatus.FAILED})
APPROVED_ALREADY = PROMPT_APPROVED - APPROVABLE
REVOCABLE = frozenset(SegmentStatus) - {SegmentStatus.PENDING}
REJECTABLE = frozenset({SegmentStatus.GENERATED, SegmentStatus.SEGMENT_APPROVED, SegmentStatus.FAILED})


class StoryboardService:
    """What an owner does with the segments and frames of a project."""

    def __init__(self, rows: Aggregate, limits: FilmLimits) -> None:
        self._rows = rows
        self._limits = limits

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service in one unit of work."""
        return cls(Aggregate.over(session, resources), resources.settings.projects)

    async def segments(self, project_id: str) -> tuple[SegmentView, ...]:
        """All segments of a project in order."""
        return await self._rows.segments.of_project(project_id)

    async def view(self, segment_id: str) -> SegmentView:
        """The segment as it stands in this unit of work."""
        return await self._rows.segments.view(segment_id)

    async def edit(
        self, segment: SegmentView, wish: SegmentEdit, *, expected_version: int | None = None
    ) -> SegmentView:
        """Changes the words the wish names; an approval falls only with what it approved."""
        current = await self._idle(segment)
        if expected_version is not None and current.version != expected_version:
            raise Outdated
        before, after = SegmentTexts.of(current), wish.applied(SegmentTexts.of(current))
        changed = changed_fields(before, after)
        if not changed:
            return current
        check_prompt(after.video_prompt, after.camera_commands)
        check_lengths(current.settings, [after.duration_sec])
        columns: dict[str, Any] = {**vars(after), "camera_commands": list(after.camera_commands), **NO_TROUBLE}
        status = status_after_edit(current.status, changed, has_prompt=bool(after.video_prompt))
        if status is current.status:
            await self._rows.segments.write(current.id, **columns)
        else:
            await self._rows.segments.move(current.id, to=status, **columns)
        if "end_frame_prompt" in changed and current.last_frame.origin is FrameOrigin.GENERATED:
            await self._rows.frames.write(current.last_frame.id, approved=False)
            await self._rows.segments.renew(current.project_id, [current.index + 1])
        return await self._settled(current)

    async def approve(self, segment: SegmentView) -> SegmentView:
        """Approves the prompt, so that money may be spent on it; one that is approved stays as it is."""
        known = await self._rows.segments.view(segment.id)
        if known.status in APPROVED_ALREADY:
            return known
        current = await self._idle(segment)
        if not current.video_prompt:
            raise MissingPrompt
        return await self._move(current, SegmentStatus.APPROVED, only_from=APPROVABLE, **NO_TROUBLE)

    async def unapprove(self, segment: SegmentView) -> SegmentView:
        """Takes the prompt's approval back."""
        return await self._move(await self._idle(segment), SegmentStatus.PROMPT_READY, only_from=REVOCABLE)

    async def approve_clip(self, segment: SegmentView) -> SegmentView:
        """Accepts the generated clip for the film."""
        return await self._move(await self._idle(segment), SegmentStatus.SEGMENT_APPROVED)

    async def reject_clip(self, segment: SegmentView, reason: str | None) -> SegmentView:
        """Wants another clip; the rejected take stays in the history."""
        columns = {**NO_CLIP, **NO_TROUBLE, "reject_reason": reason}
        return await self._move(await self._idle(segment), SegmentStatus.APPROVED, only_from=REJECTABLE, **columns)

    async def add(self, project_id: str, wish: SegmentAdd) -> SegmentView:
        """Puts a new segment with a frame of its own at a place, by default the last."""
        board = await self._rows.idle_board(project_id)
        count = len(board.segments)
        index = count if wish.index is None else wish.index
        if index > count:
            raise PositionUnknown(param="index")
        words = wish.applied(_empty_words(board.project.settings.segment_len_sec))
        check_prompt(words.video_prompt, words.camera_commands)
        check_lengths(board.project.settings, [words.duration_sec])
        durations = [segment.duration_sec for segment in board.segments]
        check_room(durations, words.duration_sec, self._limits.max_target_duration_sec)
        later = board.segments[index:]
        await self._place(board, {s.id: s.index + 1 for s in later}, {s.last_frame.id: s.index + 2 for s in later})
        await self._rows.segments.lay_out(project_id, [index], words.duration_sec)
        await self._rows.segments.renew(project_id)
        added = (await self._rows.segments.of_project(project_id))[index]
        columns = {**vars(words), "camera_commands": list(words.camera_commands)}
        if words.video_prompt:
            await self._rows.segments.move(added.id, to=SegmentStatus.PROMPT_READY, **columns)
        else:
            await self._rows.segments.write(added.id, **columns)
        return await self._rows.segments.view(added.id)

    async def remove(self, segment: SegmentView) -> None:
        """Takes a segment and the frame that ends it out of the film."""
        board = await self._rows.idle_board(segment.project_id)
        current = await self._rows.segments.view(segment.id)
        if len(board.segments) == 1:
            raise LastSegment
        await self._rows.segments.remove(current.id)
        await self._rows.frames.remove(current.last_frame.id)
        later = board.segments[current.index + 1 :]
        await self._place(board, {s.id: s.index - 1 for s in later}, {s.last_frame.id: s.index for s in later})
        await self._rows.segments.renew(segment.project_id)
        await self._rows.settle(segment.project_id)

    async def reorder(self, project_id: str, segment_ids: Sequence[str]) -> tuple[SegmentView, ...]:
        """Gives the segments a new order; each keeps the frame that ends it, the first frame stays the first."""
        board = await self._rows.idle_board(project_id)
        by_id = {segment.id: segment for segment in board.segments}
        if len(segment_ids) != len(by_id) or set(segment_ids) != set(by_id):
            raise OrderIncomplete(param="segment_ids")
        order = {segment_id: position for position, segment_id in enumerate(segment_ids)}
        ends = {by_id[segment_id].last_frame.id: position + 1 for segment_id, position in order.items()}
        await self._place(board, order, ends)
        await self._rows.segments.renew(project_id)
        return await self._rows.segments.of_project(project_id)

    async def clear_last_frame(self, segment: SegmentView) -> SegmentView:
        """Empties the frame that ends this segment, so that it is made from its prompt again."""
        current = await self._idle(segment)
        following = [s for s in await self.segments(current.project_id) if s.index == current.index + 1]
        if any(s.status is SegmentStatus.GENERATING for s in following):
            raise SegmentBusy
        await self._rows.frames.write(current.last_frame.id, **UNMADE)
        await self._rows.segments.renew(current.project_id, [current.index, current.index + 1])
        return await self._rows.segments.view(current.id)

    async def _idle(self, segment: SegmentView) -> SegmentView:
        """The segment as it stands, held for a change; refused while it is being made."""
        await self._rows.projects.touch(segment.project_id)
        current = await self._rows.segments.view(segment.id)
        if current.status is SegmentStatus.GENERATING:
            raise SegmentBusy
        return current

    async def _move(self, segment: SegmentView, to: SegmentStatus, **columns: Any) -> SegmentView:
        await self._rows.segments.move(segment.id, to=to, **columns)
        return await self._settled(segment)

    async def _settled(self, segment: SegmentView) -> SegmentView:
        await self._rows.settle(segment.project_id)
        return await self._rows.segments.view(segment.id)

    async def _place(self, board: Storyboard, segments: dict[str, int], frames: dict[str, int]) -> None:
        await self._rows.segments.place(board.project.id, segments)
        await self._rows.frames.place(board.project.id, frames)


def _empty_words(duration_sec: int) -> SegmentTexts:
    return SegmentTexts(
        video_prompt="", narration_text="", end_frame_prompt="", camera_commands=(), duration_sec=duration_sec
    )
