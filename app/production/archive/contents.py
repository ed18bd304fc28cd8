"""Pure: from a storyboard, its takes and files to a manifest, and from a manifest back to a project."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.generation.domain import RestoredTake, TakeLook, TakeView
from app.library.domain import AssetKind, AssetView
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
from app.production.errors import NoArchive
from app.projects.domain import (
    CurrentTake,
    Film,
    FilmVariant,
    FrameView,
    SegmentView,
    SpokenNarration,
    SpokenWord,
    Storyboard,
)
from app.projects.freshness import clip_digest, clip_is_stale, film_is_stale, frame_is_stale, narration_is_stale
from app.projects.options import Captions, FilmMusic, Language, ProjectSettings
from app.projects.restoring import RestoredFrame, RestoredProject, RestoredSegment
from app.projects.schemas import ProjectCreate, SegmentEdit

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
        frames=tuple(_frame_entry(frame, board, paths) for frame in board.frames),
        segments=tuple(_segment_entry(each, takes.get(each.id, ()), paths) for each in board.segments),
        film=_film_entry(board, paths),
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


def _music(music: FilmMusic | None, paths: Mapping[str, str]) -> MusicEntry | None:
    path = paths.get(music.asset_id or "") if music else None
    return MusicEntry(file=path, volume=music.volume) if music and path else None


def _frame_entry(frame: FrameView, board: Storyboard, paths: Mapping[str, str]) -> FrameEntry:
    ended = board.segments[frame.position - 1] if frame.position else None
    return FrameEntry(
        position=frame.position,
        file=paths.get(frame.asset_id or ""),
        origin=frame.origin,
        approved=frame.approved,
        is_fresh=ended is None or not frame_is_stale(ended),
    )


def _segment_entry(segment: SegmentView, takes: Sequence[TakeView], paths: Mapping[str, str]) -> SegmentEntry:
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
        narration=_narration_entry(segment, paths),
        takes=tuple(_take_entry(take, segment, paths) for take in takes),
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


def _narration_entry(segment: SegmentView, paths: Mapping[str, str]) -> NarrationEntry | None:
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


def _take_entry(take: TakeView, segment: SegmentView, paths: Mapping[str, str]) -> TakeEntry:
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


def _film_entry(board: Storyboard, paths: Mapping[str, str]) -> FilmEntry | None:
    film = board.project.film
    if film is None or film.asset_id not in paths:
        return None
    variants = {variant: paths[asset_id] for variant, asset_id in film.variants.items() if asset_id in paths}
    return FilmEntry(variants=variants, is_fresh=not film_is_stale(board.project))


PICTURES = frozenset({AssetKind.KEY_FRAME, AssetKind.FIRST_FRAME})
# A page that somebody else wrote is not shown under our address, so the report's page stays in the archive.
PUBLISHED: Mapping[FilmVariant, AssetKind] = {
    FilmVariant.VIDEO: AssetKind.FILM,
    FilmVariant.CAPTIONS_SRT: AssetKind.CAPTIONS,
    FilmVariant.CAPTIONS_VTT: AssetKind.CAPTIONS,
    FilmVariant.AUDIO: AssetKind.SOUND,
    FilmVariant.POSTER: AssetKind.POSTER,
    FilmVariant.REPORT: AssetKind.REPORT,
}
Files = Mapping[str, AssetView]
Reference = tuple[str, frozenset[AssetKind], str]


def wanted_files(manifest: Manifest) -> frozenset[str]:
    """The paths that the project and the history of its segments show."""
    _check_layout(manifest)
    kinds = {file.path: file.kind for file in manifest.files}
    wanted: set[str] = set()
    for path, allowed, place in _references(manifest):
        if kinds.get(path) not in allowed:
            raise NoArchive.because(place=place, cause=f"{path} is no file of this kind")
        wanted.add(path)
    return frozenset(wanted)


def restored(manifest: Manifest, files: Files, language: str) -> RestoredProject:
    """The project over its new files."""
    sample = files.get(manifest.audio_sample or "")
    return RestoredProject(
        settings=_settings(manifest, files, language),
        plan_title=manifest.plan_title,
        continuity_notes=manifest.continuity_notes,
        audio_sample_asset_id=sample.id if sample else None,
        frames=tuple(_restored_frame(frame, files) for frame in manifest.frames),
        segments=tuple(_restored_segment(segment, files) for segment in manifest.segments),
        film=_restored_film(manifest.film, files),
        film_is_fresh=manifest.film is not None and manifest.film.is_fresh,
    )


def restored_takes(segment: SegmentEntry, files: Files) -> list[tuple[RestoredTake, bool]]:
    """The history of a segment in its order, and which take is the accepted one."""
    ordered = sorted(filter(_is_whole, segment.takes), key=lambda take: take.number)
    return [(_restored_take(take, files), take.is_current) for take in ordered]


def _is_whole(take: TakeEntry) -> bool:
    return None not in {take.file, take.last_picture, take.first_frame}


def _restored_take(take: TakeEntry, files: Files) -> RestoredTake:
    last = files.get(take.last_frame or "")
    return RestoredTake(
        asset_id=files[take.file or ""].id,
        last_picture_asset_id=files[take.last_picture or ""].id,
        first_frame_asset_id=files[take.first_frame or ""].id,
        last_frame_asset_id=last.id if last else None,
        hands_on=take.hands_on,
        prompt=take.prompt,
        resolution=take.resolution,
        look=TakeLook(**take.look.model_dump()),
        duration_seconds=take.duration_seconds,
        width_px=take.width_px,
        height_px=take.height_px,
        provider=take.provider,
        model=take.model,
        is_fresh=take.is_fresh,
    )


def _check_layout(manifest: Manifest) -> None:
    if [segment.index for segment in manifest.segments] != list(range(len(manifest.segments))):
        raise NoArchive.because(place="segments", cause="their numbers do not follow each other from 0")
    if [frame.position for frame in manifest.frames] != list(range(len(manifest.segments) + 1)):
        raise NoArchive.because(place="frames", cause="there must be one more than there are segments, in order")
    if manifest.film is not None and FilmVariant.VIDEO not in manifest.film.variants:
        raise NoArchive.because(place="film", cause="the film itself is missing")


def _references(manifest: Manifest) -> Iterator[Reference]:
    if manifest.audio_sample is not None:
        yield manifest.audio_sample, frozenset({AssetKind.AUDIO_SAMPLE}), "audio_sample"
    if manifest.music is not None:
        yield manifest.music.file, frozenset({AssetKind.MUSIC}), "music"
    for frame in manifest.frames:
        if frame.file is not None:
            yield frame.file, PICTURES, f"frames.{frame.position}"
    for segment in manifest.segments:
        yield from _segment_references(segment)
    published = manifest.film.variants if manifest.film is not None else {}
    for variant, path in published.items():
        if variant in PUBLISHED:
            yield path, frozenset({PUBLISHED[variant]}), f"film.{variant}"


def _segment_references(segment: SegmentEntry) -> Iterator[Reference]:
    place = f"segments.{segment.index}"
    if segment.clip is not None:
        yield segment.clip.file, frozenset({AssetKind.CLIP}), place
        if segment.clip.last_frame is not None:
            yield segment.clip.last_frame, PICTURES, place
    for take in filter(_is_whole, segment.takes):
        yield take.file or "", frozenset({AssetKind.CLIP}), place
        for picture in (take.last_picture, take.first_frame, take.last_frame):
            if picture is not None:
                yield picture, PICTURES, place
    if segment.narration is not None:
        yield segment.narration.file, frozenset({AssetKind.NARRATION}), place


def _settings(manifest: Manifest, files: Files, language: str) -> ProjectSettings:
    settings = manifest.settings.settings(Language(language))
    own = manifest.music
    if own is None:
        is_foreign = settings.music is not None and settings.music.asset_id is not None
        return replace(settings, music=None) if is_foreign else settings
    return replace(settings, music=FilmMusic(asset_id=files[own.file].id, volume=own.volume))


def _restored_frame(frame: FrameEntry, files: Files) -> RestoredFrame:
    asset = files.get(frame.file or "")
    return RestoredFrame(
        asset_id=asset.id if asset else None,
        origin=frame.origin if asset else None,
        approved=frame.approved and asset is not None,
        is_fresh=frame.is_fresh,
    )


def _restored_segment(segment: SegmentEntry, files: Files) -> RestoredSegment:
    clip, spoken = segment.clip, segment.narration
    return RestoredSegment(
        words=segment.words,
        status=segment.status,
        clip=None if clip is None else _current_take(clip, files),
        clip_is_fresh=clip is not None and clip.is_fresh,
        narration=None if spoken is None else _restored_narration(spoken, files),
        narration_is_fresh=spoken is not None and spoken.is_fresh,
    )


def _current_take(clip: ClipEntry, files: Files) -> CurrentTake:
    last = files.get(clip.last_frame or "")
    return CurrentTake(
        asset_id=files[clip.file].id,
        take_id=None,
        duration_seconds=clip.duration_seconds,
        digest="",
        last_frame_asset_id=last.id if last else None,
    )


def _restored_narration(spoken: NarrationEntry, files: Files) -> SpokenNarration:
    return SpokenNarration(
        asset_id=files[spoken.file].id,
        take_id=None,
        duration_seconds=spoken.duration_seconds,
        digest="",
        words=tuple(SpokenWord(*word) for word in spoken.words),
    )


def _restored_film(film: FilmEntry | None, files: Files) -> Film | None:
    if film is None:
        return None
    kept = {variant: files[path].id for variant, path in film.variants.items() if variant in PUBLISHED}
    return Film(asset_id=kept[FilmVariant.VIDEO], digest="", variants=kept)
