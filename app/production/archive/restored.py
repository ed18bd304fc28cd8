"""Pure: which files of an archive a project shows, and the project that they make again."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.generation.domain import RestoredTake, TakeLook
from app.library.domain import AssetKind, AssetView
from app.production.archive.errors import NoArchive
from app.production.archive.manifest import (
    ClipEntry,
    FilmEntry,
    FrameEntry,
    Manifest,
    NarrationEntry,
    SegmentEntry,
    TakeEntry,
)
from app.projects.options import Language, Music, ProjectSettings
from app.projects.restoring import RestoredFrame, RestoredProject, RestoredSegment
from app.projects.values import Film, FilmVariant, SpokenNarration, Take, WordTime

__all__ = ["restored", "restored_takes", "wanted_files"]

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
        frames=tuple(_frame(frame, files) for frame in manifest.frames),
        segments=tuple(_segment(segment, files) for segment in manifest.segments),
        film=_film(manifest.film, files),
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
    return replace(settings, music=Music(asset_id=files[own.file].id, volume=own.volume))


def _frame(frame: FrameEntry, files: Files) -> RestoredFrame:
    asset = files.get(frame.file or "")
    return RestoredFrame(
        asset_id=asset.id if asset else None,
        origin=frame.origin if asset else None,
        approved=frame.approved and asset is not None,
        is_fresh=frame.is_fresh,
    )


def _segment(segment: SegmentEntry, files: Files) -> RestoredSegment:
    clip, spoken = segment.clip, segment.narration
    return RestoredSegment(
        words=segment.words,
        status=segment.status,
        clip=None if clip is None else _take(clip, files),
        clip_is_fresh=clip is not None and clip.is_fresh,
        narration=None if spoken is None else _narration(spoken, files),
        narration_is_fresh=spoken is not None and spoken.is_fresh,
    )


def _take(clip: ClipEntry, files: Files) -> Take:
    last = files.get(clip.last_frame or "")
    return Take(
        asset_id=files[clip.file].id,
        take_id=None,
        duration_seconds=clip.duration_seconds,
        digest="",
        last_frame_asset_id=last.id if last else None,
    )


def _narration(spoken: NarrationEntry, files: Files) -> SpokenNarration:
    return SpokenNarration(
        asset_id=files[spoken.file].id,
        take_id=None,
        duration_seconds=spoken.duration_seconds,
        digest="",
        words=tuple(WordTime(*word) for word in spoken.words),
    )


def _film(film: FilmEntry | None, files: Files) -> Film | None:
    if film is None:
        return None
    kept = {variant: files[path].id for variant, path in film.variants.items() if variant in PUBLISHED}
    return Film(asset_id=kept[FilmVariant.VIDEO], digest="", variants=kept)
