"""The stages script, voices and video where an outside service does them."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from typing import Any

from pydantic import JsonValue

from app.core.file_sinks import FileSink
from app.core.sinks import MemorySink
from app.jobs.attempts import PaidCall, Repeat
from app.jobs.domain import AttemptView, JobStatus
from app.jobs.persistence import VendorAnswer
from app.library.domain import AssetKind, AssetView
from app.library.intake import MadeFile
from app.library.links import MediaLinks
from app.media.audio import AudioRules, Splices
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.media.probe import Probes
from app.media.sniff import FileKind
from app.moderation.service import ModerationService
from app.providers.errors import TaskLost
from app.providers.stages import OutsideFailed, StageService
from app.providers.values import AttemptKey
from app.shows.domain import (
    Made,
    Reel,
    ShowFilm,
    ShowStage,
    ShowView,
    SpokenText,
    check_screened,
    due_texts,
    film_digest,
    reel_digest,
    size_name,
    texts_of,
    voice_digest,
)
from app.shows.errors import ScriptMissing, TopicMissing
from app.shows.stage_context import Plain, StageContext
from app.shows.wording import prompts_of, scenes_of, topic_of
from app.shows.writing import retold

KEEPING_SECONDS = 10.0
MEBIBYTE = 1024 * 1024
MOST_SOUND_BYTES, MOST_FILM_BYTES = 256 * MEBIBYTE, 2048 * MEBIBYTE
SPOKEN = AudioRules(longest_seconds=3600.0)
# What was delivered can never be used: the service is asked anew.
USELESS = frozenset({TaskLost.code, OutsideFailed.code, UnreadableMedia.code, UnsupportedMedia.code})
Json = dict[str, JsonValue]


class Deliveries:
    """One service's calls within one job."""

    def __init__(self, context: StageContext, service: StageService) -> None:
        self._context = context
        self._service = service

    async def ask(self, operation: str, asked: object, send: Callable[[AttemptKey], Awaitable[JsonValue]]) -> Any:
        """The service's answer; asked once, and once more only when this very process died before it came.

        What such a service costs is not known here, so nothing is booked for it.
        """
        work = self._context.work
        salt = await work.step(f"salt.{operation}", self._context.salt, USELESS)
        known = json.dumps([self._context.show_id, operation, salt, asked], sort_keys=True)
        call = PaidCall(
            operation=operation,
            provider=self._service.name,
            account=self._service.account,
            request_hash=hashlib.sha256(known.encode()).hexdigest(),
            estimated_micro_usd=0,
            repeat=Repeat.ONCE,
            send_timeout_seconds=self._service.deadline_seconds + KEEPING_SECONDS,
        )

        async def sending(attempt: AttemptView) -> VendorAnswer:
            return VendorAnswer(None, {"answer": await send(AttemptKey(attempt.id))}, actual_micro_usd=0)

        return (await work.buy(call, sending)).reply["answer"]

    async def picture(self, link: str, name: str, kind: AssetKind = AssetKind.KEY_FRAME) -> AssetView:
        """A delivered picture, judged and written again like one that somebody uploads."""
        most = self._context.resources.settings.storage.upload_max_size_mb * MEBIBYTE
        sink = MemorySink(most)
        await self._service.fetch(link, sink, max_bytes=most)
        asset = await self._context.intake.receive(self._context.owner_id, kind, name, _once(sink.content))
        await self._context.note_files([asset.id])
        return asset

    async def sound(self, link: str, name: str) -> dict[str, JsonValue]:
        """A delivered sound, decoded wholly and written again; with its length."""
        async with self._context.intake.temp_dir() as temp_dir:
            raw, clean = temp_dir / "raw", temp_dir / "clean"
            async with FileSink(raw, self._context.resources.threads, MOST_SOUND_BYTES) as sink:
                await self._service.fetch(link, sink, max_bytes=MOST_SOUND_BYTES)
            facts = await self._context.resources.sounds.clean(raw, clean, SPOKEN)
            seconds = round(facts.duration_seconds, 3)
            made = MadeFile(clean, "mp3", {"duration_seconds": seconds})
            asset = await self._context.intake.keep(self._context.owner_id, AssetKind.NARRATION, name, made)
        await self._context.note_files([asset.id])
        return {"asset_id": asset.id, "seconds": seconds}

    async def film(self, link: str, name: str) -> dict[str, JsonValue]:
        """A delivered film, believed only as far as its own tables say; with its length."""
        resources = self._context.resources
        async with self._context.intake.temp_dir() as temp_dir:
            raw = temp_dir / "film.mp4"
            async with FileSink(raw, resources.threads, MOST_FILM_BYTES) as sink:
                await self._service.fetch(link, sink, max_bytes=MOST_FILM_BYTES)
            found = await Probes(resources.tools, resources.threads).probe(raw)
            if found.kind is not FileKind.MP4 or found.video is None:
                raise UnsupportedMedia
            seconds = round(found.video.duration_seconds, 3)
            size: dict[str, JsonValue] = {"width": found.video.width_px, "height": found.video.height_px}
            made = MadeFile(raw, "mp4", {**size, "duration_seconds": seconds})
            asset = await self._context.intake.keep(self._context.owner_id, AssetKind.FILM, name, made)
        await self._context.note_files([asset.id])
        return {"asset_id": asset.id, "seconds": seconds}


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


