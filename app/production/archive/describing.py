"""Pure: a storyboard, its takes and its files become the manifest of an archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.generation.domain import TakeView
from app.library.domain import AssetView
from app.production.archive.manifest import (
    ClipEntry,
    FileEntry,
    FilmEntry,
    FrameEntry,
    LookEntry,
    Manifest,
    MusicEntry,
    NarrationEntry,
    SegmentEntry,
    TakeEntry,
)
from app.projects.freshness import clip_digest, clip_is_stale, film_is_stale, frame_is_stale, narration_is_stale
from app.projects.options import Captions, Music, ProjectSettings
from app.projects.schemas import ProjectCreate, SegmentEdit
from app.projects.values import FrameView, SegmentView, Storyboard

__all__ = ["Packed", "described", "sent_settings", "wanted_media"]

MICRO = 1_000_000
Takes = Mapping[str, Sequence[TakeView]]


@dataclass(frozen=True)
class Packed:
    """The manifest, and which asset goes where beside it."""

    manifest: Manifest
    assets: Mapping[str, AssetView]


def wanted_media(board: Storyboard, takes: Takes) -> frozenset[str]:
    """Every file that belongs to a project."""
    project, film = board.project, board.project.film
    music = project.settings.music
    found = {frame.asset_id for frame in board.frames} | {project.audio_sample_asset_id}
    found |= {music.asset_id} if music else set()
    found |= {film.asset_id, *film.variants.values()} if film else set()
    for segment in board.segments:
        found |= {segment.clip_asset_id, segment.narration_asset_id}
        found |= {segment.clip.last_frame_asset_id} if segment.clip else set()
    for take in (take for each in takes.values() for take in each):
        found |= {take.asset_id, take.last_picture_asset_id, take.first_frame_asset_id, take.last_frame_asset_id}
    return frozenset(asset_id for asset_id in found if asset_id)


def described(board: Storyboard, takes: Takes, assets: Mapping[str, AssetView], now: datetime) -> Packed:
    """The manifest; what names a file that is gone stands without it."""
    ordered = sorted(assets.values(), key=lambda asset: asset.id)
    paths = {asset.id: _path(number, asset) for number, asset in enumerate(ordered)}
    project = board.project
    manifest = Manifest(
        exported_at=now,
        status=project.status,
        settings=sent_settings(project.settings),
        plan_title=project.plan_title,
        continuity_notes=project.continuity_notes,
        audio_sample=paths.get(project.audio_sample_asset_id or ""),
        music=_music(project.settings.music, paths),
        frames=tuple(_frame(frame, board, paths) for frame in board.frames),
        segments=tuple(_segment(each, takes.get(each.id, ()), paths) for each in board.segments),
        film=_film(board, paths),
        files=tuple(_file(paths[asset.id], asset) for asset in ordered),
    )
    return Packed(manifest, {paths[asset.id]: asset for asset in ordered})


def _path(number: int, asset: AssetView) -> str:
    return f"media/{number:04}-{asset.kind.value}.{asset.extension}"


def _file(path: str, asset: AssetView) -> FileEntry:
    return FileEntry(
        path=path,
        kind=asset.kind,
        name=asset.name,
        size_bytes=asset.size_bytes,
        sha256=asset.sha256,
        facts=dict(asset.facts),
    )


def sent_settings(settings: ProjectSettings) -> ProjectCreate:
    """The settings as a client would send them; an own track stands in the manifest beside them."""
    music, budget = settings.music, settings.budget_micro_usd
    mood = None if music is None or music.mood is None else {"mood": music.mood, "volume": music.volume}
    return ProjectCreate.model_validate(
        {
            "name": settings.name,
            "story_prompt": settings.story_prompt,
            "target_duration_sec": settings.target_duration_sec,
            "segment_len_sec": settings.segment_len_sec,
            "language": settings.language,
            "style": settings.style,
            "aspect_ratio": settings.aspect_ratio,
            "resolution": settings.resolution,
            "visuals": settings.visuals,
            "providers": dict(settings.providers),
            "narration": vars(settings.narration),
            "music": mood,
            "captions": _captions(settings.captions),
            "transitions": vars(settings.transitions),
            "clip_sound": vars(settings.clip_sound),
            "budget": None if budget is None else Decimal(budget) / MICRO,
        }
    )


def _captions(captions: Captions) -> dict[str, object]:
    """As they would be sent: that they are soft is said only where it was."""
    said = {"soft": captions.soft} if captions.asked or not captions.soft else {}
    return said | {"burn": captions.burn, "style": captions.style}


def _music(music: Music | None, paths: Mapping[str, str]) -> MusicEntry | None:
    path = paths.get(music.asset_id or "") if music else None
    return MusicEntry(file=path, volume=music.volume) if music and path else None


def _frame(frame: FrameView, board: Storyboard, paths: Mapping[str, str]) -> FrameEntry:
    ended = board.segments[frame.position - 1] if frame.position else None
    return FrameEntry(
        position=frame.position,
        file=paths.get(frame.asset_id or ""),
        origin=frame.origin,
        approved=frame.approved,
        is_fresh=ended is None or not frame_is_stale(ended),
    )


def _segment(segment: SegmentView, takes: Sequence[TakeView], paths: Mapping[str, str]) -> SegmentEntry:
    words = SegmentEdit.model_validate(
        {
            "video_prompt": segment.video_prompt,
            "narration_text": segment.narration_text,
            "end_frame_prompt": segment.end_frame_prompt,
            "camera_commands": list(segment.camera_commands),
            "video_duration_sec": segment.duration_sec,
        }
    )
    return SegmentEntry(
        index=segment.index,
        status=segment.status,
        words=words,
        clip=_clip(segment, paths),
        narration=_narration(segment, paths),
        takes=tuple(_take(take, segment, paths) for take in takes),
    )


def _clip(segment: SegmentView, paths: Mapping[str, str]) -> ClipEntry | None:
    clip = segment.clip
    path = paths.get(clip.asset_id) if clip else None
    if clip is None or path is None:
        return None
    return ClipEntry(
        file=path,
        last_frame=paths.get(clip.last_frame_asset_id or ""),
        duration_seconds=clip.duration_seconds,
        is_fresh=not clip_is_stale(segment),
    )


def _narration(segment: SegmentView, paths: Mapping[str, str]) -> NarrationEntry | None:
    spoken = segment.narration
    path = paths.get(spoken.asset_id) if spoken else None
    if spoken is None or path is None:
        return None
    return NarrationEntry(
        file=path,
        duration_seconds=spoken.duration_seconds,
        words=tuple((word.word, word.start_seconds, word.end_seconds) for word in spoken.words),
        is_fresh=not narration_is_stale(segment),
    )


def _take(take: TakeView, segment: SegmentView, paths: Mapping[str, str]) -> TakeEntry:
    return TakeEntry(
        number=take.number,
        file=paths.get(take.asset_id),
        last_picture=paths.get(take.last_picture_asset_id),
        first_frame=paths.get(take.first_frame_asset_id),
        last_frame=paths.get(take.last_frame_asset_id or ""),
        hands_on=take.hands_on,
        prompt=take.prompt,
        resolution=take.resolution,
        provider=take.provider,
        model=take.model,
        look=LookEntry(**vars(take.look)),
        duration_seconds=take.duration_seconds,
        width_px=take.width_px,
        height_px=take.height_px,
        cost_usd=take.cost_micro_usd / MICRO,
        created_at=take.created_at,
        is_current=segment.clip is not None and segment.clip.asset_id == take.asset_id,
        is_fresh=take.digest == clip_digest(segment),
    )


def _film(board: Storyboard, paths: Mapping[str, str]) -> FilmEntry | None:
    film = board.project.film
    if film is None or film.asset_id not in paths:
        return None
    variants = {variant: paths[asset_id] for variant, asset_id in film.variants.items() if asset_id in paths}
    return FilmEntry(variants=variants, is_fresh=not film_is_stale(board.project))
