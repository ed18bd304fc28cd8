"""Writes a project that comes from an archive: the same content over files that are the new owner's."""

from dataclasses import dataclass, replace
from typing import Any, Self

from app.core.database import Session
from app.projects.domain import (
    PROMPT_APPROVED,
    READY_TO_CUT,
    CurrentTake,
    Film,
    FrameOrigin,
    ProjectView,
    SegmentStatus,
    SegmentView,
    SpokenNarration,
)
from app.projects.freshness import (
    OUT_OF_DATE,
    clip_digest,
    extraction_digest,
    film_digest,
    frame_digest,
    narration_digest,
)
from app.projects.layout import check_lengths, check_prompt, check_target, resting_status
from app.projects.options import ProjectSettings
from app.projects.repository import Aggregate
from app.projects.repository.views import stored_film, stored_narration, stored_take
from app.projects.schemas import SegmentEdit
from app.resources import Resources
from app.usage.service import UsageService


@dataclass(frozen=True, kw_only=True)
class RestoredFrame:
    """What stands in a key frame's place."""

    asset_id: str | None
    origin: FrameOrigin | None
    approved: bool
    is_fresh: bool


@dataclass(frozen=True, kw_only=True)
class RestoredSegment:
    """A segment as it was; digests of takes are made anew, because they name files."""

    words: SegmentEdit
    status: SegmentStatus
    clip: CurrentTake | None
    clip_is_fresh: bool
    narration: SpokenNarration | None
    narration_is_fresh: bool


@dataclass(frozen=True, kw_only=True)
class RestoredProject:
    """A project as it was; there is one frame more than there are segments."""

    settings: ProjectSettings
    plan_title: str
    continuity_notes: str
    audio_sample_asset_id: str | None
    frames: tuple[RestoredFrame, ...]
    segments: tuple[RestoredSegment, ...]
    film: Film | None
    film_is_fresh: bool


class RestoringService:
    """Works in the caller's unit of work, beside the rows of the files."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._rows = Aggregate.over(session, resources)
        self._limits = resources.settings.projects
        self._usage = UsageService.over(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service in one unit of work."""
        return cls(session, resources)

    async def restore(self, owner_id: str, kept: RestoredProject) -> ProjectView:
        """The new project; refused as its content would be refused in parts."""
        self._check(kept)
        project_id = (await self._rows.projects.create(owner_id, kept.settings)).id
        for index, segment in enumerate(kept.segments):
            await self._rows.segments.lay_out(project_id, [index], segment.words.video_duration_sec)
        await self._place(project_id, kept)
        await self._freshen(project_id, kept)
        if kept.settings.budget_micro_usd is not None:
            await self._usage.set_project_budget(owner_id, project_id, kept.settings.budget_micro_usd)
        rest = resting_status(await self._rows.projects.view(project_id))
        await self._rows.projects.begin_in(project_id, rest)
        return await self._rows.projects.view(project_id)

    async def name_take(self, segment_id: str, take_id: str) -> None:
        """Says which of a segment's takes its accepted clip is."""
        await self._rows.segments.write(segment_id, clip_take_id=take_id)

    def _check(self, kept: RestoredProject) -> None:
        check_target(kept.settings.target_duration_sec, self._limits.max_target_duration_sec)
        check_lengths(kept.settings, [segment.words.video_duration_sec for segment in kept.segments])
        for segment in kept.segments:
            check_prompt(segment.words.video_prompt, segment.words.camera_commands)

    async def _place(self, project_id: str, kept: RestoredProject) -> None:
        board = await self._rows.board(project_id)
        for frame, said in zip(board.frames, kept.frames, strict=True):
            columns = {"asset_id": said.asset_id, "origin": said.origin, "approved": said.approved}
            await self._rows.frames.write(frame.id, digest=OUT_OF_DATE if said.asset_id else None, **columns)
        for segment, was in zip(board.segments, kept.segments, strict=True):
            await self._rows.segments.write(segment.id, **_columns(was))
        await self._rows.projects.touch(
            project_id,
            plan_title=kept.plan_title,
            continuity_notes=kept.continuity_notes,
            audio_sample_asset_id=kept.audio_sample_asset_id,
        )

    async def _freshen(self, project_id: str, kept: RestoredProject) -> None:
        """Says of everything that was up to date that it was made from what now stands there."""
        board = await self._rows.board(project_id)
        for segment, was in zip(board.segments, kept.segments, strict=True):
            await self._rows.segments.write(segment.id, **_digests(segment, was))
        for frame, said in zip(board.segments, kept.frames[1:], strict=True):
            if said.is_fresh and said.origin is not None and said.asset_id is not None:
                await self._rows.frames.write(frame.last_frame.id, digest=_frame_digest(frame, said.origin))
        project = await self._rows.projects.view(project_id)
        if kept.film is not None:
            digest = film_digest(project) if kept.film_is_fresh else OUT_OF_DATE
            await self._rows.projects.touch(project_id, **stored_film(replace(kept.film, digest=digest)))


def _columns(was: RestoredSegment) -> dict[str, Any]:
    words = was.words
    return {
        "video_prompt": words.video_prompt,
        "narration_text": words.narration_text,
        "end_frame_prompt": words.end_frame_prompt,
        "camera_commands": [command.value for command in words.camera_commands],
        "status": _status(was),
        **(stored_take(was.clip) if was.clip else {}),
        **(stored_narration(was.narration) if was.narration else {}),
    }


def _digests(segment: SegmentView, was: RestoredSegment) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if was.clip is not None:
        found["clip_digest"] = clip_digest(segment) if was.clip_is_fresh else OUT_OF_DATE
    if was.narration is not None:
        spoken = narration_digest(segment.settings, segment.voice_id, segment.narration_text)
        found["narration_digest"] = spoken if was.narration_is_fresh else OUT_OF_DATE
    return found


def _frame_digest(ended: SegmentView, origin: FrameOrigin) -> str:
    if origin is FrameOrigin.EXTRACTED and ended.clip is not None:
        return extraction_digest(ended.clip.asset_id)
    return frame_digest(ended.settings, ended.end_frame_prompt, ended.first_frame)


def _status(was: RestoredSegment) -> SegmentStatus:
    """The state that a segment may rest in with what it holds."""
    if not was.words.video_prompt.strip() or was.status is SegmentStatus.PENDING:
        return SegmentStatus.PENDING
    if was.clip is not None and was.status in READY_TO_CUT:
        return was.status
    return SegmentStatus.APPROVED if was.status in PROMPT_APPROVED else SegmentStatus.PROMPT_READY
