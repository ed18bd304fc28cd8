"""Frozen views for pure tests."""

from dataclasses import replace
from datetime import UTC, datetime

from app.projects.domain import (
    CurrentTake,
    FrameOrigin,
    FrameView,
    ProjectStatus,
    ProjectView,
    SegmentStatus,
    SegmentSummary,
    SegmentView,
    SpokenNarration,
    Storyboard,
)
from app.projects.freshness import clip_digest, frame_digest, narration_digest
from app.projects.options import Language, ProjectSettings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SETTINGS = ProjectSettings(
    name="Film",
    story_prompt="",
    target_duration_sec=18,
    segment_len_sec=6,
    language=Language.PL,
    providers={},
)


def frame(position: int, asset_id: str | None = None, **columns: object) -> FrameView:
    made = FrameView(
        id=f"frame-{position}", position=position, asset_id=asset_id, origin=None, digest=None, approved=False
    )
    return replace(made, **columns)


def segment(index: int, first: FrameView, last: FrameView, **columns: object) -> SegmentView:
    made = SegmentView(
        id=f"segment-{index}",
        index=index,
        status=SegmentStatus.APPROVED,
        duration_sec=6,
        clip_asset_id=None,
        narration_asset_id=None,
        project_id="project",
        owner_id="owner",
        settings=SETTINGS,
        voice_id="voice",
        video_prompt=f"prompt {index}",
        narration_text=f"text {index}",
        end_frame_prompt=f"end {index}",
        camera_commands=(),
        first_frame=first,
        last_frame=last,
        clip=None,
        narration=None,
        job_id=None,
        needs_attention=False,
        failure=None,
        reject_reason=None,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **columns)


def finished(count: int = 3) -> Storyboard:
    """A film whose frames, clips and narrations all follow from their inputs."""
    frames = [frame(0, "asset-0", origin=FrameOrigin.UPLOADED, approved=True)]
    segments: list[SegmentView] = []
    for index in range(count):
        digest = frame_digest(SETTINGS, f"end {index}", frames[index])
        frames.append(frame(index + 1, f"asset-{index + 1}", origin=FrameOrigin.GENERATED, digest=digest))
        bare = segment(index, frames[index], frames[index + 1], status=SegmentStatus.GENERATED)
        clip = CurrentTake(
            asset_id=f"clip-{index}",
            take_id=None,
            duration_seconds=6.0,
            digest=clip_digest(bare),
            last_frame_asset_id=frames[index + 1].asset_id,
        )
        spoken = SpokenNarration(
            asset_id=f"speech-{index}",
            take_id=None,
            duration_seconds=5.0,
            digest=narration_digest(SETTINGS, "voice", bare.narration_text),
        )
        assets = {"clip_asset_id": clip.asset_id, "narration_asset_id": spoken.asset_id}
        segments.append(replace(bare, clip=clip, narration=spoken, **assets))
    return board(segments, frames)


def board(segments: list[SegmentView], frames: list[FrameView]) -> Storyboard:
    summaries = tuple(
        SegmentSummary(**{name: getattr(each, name) for name in SegmentSummary.__dataclass_fields__})
        for each in segments
    )
    project = ProjectView(
        id="project",
        owner_id="owner",
        settings=SETTINGS,
        status=ProjectStatus.GENERATING,
        plan_title="",
        continuity_notes="",
        voice_id="voice",
        first_frame_asset_id=frames[0].asset_id,
        audio_sample_asset_id=None,
        film=None,
        failure=None,
        segments=summaries,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )
    return Storyboard(project=project, segments=tuple(segments), frames=tuple(frames))


def with_frame(whole: Storyboard, position: int, **columns: object) -> Storyboard:
    """The same film with another picture at one boundary."""
    frames = [replace(each, **columns) if each.position == position else each for each in whole.frames]
    segments = [
        replace(each, first_frame=frames[each.index], last_frame=frames[each.index + 1]) for each in whole.segments
    ]
    return replace(whole, segments=tuple(segments), frames=tuple(frames))
