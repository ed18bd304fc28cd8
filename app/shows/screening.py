"""The stages video, music and captions: one silent reel, from which every film of the show is cut."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from app.assembly.captions import ass, captions_of, srt, vtt
from app.jobs.domain import JobStatus
from app.library.domain import AssetKind
from app.library.intake import Keeping, MadeFile
from app.media.audio import Splices
from app.media.film import FilmCutter
from app.media.slideshow.rendering import Slideshows
from app.media.slideshow.show import Slideshow
from app.media.timeline import Caption, Mood, PlacedNarration, Timeline, TimelineSegment
from app.shows.domain import (
    Captioning,
    Made,
    Reel,
    ShowFilm,
    ShowOptions,
    ShowStage,
    ShowView,
    burn_place,
    burn_style,
    captioned_digest,
    captions_digest,
    check_screened,
    film_digest,
    music_of,
    rate_of,
    reel_digest,
    scored_digest,
    screen_of,
    size_of,
    slides_of,
    words_of_show,
)
from app.shows.errors import ShowVideoMissing
from app.shows.stage_context import StageContext


@dataclass(frozen=True)
class FilmLook:
    """What a film of the reel sounds and looks like."""

    music: Path | Mood | None = None
    burned: str = ""


class ShowRenderer:
    """Cuts the films of one show within one job; nothing here costs money, so a crash cuts again."""

    def __init__(self, context: StageContext, options: ShowOptions | None = None) -> None:
        self._context = context
        self._options = options
        self._work = context.work
        tools, threads = context.resources.tools, context.resources.threads
        self._slideshows = Slideshows(tools, threads)
        self._splices = Splices(tools, threads)
        self._cutter = FilmCutter(tools, threads)

    async def video(self) -> dict[str, JsonValue]:
        """The reel, and the plain film of it."""
        await self._work.stage(ShowStage.VIDEO.value, progress=70, status=JobStatus.COMPOSING)
        reel = await self._work.step("video.reel", self._reel)
        await self._work.stage("video_cut", progress=85)
        return await self._ended(ShowStage.VIDEO, await self._work.step("video.cut", self._plain, reel))

    async def music(self) -> dict[str, JsonValue]:
        """The film with the owner's track."""
        await self._work.stage(ShowStage.MUSIC.value, progress=88, status=JobStatus.COMPOSING)
        return await self._ended(ShowStage.MUSIC, await self._work.step("music.cut", self._scored))

    async def captions(self, *, burn: bool) -> dict[str, JsonValue]:
        """Captions as files, and in the pictures when they are wanted there."""
        await self._work.stage(ShowStage.CAPTIONS.value, progress=92, status=JobStatus.COMPOSING)
        kept = await self._work.step("captions.files", self._caption_files)
        if burn:
            kept = {**kept, **await self._work.step("captions.burn", self._captioned)}
        return await self._ended(ShowStage.CAPTIONS, kept)

    async def _ended(self, stage: ShowStage, kept: dict[str, JsonValue]) -> dict[str, JsonValue]:
        await self._context.done(stage, kept)
        return kept

    async def _wished(self) -> ShowView:
        """The show as it stands now, in the look that was asked for."""
        show = await self._context.show()
        return show if self._options is None else replace(show, options=self._options)

    async def _reel(self) -> dict[str, Any]:
        """The moving pictures; they take their place with the film, because two renders may go on at once."""
        show = await self._wished()
        check_screened(show)
        digest = reel_digest(show)
        if show.made.reel and show.made.reel.digest == digest:
            return vars(show.made.reel)
        wanted = [picture.asset_id for picture in show.made.pictures if picture.asset_id]
        async with self._context.intake.temp_dir() as temp_dir:
            files = await self._context.gathered(wanted, temp_dir)
            slides = slides_of(show, [files[asset_id] for asset_id in wanted])
            width, height = size_of(show.options)
            target = temp_dir / "reel.mp4"
            rendered = await self._slideshows.render(Slideshow(slides, width, height, rate_of(show.options)), target)
            size: dict[str, JsonValue] = {"width": width, "height": height}
            made = MadeFile(target, "mp4", {**size, "duration_seconds": round(rendered.duration_seconds, 3)})
            asset = await self._context.intake.keep(self._context.owner_id, AssetKind.CLIP, show.title or "reel", made)
        await self._context.note_files([asset.id])
        return vars(Reel(asset.id, round(rendered.duration_seconds, 3), digest))

    async def _plain(self, kept: dict[str, Any]) -> dict[str, JsonValue]:
        show, reel = await self._wished(), Reel(**kept)
        seen = replace(show, made=replace(show.made, reel=reel))
        film = await self._cut(seen, FilmLook(music_of(show.options.mood)), film_digest(show))
        return await self._put(lambda now: replace(now.made, reel=reel, video=film, scored=None, captioned=None), film)

    async def _scored(self) -> dict[str, JsonValue]:
        show = await self._context.show()
        async with self._context.intake.temp_dir() as temp_dir:
            track = await self._track(show, temp_dir)
            film = await self._cut(show, FilmLook(track), scored_digest(show))
        return await self._put(lambda now: replace(now.made, scored=film, captioned=None), film)

    async def _captioned(self) -> dict[str, JsonValue]:
        show = await self._context.show()
        async with self._context.intake.temp_dir() as temp_dir:
            scored = show.made.scored is not None
            music = await self._track(show, temp_dir) if scored else music_of(show.options.mood)
            screen = screen_of(show.options)
            captions = captions_of(self._told(show), screen.columns)
            burned = ass(captions, screen, burn_style(show.options), burn_place(show.options)) if captions else ""
            film = await self._cut(show, FilmLook(music, burned), captioned_digest(show))
        return await self._put(lambda now: replace(now.made, captioned=film), film)

    async def _track(self, show: ShowView, temp_dir: Path) -> Path | None:
        track = show.made.music_id
        return None if track is None else (await self._context.gathered([track], temp_dir))[track]

    async def _cut(self, show: ShowView, look: FilmLook, digest: str) -> ShowFilm:
        """One film of the reel; the sound that was made for it is not kept."""
        reel = show.made.reel
        if reel is None:
            raise ShowVideoMissing
        async with self._context.intake.temp_dir() as temp_dir:
            files = await self._context.gathered(
                [reel.asset_id, *(voice.asset_id for voice in show.made.voices)], temp_dir
            )
            spoken = await self._spoken(show, files, temp_dir)
            clip = files[reel.asset_id]
            length = await self._cutter.duration(clip, temp_dir)
            captions: tuple[Caption, ...] = () if look.burned else captions_of(self._told(show))
            timeline = Timeline(
                segments=(TimelineSegment(clip, length, PlacedNarration(spoken)),),
                title=show.title,
                language=show.language.value,
                music=look.music,
                captions=captions,
                shows_captions=show.made.captions is not None,
                burned=look.burned,
            )
            report = await self._cutter.render(timeline, temp_dir / "film.mp4", temp_dir)
            size: dict[str, JsonValue] = {"width": report.width_px, "height": report.height_px}
            seconds = round(report.duration_seconds, 3)
            name = show.title or "film"
            film = Keeping(AssetKind.FILM, name, MadeFile(report.path, "mp4", {**size, "duration_seconds": seconds}))
            poster = Keeping(AssetKind.POSTER, name, MadeFile(report.poster, "jpg", size))
            kept = [
                await self._context.intake.keep(show.owner_id, each.kind, each.name, each.made)
                for each in (film, poster)
            ]
        await self._context.note_files([asset.id for asset in kept])
        return ShowFilm(kept[0].id, kept[1].id, seconds, digest)

    async def _spoken(self, show: ShowView, files: Mapping[str, Path], temp_dir: Path) -> Path:
        """All voices as one sound, each beginning with its first picture."""
        paths = [files[voice.asset_id] for voice in show.made.voices]
        joined = temp_dir / "spoken.wav"
        await self._splices.join(paths, [Fraction(str(voice.seconds)) for voice in show.made.voices], joined)
        return joined

    def _told(self, show: ShowView) -> Timeline:
        """The words of the show in the time of its film."""
        words = words_of_show(show)
        seconds = sum(Fraction(str(voice.seconds)) for voice in show.made.voices)
        segment = TimelineSegment(Path(), Fraction(seconds), PlacedNarration(Path(), words))
        return Timeline(segments=(segment,), title=show.title, language=show.language.value)

    async def _caption_files(self) -> dict[str, JsonValue]:
        show = await self._context.show()
        captions = captions_of(self._told(show))
        async with self._context.intake.temp_dir() as temp_dir:
            files = []
            for ending, text in (("srt", srt(captions)), ("vtt", vtt(captions))):
                path = temp_dir / f"captions.{ending}"
                await self._context.resources.threads.run(path.write_text, text, encoding="utf-8")
                files.append(Keeping(AssetKind.CAPTIONS, show.title or "captions", MadeFile(path, ending, {})))
            kept = [await self._context.intake.keep(show.owner_id, each.kind, each.name, each.made) for each in files]
        captioning = Captioning(kept[0].id, kept[1].id, captions_digest(show))
        replaced = show.made.captions
        await self._context.change(lambda now: replace(now.made, captions=captioning))
        if replaced:
            await self._context.replace_files({replaced.srt_id, replaced.vtt_id}, captioning.srt_id)
        return {"srt_id": captioning.srt_id, "vtt_id": captioning.vtt_id}

    async def _put(self, make: Callable[[ShowView], Made], film: ShowFilm) -> dict[str, JsonValue]:
        await self._context.put_film(make)
        return {"asset_id": film.asset_id, "poster_id": film.poster_id, "seconds": film.seconds}
