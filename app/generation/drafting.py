"""What a clip is made from: written down from the rows as they stand, and read back as the vendor's request."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.core.database import Session
from app.generation.adoption import last_useless
from app.generation.prompt import Pair, check, engine_name, request_of, shape_of
from app.generation.records import digest, plain_request, read_request
from app.jobs.domain import JobView
from app.jobs.service import JobService
from app.library.service import LibraryService
from app.library.stills import Stills, sizes_of, still_facts
from app.library.values import AssetView
from app.projects.freshness import clip_digest
from app.projects.shapes import crop_of, cropped_notes
from app.projects.values import SegmentView
from app.providers.values import Picture
from app.providers.video import VideoCapabilities, VideoProvider, VideoRequest
from app.resources import Resources
from app.usage.domain import clip_micro_usd

__all__ = ["Drafting", "Plain"]

Plain = dict[str, Any]


class Drafting:
    """Drafts the clip of one job; the same rows give the same draft."""

    def __init__(self, resources: Resources, job: JobView, *, optimize_prompt: bool) -> None:
        self._resources = resources
        self._job = job
        self._optimize_prompt = optimize_prompt
        self._stills = Stills(resources)

    def offers(self, segment: SegmentView) -> VideoCapabilities:
        """What the segment's engine takes."""
        engine = self._engine(segment)
        return engine.capabilities(engine.models()[0])

    async def draft(self, session: Session, segment: SegmentView) -> Plain:
        """The plan of one clip, as a step remembers it."""
        engine, can = self._engine(segment), self.offers(segment)
        library = LibraryService.over(session, self._resources)
        shape = shape_of(segment, can)
        first = await library.owned(shape.first_asset_id, segment.owner_id)
        last = await library.owned(shape.last_asset_id, segment.owner_id) if shape.last_asset_id else None
        pictures = [asset for asset in (first, last) if asset is not None]
        crops = _crops(segment, pictures)
        pair = Pair(*map(_shaped, pictures, crops))
        request = request_of(segment, can, pair, optimize_prompt=self._optimize_prompt)
        check(request, can, tuple(asset.size_bytes for asset in pictures))
        kept = plain_request(request)
        salt = await self._salt(JobService.over(session, self._resources))
        return {
            "provider": engine.name,
            "request": kept,
            "text": request.text,
            "pictures": [asset.id for asset in pictures],
            "crops": crops,
            "notes": _notes(segment, pictures),
            "hash": digest(kept, [*map(_content_of, pictures, crops)], salt),
            "digest": clip_digest(segment),
            "last_frame_asset_id": segment.last_frame.asset_id,
            "hands_on": last is None,
            "name": f"segment-{segment.index + 1}",
            "price_micro_usd": clip_micro_usd(engine.name, request.model, request.duration_seconds, request.resolution),
        }

    async def request(self, plan: Plain) -> VideoRequest:
        """What the vendor is asked, with the bytes of its pictures."""
        wanted = zip(plan["pictures"], plan["crops"], strict=True)
        return read_request(plan["request"], Pair(*[await self.shaped(asset_id, crop) for asset_id, crop in wanted]))

    async def picture(self, asset_id: str) -> Picture:
        """A picture as its owner knows it."""
        return await self._stills.picture(await self._asset(asset_id))

    async def shaped(self, asset_id: str, crop: Sequence[int] | None) -> Picture:
        """A picture as the clip is given it, in the shape of the film."""
        asset = await self._asset(asset_id)
        return await (self._stills.cropped(asset, *crop) if crop else self._stills.picture(asset))

    async def _asset(self, asset_id: str) -> AssetView:
        async with self._resources.database.reading() as session:
            return await LibraryService.over(session, self._resources).owned(asset_id, self._job.owner_id)

    def _engine(self, segment: SegmentView) -> VideoProvider:
        return self._resources.engines.video(engine_name(segment.settings))

    async def _salt(self, jobs: JobService) -> str:
        chain: list[JobView] = []
        earlier = self._job.retry_of
        while earlier is not None:
            chain.append(await jobs.any(earlier))
            earlier = chain[-1].retry_of
        return last_useless([(job.id, job.failure.code if job.failure else "") for job in reversed(chain)])


def _crops(segment: SegmentView, pictures: Sequence[AssetView]) -> list[list[int] | None]:
    """The size to which each picture is cropped; None leaves it as it is."""
    stills = map(still_facts, pictures)
    ratio = segment.settings.aspect_ratio
    pairs = zip((segment.first_frame, segment.last_frame), stills, strict=False)
    crops = (crop_of(frame, (still.width_px, still.height_px), ratio) for frame, still in pairs)
    # A step remembers lists, no tuples.
    return [list(crop) if crop else None for crop in crops]


def _shaped(asset: AssetView, crop: Sequence[int] | None) -> Picture:
    """A stored picture in the shape of the film, without its bytes."""
    facts = still_facts(asset)
    return replace(facts, width_px=crop[0], height_px=crop[1]) if crop else facts


def _content_of(asset: AssetView, crop: Sequence[int] | None) -> str:
    """What stands for the bytes of a picture: cropped they are others."""
    return f"{asset.sha256} {crop[0]}x{crop[1]}" if crop else asset.sha256


def _notes(segment: SegmentView, pictures: Sequence[AssetView]) -> list[str]:
    """What is said of the owner's pictures that were cropped."""
    frames = (segment.first_frame, segment.last_frame)[: len(pictures)]
    return cropped_notes(frames, sizes_of(pictures), segment.settings.aspect_ratio)