class OutsideWriting:
    """Has a script written; what the pictures show is taken from its parts."""

    def __init__(self, context: StageContext, service: StageService) -> None:
        self._context = context
        self._service = service
        self._deliveries = Deliveries(context, service)
        self._moderation = ModerationService(context.resources)

    async def script(self) -> Json:
        """The script, judged like every text."""
        work = self._context.work
        await work.stage(ShowStage.SCRIPT.value, progress=15)
        wish: Json = await work.step("script.begin", self._begin)
        await work.step("script.moderate", self._moderation.admit_text, "\n".join(map(str, wish.values())))

        async def send(key: AttemptKey) -> JsonValue:
            return await self._service.write(wish, key=key)

        text = str(await self._deliveries.ask("show.script", wish, send)).strip()
        if not text:
            raise OutsideFailed(provider=self._service.name, provider_code="an empty script")
        await work.step("script.judge", self._moderation.admit_text, text)
        kept: Json = await work.step("script.accept", self._keep, text)
        await self._context.done(ShowStage.SCRIPT, {"outside": True})
        return kept

    async def _begin(self) -> Json:
        show = await self._context.show()
        if not (topic_of(show) or show.content.strip()):
            raise TopicMissing
        options = show.options
        return {
            "title": show.title,
            "description": show.content.strip() or show.description,
            "use_case": options.use_case,
            "language": show.language.value,
            "style": options.script_style,
            "type_video": options.genre,
            "nb_section": options.sections,
            "keywords": options.keywords,
            "video_inspirations": list(options.inspirations),
        }

    async def _keep(self, text: str) -> Json:
        def make(show: ShowView) -> Made:
            count = show.options.sections
            pictures = retold(show.made.pictures, list(prompts_of(text, count)))
            return replace(show.made, sentences=scenes_of(text, count), pictures=pictures)

        show = await self._context.change(make, script_text=text)
        return {"script_text": text, "prompts": [picture.prompt for picture in show.made.pictures]}


class OutsideVoices:
    """Has texts spoken."""

    def __init__(self, context: StageContext, service: StageService) -> None:
        self._context = context
        self._service = service
        self._deliveries = Deliveries(context, service)

    async def run(self) -> Json:
        """Every text that is not spoken the way it is wanted now."""
        work = self._context.work
        await work.stage(ShowStage.VOICES.value, progress=50, status=JobStatus.GENERATING_AUDIO)
        drafted: Plain = await work.step("voices.begin", self._begin)
        spoken: list[tuple[int, Any]] = [(number, await self._spoken(number, drafted)) for number in drafted["due"]]
        kept: Json = await work.step("voices.accept", self._accept, drafted, spoken)
        await self._context.done(ShowStage.VOICES, {"outside": True, "texts": len(drafted["texts"])})
        return {**kept, "notes": []}

    async def _begin(self) -> Plain:
        show = await self._context.show()
        texts = texts_of(show)
        if not texts:
            raise ScriptMissing
        options = show.options
        asked = {"voice_id": options.voice, "audio_speed": options.speed, "audio_pitch": options.pitch}
        return {
            "texts": list(texts),
            "due": list(due_texts(show, own_voice=False)),
            "digests": [voice_digest(text, show, own_voice=False) for text in texts],
            "asked": {**asked, "language": show.language.value},
        }

    async def _spoken(self, number: int, drafted: Plain) -> Plain:
        work, text = self._context.work, str(drafted["texts"][number])
        await work.step(f"voices.moderate.{number}", ModerationService(self._context.resources).admit_text, text)
        wish: Json = {"script_text": text, **drafted["asked"]}

        async def send(key: AttemptKey) -> JsonValue:
            return await self._service.speak(wish, key=key)

        link = str(await self._deliveries.ask(f"voice.{number}", wish, send))
        return await work.step(f"voices.keep.{number}", self._deliveries.sound, link, f"voice-{number + 1}")

    async def _accept(self, drafted: Plain, spoken: Sequence[tuple[int, Mapping[str, Any]]]) -> Json:
        texts, digests = drafted["texts"], drafted["digests"]
        fresh = {n: SpokenText(texts[n], kept["asset_id"], kept["seconds"], (), digests[n]) for n, kept in spoken}

        def make(show: ShowView) -> Made:
            before = dict(enumerate(show.made.voices))
            voices = [fresh.get(number) or before.get(number) for number in range(len(texts))]
            return replace(show.made, voices=tuple(voice for voice in voices if voice is not None))

        show = await self._context.change(make)
        return {"asset_ids": [voice.asset_id for voice in show.made.voices]}


