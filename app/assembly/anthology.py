"""Several finished films become one: pictures are copied as they are, each film is a chapter, captions move along."""

import json
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from app.assembly.captions import captions_of, srt, vtt
from app.assembly.domain import timeline_of, wanted_assets
from app.assembly.files import Gathering
from app.core.database import Session
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake, Keeping, MadeFile
from app.media.film import FilmCutter, FilmReport
from app.media.timeline import Caption, Timeline, TimelineSegment, Word
from app.projects.domain import FilmVariant, Storyboard
from app.resources import Resources

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ChapterFilm:
    """One film of many: what it tells, its file, and the proof of how long its segments are."""

    title: str
    board: Storyboard
    film: AssetView
    report: AssetView | None


@dataclass(frozen=True, kw_only=True)
class AnthologyOrder:
    """What is joined, and for whom; `id` names the folder in which the sound is found again."""

    id: str
    owner_id: str
    title: str
    language: str
    chapters: tuple[ChapterFilm, ...]


class Anthology:
    """Joins films; nothing here costs money, so a crash joins again."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._intake = Intake(resources)
        self._film = FilmCutter(resources.tools, resources.threads)

    async def join(
        self, order: AnthologyOrder, then: Callable[[Session, Mapping[FilmVariant, AssetView]], Awaitable[T]]
    ) -> T:
        """Joins and keeps the files; their rows and what the caller does with them stand or fall together."""
        gathering = Gathering(self._resources, order.id)
        async with self._intake.temp_dir() as temp_dir:
            paths = await gathering.gather([chapter.film for chapter in order.chapters], temp_dir)
            cache_dir = await gathering.cache_dir()
            lengths = [await self._film.duration(paths[chapter.film.id], cache_dir) for chapter in order.chapters]
            timeline = await self._timeline(order, paths, lengths)
            made = await self._film.render(timeline, temp_dir / "movie.mp4", cache_dir)
            files = await self._files(timeline, made, temp_dir)

            async def keep(session: Session, assets: Sequence[AssetView]) -> T:
                return await then(session, dict(zip(files, assets, strict=True)))

            return await self._intake.keep_together(order.owner_id, list(files.values()), keep)

    async def _timeline(
        self, order: AnthologyOrder, paths: Mapping[str, Path], lengths: Sequence[Fraction]
    ) -> Timeline:
        segments = tuple(
            TimelineSegment(paths[chapter.film.id], length, None, chapter.title)
            for chapter, length in zip(order.chapters, lengths, strict=True)
        )
        # The sound of each film is mixed already; it is placed, levelled and encoded once for the whole.
        whole = Timeline(segments=segments, title=order.title, language=order.language, keeps_clip_sound=True)
        captions: list[Caption] = []
        for chapter, start in zip(order.chapters, whole.starts, strict=True):
            captions += [_moved(caption, float(start)) for caption in await self._captions(chapter)]
        return replace(whole, captions=tuple(captions))

    async def _captions(self, chapter: ChapterFilm) -> Sequence[Caption]:
        files = dict.fromkeys(wanted_assets(chapter.board), Path())
        durations = await self._durations(chapter)
        return captions_of(timeline_of(chapter.board, files, durations))

    async def _durations(self, chapter: ChapterFilm) -> Sequence[Fraction]:
        """How long each segment is shown in the chapter's film; as long as its clip where there is no proof."""
        if chapter.report is None:
            clips = [segment.clip for segment in chapter.board.segments]
            return [Fraction(str(clip.duration_seconds)) for clip in clips if clip is not None]
        content = b"".join([chunk async for chunk in self._resources.store.open(chapter.report.store_key)])
        return [Fraction(str(segment["duration_seconds"])) for segment in json.loads(content)["segments"]]

    async def _files(self, timeline: Timeline, made: FilmReport, temp_dir: Path) -> dict[FilmVariant, Keeping]:
        title = timeline.title or "movie"
        size: dict[str, JsonValue] = {"width": made.width_px, "height": made.height_px}
        length: dict[str, JsonValue] = {"duration_seconds": round(made.duration_seconds, 3)}
        sound = temp_dir / "sound.m4a"
        await self._resources.threads.run(shutil.copyfile, made.sound, sound)
        files = {
            FilmVariant.VIDEO: Keeping(AssetKind.FILM, title, MadeFile(made.path, "mp4", size | length)),
            FilmVariant.POSTER: Keeping(AssetKind.POSTER, title, MadeFile(made.poster, "jpg", size)),
        }
        if not made.loudness.is_silent:
            files[FilmVariant.AUDIO] = Keeping(AssetKind.SOUND, title, MadeFile(sound, "m4a", length))
        texts = {FilmVariant.CAPTIONS_SRT: srt(timeline.captions), FilmVariant.CAPTIONS_VTT: vtt(timeline.captions)}
        for variant, text in texts.items() if timeline.captions else ():
            path = temp_dir / variant.value
            await self._resources.threads.run(path.write_text, text, encoding="utf-8")
            files[variant] = Keeping(AssetKind.CAPTIONS, title, MadeFile(path, path.suffix[1:], {}))
        return files


def _moved(caption: Caption, by_seconds: float) -> Caption:
    words = tuple(
        Word(word.text, word.start_seconds + by_seconds, word.end_seconds + by_seconds) for word in caption.words
    )
    return replace(
        caption,
        start_seconds=caption.start_seconds + by_seconds,
        end_seconds=caption.end_seconds + by_seconds,
        words=words,
    )
