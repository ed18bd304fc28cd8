"""Rows to the frozen views that leave this slice."""

from collections.abc import Sequence
from typing import Any, TypeVar

from app.projects.domain import (
    CurrentTake,
    Failure,
    Film,
    FilmVariant,
    FrameView,
    ProjectView,
    SegmentSummary,
    SegmentView,
    SpokenNarration,
    SpokenWord,
)
from app.projects.models import KeyFrame, Project, Segment
from app.projects.options import (
    Captions,
    ClipSound,
    FilmMusic,
    NarrationOptions,
    ProjectSettings,
    TransitionKind,
    Transitions,
)
from app.providers.values import CameraCommand, Role

OWN_COLUMNS = frozenset({"id", "created_at", "updated_at", "version"})
RowT = TypeVar("RowT", Project, Segment, KeyFrame)


def stored_settings(settings: ProjectSettings) -> dict[str, Any]:
    """The columns that hold a project's settings."""
    music = settings.music
    return {
        "name": settings.name,
        "story_prompt": settings.story_prompt,
        "target_duration_sec": settings.target_duration_sec,
        "segment_len_sec": settings.segment_len_sec,
        "language": settings.language,
        "style": settings.style,
        "aspect_ratio": settings.aspect_ratio,
        "ratio_is_chosen": settings.ratio_is_chosen,
        "resolution": settings.resolution,
        "visuals": settings.visuals,
        "providers": {role.value: name for role, name in settings.providers.items()},
        "narration": {"voice": settings.narration.voice, "speed": settings.narration.speed},
        "music": music and {"mood": music.mood, "asset_id": music.asset_id, "volume": music.volume},
        "captions": {
            "soft": settings.captions.soft,
            "burn": settings.captions.burn,
            "style": settings.captions.style,
            "asked": settings.captions.asked,
        },
        "transitions": {"kind": settings.transitions.kind.value, "duration_ms": settings.transitions.duration_ms},
        "clip_sound": {"keep": settings.clip_sound.keep, "volume": settings.clip_sound.volume},
        "budget_micro_usd": settings.budget_micro_usd,
    }


def stored_take(take: CurrentTake) -> dict[str, Any]:
    """The columns that hold a segment's accepted clip."""
    return {
        "clip_asset_id": take.asset_id,
        "clip_take_id": take.take_id,
        "clip_duration_seconds": take.duration_seconds,
        "clip_digest": take.digest,
        "clip_last_frame_asset_id": take.last_frame_asset_id,
    }


def stored_narration(spoken: SpokenNarration) -> dict[str, Any]:
    """The columns that hold a segment's accepted narration."""
    return {
        "narration_asset_id": spoken.asset_id,
        "narration_take_id": spoken.take_id,
        "narration_duration_seconds": spoken.duration_seconds,
        "narration_digest": spoken.digest,
        "narration_words": [[timed.word, timed.start_seconds, timed.end_seconds] for timed in spoken.words],
    }


def stored_film(film: Film) -> dict[str, Any]:
    """The columns that hold a project's film."""
    variants = {variant.value: asset_id for variant, asset_id in film.variants.items()}
    return {"film_asset_id": film.asset_id, "film_digest": film.digest, "film_variants": variants}


def project_view(row: Project, segments: Sequence[SegmentSummary], first_frame_asset_id: str | None) -> ProjectView:
    """The frozen view of a project."""
    return ProjectView(
        id=row.id,
        owner_id=row.owner_id,
        settings=_settings(row),
        status=row.status,
        plan_title=row.plan_title,
        continuity_notes=row.continuity_notes,
        voice_id=row.voice_id,
        first_frame_asset_id=first_frame_asset_id,
        audio_sample_asset_id=row.audio_sample_asset_id,
        film=_film(row),
        failure=_failure(row.failure),
        segments=tuple(segments),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def frame_view(row: KeyFrame) -> FrameView:
    """The frozen view of a key frame."""
    return FrameView(
        id=row.id,
        position=row.position,
        asset_id=row.asset_id,
        origin=row.origin,
        digest=row.digest,
        approved=row.approved,
    )


def segment_view(row: Segment, project: Project, first: FrameView, last: FrameView) -> SegmentView:
    """The frozen view of a segment between its two key frames."""
    return SegmentView(
        id=row.id,
        index=row.position,
        status=row.status,
        duration_sec=row.duration_sec,
        clip_asset_id=row.clip_asset_id,
        narration_asset_id=row.narration_asset_id,
        project_id=row.project_id,
        owner_id=project.owner_id,
        settings=_settings(project),
        voice_id=project.voice_id,
        video_prompt=row.video_prompt,
        narration_text=row.narration_text,
        end_frame_prompt=row.end_frame_prompt,
        camera_commands=tuple(CameraCommand(command) for command in row.camera_commands),
        first_frame=first,
        last_frame=last,
        clip=_clip(row),
        narration=_narration(row),
        job_id=row.job_id,
        needs_attention=row.needs_attention,
        failure=_failure(row.failure),
        reject_reason=row.reject_reason,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def copied_row(row: RowT, **differences: Any) -> RowT:
    """A new row with the columns of another, but for its identity and these differences."""
    kept = {column.key for column in row.__table__.columns} - OWN_COLUMNS
    return type(row)(**{name: getattr(row, name) for name in kept} | differences)


def _settings(row: Project) -> ProjectSettings:
    return ProjectSettings(
        name=row.name,
        story_prompt=row.story_prompt,
        target_duration_sec=row.target_duration_sec,
        segment_len_sec=row.segment_len_sec,
        language=row.language,
        style=row.style,
        aspect_ratio=row.aspect_ratio,
        ratio_is_chosen=row.ratio_is_chosen,
        resolution=row.resolution,
        visuals=row.visuals,
        providers={Role(role): name for role, name in row.providers.items()},
        narration=NarrationOptions(**row.narration),
        music=None if row.music is None else FilmMusic(**row.music),
        captions=Captions(**row.captions),
        transitions=Transitions(TransitionKind(row.transitions["kind"]), row.transitions["duration_ms"]),
        clip_sound=ClipSound(**row.clip_sound),
        budget_micro_usd=row.budget_micro_usd,
    )


def _failure(stored: dict[str, Any] | None) -> Failure | None:
    return None if stored is None else Failure(stored["code"], stored["message"])


def _film(row: Project) -> Film | None:
    if row.film_asset_id is None or row.film_digest is None:
        return None
    variants = {FilmVariant(variant): asset_id for variant, asset_id in (row.film_variants or {}).items()}
    return Film(asset_id=row.film_asset_id, digest=row.film_digest, variants=variants)


def _clip(row: Segment) -> CurrentTake | None:
    if row.clip_asset_id is None or row.clip_digest is None or row.clip_duration_seconds is None:
        return None
    return CurrentTake(
        asset_id=row.clip_asset_id,
        take_id=row.clip_take_id,
        duration_seconds=row.clip_duration_seconds,
        digest=row.clip_digest,
        last_frame_asset_id=row.clip_last_frame_asset_id,
    )


def _narration(row: Segment) -> SpokenNarration | None:
    if row.narration_asset_id is None or row.narration_digest is None or row.narration_duration_seconds is None:
        return None
    return SpokenNarration(
        asset_id=row.narration_asset_id,
        take_id=row.narration_take_id,
        duration_seconds=row.narration_duration_seconds,
        digest=row.narration_digest,
        words=tuple(SpokenWord(*timed) for timed in row.narration_words or ()),
    )
