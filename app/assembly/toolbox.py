"""Media tools on an owner's own files: what a file is, told at once; everything else is a job that makes a new file."""

from collections.abc import Mapping
from typing import Self

from app.assembly.errors import MediaUnfit
from app.assembly.gathering import Gathering
from app.assembly.values import MediaFacts, MediaTool, MediaWish
from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.library.intake import Intake
from app.library.service import LibraryService
from app.library.values import AssetKind, AssetState, AssetView
from app.media.probe import Probes
from app.media.tracks import MediaInfo
from app.resources import Resources

__all__ = ["KIND", "ToolboxService", "probe"]

KIND = "media.edit"
MOST_CLIPS = 100
FILMS = frozenset({AssetKind.CLIP, AssetKind.FILM})
SOUNDS = frozenset({AssetKind.AUDIO_SAMPLE, AssetKind.MUSIC, AssetKind.NARRATION, AssetKind.SOUND})
PICTURES = frozenset({AssetKind.FIRST_FRAME, AssetKind.KEY_FRAME, AssetKind.POSTER})
# Fewest and most files that a tool takes.
COUNTS: Mapping[MediaTool, tuple[int, int]] = {
    MediaTool.LAST_FRAME: (1, 1),
    MediaTool.CONCAT: (2, MOST_CLIPS),
    MediaTool.MUX: (2, 2),
    MediaTool.NORMALISE: (1, 1),
}


class ToolboxService:
    """Starts tools on behalf of an owner, in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._library = LibraryService.over(session, resources)
        self._queue = JobQueue(session, resources)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def begin(self, owner_id: str, wish: MediaWish) -> JobView:
        """The job that uses the tool; a foreign file is not found, one of another kind is refused."""
        assets = [await self._library.owned(asset_id, owner_id) for asset_id in wish.asset_ids]
        check_fit(wish.tool, assets)
        job, _ = await self._queue.enqueue(
            Order(
                owner_id=owner_id,
                kind=KIND,
                lane=Lane.RENDER,
                params={"tool": wish.tool.value, "asset_ids": list(wish.asset_ids)},
                direct=True,
            )
        )
        return job


def check_fit(tool: MediaTool, assets: list[AssetView]) -> None:
    """Refuses files that a tool cannot work on."""
    fewest, most = COUNTS[tool]
    if not fewest <= len(assets) <= most:
        said = f"This tool takes {fewest} files." if fewest == most else f"This tool takes {fewest} to {most} files."
        raise MediaUnfit(said, param="asset_ids")
    kinds = [SOUNDS] if tool is MediaTool.NORMALISE else [FILMS] * len(assets)
    if tool is MediaTool.MUX:
        kinds = [FILMS, SOUNDS]
    for asset, fitting in zip(assets, kinds, strict=True):
        if asset.kind not in fitting or asset.state is not AssetState.READY:
            raise MediaUnfit(param="asset_ids", facts={"asset_id": asset.id, "kind": asset.kind.value})


async def probe(resources: Resources, asset: AssetView) -> MediaFacts:
    """What a stored file is; pictures are told from what was measured when they came in."""
    if asset.kind in PICTURES:
        width, height = asset.facts.get("width"), asset.facts.get("height")
        return MediaFacts(
            kind=asset.extension,
            size_bytes=asset.size_bytes,
            width_px=width if isinstance(width, int) else None,
            height_px=height if isinstance(height, int) else None,
        )
    if asset.kind not in FILMS | SOUNDS:
        raise MediaUnfit(param="asset_id", facts={"asset_id": asset.id, "kind": asset.kind.value})
    async with Intake(resources).desk() as desk:
        paths = await Gathering(resources, asset.id).gather([asset], desk)
        return _facts(await Probes(resources.tools, resources.threads).probe(paths[asset.id]), asset.size_bytes)


def _facts(media: MediaInfo, size_bytes: int) -> MediaFacts:
    video, audio = media.video, media.audio
    return MediaFacts(
        kind=media.kind.value,
        size_bytes=size_bytes,
        duration_seconds=round(media.duration_seconds, 3),
        width_px=video.width_px if video else None,
        height_px=video.height_px if video else None,
        frames_per_second=round(video.frames_per_second, 3) if video else None,
        video_codec=video.codec if video else None,
        audio_codec=audio.codec if audio else None,
        sample_rate=audio.sample_rate if audio else None,
        channel_count=audio.channel_count if audio else None,
    )
