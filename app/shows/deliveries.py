"""What outside services are asked through the ledger, and how what they deliver comes into the library."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from pydantic import JsonValue

from app.core.file_sinks import FileSink
from app.core.sinks import MemorySink
from app.jobs.attempts import PaidCall, Repeat, VendorAnswer
from app.jobs.domain import AttemptView
from app.library.intake import MadeFile
from app.library.values import AssetKind, AssetView
from app.media.audio import AudioRules
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.media.probe import Probes
from app.media.sniff import Kind
from app.providers.errors import TaskLost
from app.providers.stages import OutsideFailed, StageService
from app.providers.values import AttemptKey
from app.shows.bench import Bench

__all__ = ["Deliveries"]

KEEPING_SECONDS = 10.0
MEBIBYTE = 1024 * 1024
MOST_SOUND_BYTES, MOST_FILM_BYTES = 256 * MEBIBYTE, 2048 * MEBIBYTE
SPOKEN = AudioRules(longest_seconds=3600.0)
# What was delivered can never be used: the service is asked anew.
USELESS = frozenset({TaskLost.code, OutsideFailed.code, UnreadableMedia.code, UnsupportedMedia.code})


class Deliveries:
    """One service's calls within one job."""

    def __init__(self, bench: Bench, service: StageService) -> None:
        self._bench = bench
        self._service = service

    async def ask(self, operation: str, asked: object, send: Callable[[AttemptKey], Awaitable[JsonValue]]) -> Any:
        """The service's answer; asked once, and once more only when this very process died before it came.

        What such a service costs is not known here, so nothing is booked for it.
        """
        work = self._bench.work
        salt = await work.step(f"salt.{operation}", self._bench.salt, USELESS)
        known = json.dumps([self._bench.show_id, operation, salt, asked], sort_keys=True)
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
        most = self._bench.resources.settings.storage.upload_max_size_mb * MEBIBYTE
        sink = MemorySink(most)
        await self._service.fetch(link, sink, max_bytes=most)
        asset = await self._bench.intake.receive(self._bench.owner_id, kind, name, _once(sink.content))
        await self._bench.note_files([asset.id])
        return asset

    async def sound(self, link: str, name: str) -> dict[str, JsonValue]:
        """A delivered sound, decoded wholly and written again; with its length."""
        async with self._bench.intake.desk() as desk:
            raw, clean = desk / "raw", desk / "clean"
            async with FileSink(raw, self._bench.resources.threads, MOST_SOUND_BYTES) as sink:
                await self._service.fetch(link, sink, max_bytes=MOST_SOUND_BYTES)
            facts = await self._bench.resources.sounds.clean(raw, clean, SPOKEN)
            seconds = round(facts.duration_seconds, 3)
            made = MadeFile(clean, "mp3", {"duration_seconds": seconds})
            asset = await self._bench.intake.keep(self._bench.owner_id, AssetKind.NARRATION, name, made)
        await self._bench.note_files([asset.id])
        return {"asset_id": asset.id, "seconds": seconds}

    async def film(self, link: str, name: str) -> dict[str, JsonValue]:
        """A delivered film, believed only as far as its own tables say; with its length."""
        resources = self._bench.resources
        async with self._bench.intake.desk() as desk:
            raw = desk / "film.mp4"
            async with FileSink(raw, resources.threads, MOST_FILM_BYTES) as sink:
                await self._service.fetch(link, sink, max_bytes=MOST_FILM_BYTES)
            found = await Probes(resources.tools, resources.threads).probe(raw)
            if found.kind is not Kind.MP4 or found.video is None:
                raise UnsupportedMedia
            seconds = round(found.video.duration_seconds, 3)
            size: dict[str, JsonValue] = {"width": found.video.width_px, "height": found.video.height_px}
            made = MadeFile(raw, "mp4", {**size, "duration_seconds": seconds})
            asset = await self._bench.intake.keep(self._bench.owner_id, AssetKind.FILM, name, made)
        await self._bench.note_files([asset.id])
        return {"asset_id": asset.id, "seconds": seconds}


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
