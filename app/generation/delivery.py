"""A finished clip on its way in: streamed to a desk, probed, looked at, its last picture taken; a broken one never."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import structlog
from pydantic import JsonValue

from app.core.file_sinks import FileSink
from app.generation.checks import clip_faults
from app.generation.errors import ClipBroken
from app.generation.values import DeliveredClip, TakeLook
from app.library.intake import Intake, MadeFile
from app.library.stills import Stills
from app.library.values import AssetKind
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.media.looks import ClipLooks
from app.media.probe import Probes
from app.media.tracks import VideoTrack
from app.providers.video import Succeeded, VideoProvider
from app.resources import Resources

__all__ = ["Delivery"]

log = structlog.get_logger(__name__)

MOST_FETCHES = 3
PAUSE_SECONDS = 1.0


class Delivery:
    """Fetches one clip for its owner; nothing of a broken file stays."""

    def __init__(self, resources: Resources, owner_id: str, name: str) -> None:
        self._resources = resources
        self._owner_id = owner_id
        self._name = name
        self._intake = Intake(resources)
        self._stills = Stills(resources)
        self._probes = Probes(resources.tools, resources.threads)
        self._looks = ClipLooks(resources.tools, resources.threads)

    async def take_in(
        self, engine: VideoProvider, done: Succeeded, wanted_seconds: float, ends: Sequence[bytes | None]
    ) -> DeliveredClip:
        """The clip and its last picture in the library; a broken file is fetched again a few times."""
        for number in range(1, MOST_FETCHES + 1):
            try:
                async with self._intake.desk() as desk:
                    clip = await self._fetched(engine, done, wanted_seconds, desk)
                    return await self._kept(clip, ends, desk)
            except (ClipBroken, UnreadableMedia, UnsupportedMedia) as fault:
                log.warning("clip_broken", task_id=done.task.id, number=number, error=fault.code, reason=fault.text)
                if isinstance(fault, ClipBroken) and number == MOST_FETCHES:
                    raise
            await self._resources.clock.sleep(PAUSE_SECONDS)
        raise ClipBroken

    async def _fetched(
        self, engine: VideoProvider, done: Succeeded, wanted_seconds: float, desk: Path
    ) -> tuple[Path, VideoTrack]:
        clip = desk / "clip.mp4"
        max_bytes = engine.capabilities(done.task.model).max_file_bytes
        async with FileSink(clip, self._resources.threads, max_bytes) as sink:
            fetched = await engine.fetch(done, sink)
        media = await self._probes.probe(clip)
        size_bytes = await self._resources.threads.run(_size, clip)
        faults = clip_faults(
            media, wanted_seconds=wanted_seconds, size_bytes=size_bytes, promised_bytes=fetched.size_bytes
        )
        if faults or media.video is None:
            raise ClipBroken.over(faults)
        return clip, media.video

    async def _kept(self, fetched: tuple[Path, VideoTrack], ends: Sequence[bytes | None], desk: Path) -> DeliveredClip:
        """Decodes the whole clip before anything of it is kept, because headers are right in many a broken file."""
        clip, video = fetched
        look = await self._looks.look(clip, ends, desk)
        last = await self._stills.last_picture(clip, video.duration_seconds, desk / "last.png")
        size = {"width": video.width_px, "height": video.height_px}
        facts: dict[str, JsonValue] = {
            **size,
            "duration_seconds": round(video.duration_seconds, 3),
            "look": asdict(look),
        }
        kept = await self._intake.keep(self._owner_id, AssetKind.CLIP, self._name, MadeFile(clip, "mp4", facts))
        picture = await self._intake.keep(self._owner_id, AssetKind.KEY_FRAME, f"{self._name}-end", last)
        return DeliveredClip(
            asset_id=kept.id,
            last_picture_asset_id=picture.id,
            duration_seconds=video.duration_seconds,
            width_px=video.width_px,
            height_px=video.height_px,
            look=TakeLook(**asdict(look)),
        )


def _size(path: Path) -> int:
    return path.stat().st_size