class OutsideVideo:
    """Has a film rendered; captions and another track are laid over it here."""

    def __init__(self, context: StageContext, service: StageService) -> None:
        self._context = context
        self._service = service
        self._deliveries = Deliveries(context, service)

    async def run(self) -> Json:
        """The film and its poster."""
        work = self._context.work
        await work.stage(ShowStage.VIDEO.value, progress=70, status=JobStatus.COMPOSING)
        digest: str = await work.step("video.begin", self._begin)
        sound: str = await work.step("video.sound", self._sound)

        async def send(key: AttemptKey) -> JsonValue:
            return asdict(await self._service.render(await self._wish(sound), key=key))

        made = await self._deliveries.ask("show.video", digest, send)
        name = (await self._context.show()).title or "film"
        film: Plain = await work.step("video.keep", self._deliveries.film, str(made["link"]), name)
        poster = made["thumbnail_link"]
        poster_id = await work.step("video.poster", self._poster, str(poster), name) if poster else None
        kept: Json = await work.step("video.accept", self._accept, film, poster_id, digest)
        await self._context.done(ShowStage.VIDEO, {"outside": True, **kept})
        return kept

    async def _begin(self) -> str:
        show = await self._context.show()
        check_screened(show)
        return film_digest(show)

    async def _sound(self) -> str:
        """One file of all voices, because the service takes one."""
        voices = (await self._context.show()).made.voices
        if len(voices) == 1:
            return voices[0].asset_id
        resources = self._context.resources
        async with self._context.intake.temp_dir() as temp_dir:
            files = await self._context.gathered([voice.asset_id for voice in voices], temp_dir)
            joined, clean = temp_dir / "joined.wav", temp_dir / "clean"
            durations = [Fraction(str(voice.seconds)) for voice in voices]
            paths = [files[voice.asset_id] for voice in voices]
            await Splices(resources.tools, resources.threads).join(paths, durations, joined)
            facts = await resources.sounds.clean(joined, clean, SPOKEN)
            made = MadeFile(clean, "mp3", {"duration_seconds": round(facts.duration_seconds, 3)})
            asset = await self._context.intake.keep(self._context.owner_id, AssetKind.NARRATION, "voices", made)
        await self._context.note_files([asset.id])
        return asset.id

    async def _wish(self, sound: str) -> Json:
        """What is rendered, as links that the service can fetch for a while."""
        show = await self._context.show()
        links, options = MediaLinks.over(self._context.resources), show.options
        images: list[JsonValue] = [
            {"prompt": picture.prompt, "url": links.to(await self._context.asset(picture.asset_id))}
            for picture in show.made.pictures
            if picture.asset_id
        ]
        return {
            "audio_path": links.to(await self._context.asset(sound)),
            "images": images,
            "resolution": size_name(options.short_side_px),
            "fps": options.frames_per_second,
            "template": options.effect,
            "background_music": options.mood,
        }

    async def _poster(self, link: str, name: str) -> str:
        return (await self._deliveries.picture(link, name, AssetKind.POSTER)).id

    async def _accept(self, film: Plain, poster_id: str | None, digest: str) -> Json:
        video = ShowFilm(film["asset_id"], poster_id, film["seconds"], digest)

        def make(show: ShowView) -> Made:
            reel = Reel(video.asset_id, video.seconds, reel_digest(show))
            return replace(show.made, reel=reel, video=video, scored=None, captioned=None)

        await self._context.put_film(make)
        return {"asset_id": video.asset_id, "poster_id": poster_id, "seconds": video.seconds}
