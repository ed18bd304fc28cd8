"""How each clip of a film looks: what was measured when it came, or is measured now and kept for the next cut."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.assembly.errors import FilmClipsBroken
from app.library.stills import Stills, still_facts
from app.library.values import AssetView
from app.media.errors import UnreadableMedia
from app.media.looks import ClipLook, ClipLooks
from app.projects.freshness import clip_digest
from app.projects.options import AspectRatio
from app.projects.shapes import crop_of
from app.projects.values import FrameView, SegmentView, Storyboard
from app.resources import Resources

__all__ = ["Looking", "frame_assets"]


def frame_assets(board: Storyboard) -> list[str]:
    """The pictures that clips begin and end with."""
    frames = (frame for segment in board.segments for frame in (segment.first_frame, segment.last_frame))
    return sorted({frame.asset_id for frame in frames if frame.asset_id})


class Looking:
    """Looks at clips beside the key frames that their segments have now."""

    def __init__(self, resources: Resources, bench: Path, desk: Path) -> None:
        self._resources = resources
        self._looks = ClipLooks(resources.tools, resources.threads)
        self._bench = bench
        self._desk = desk
        self._stills = Stills(resources)

    async def looks(
        self, board: Storyboard, assets: Mapping[str, AssetView], clips: Mapping[str, Path]
    ) -> dict[int, ClipLook]:
        """By the index of the segment; refuses clips that cannot be decoded to their end."""
        found: dict[int, ClipLook] = {}
        broken: list[int] = []
        for segment in board.segments:
            if segment.clip is None:
                continue
            try:
                found[segment.index] = await self._look(segment, assets, clips[segment.clip.asset_id])
            except UnreadableMedia:
                broken.append(segment.index)
        if broken:
            raise FilmClipsBroken.of(broken)
        return found

    async def _look(self, segment: SegmentView, assets: Mapping[str, AssetView], clip: Path) -> ClipLook:
        asset = assets[segment.clip_asset_id or ""]
        if _is_still_true(segment) and (known := _told(asset)) is not None:
            return known
        frames = (segment.first_frame, segment.last_frame)
        ends = [assets.get(frame.asset_id or "") for frame in frames]
        ratio = segment.settings.aspect_ratio
        named = json.dumps([asset.id, ratio, *(end.id if end else None for end in ends)])
        kept = self._bench / f"look-{hashlib.sha256(named.encode()).hexdigest()[:32]}.json"
        if (known := await self._resources.threads.run(_read, kept)) is not None:
            return known
        pairs = zip(frames, ends, strict=True)
        pictures = [await self._content(frame, end, ratio) if end else None for frame, end in pairs]
        look = await self._looks.look(clip, pictures, self._desk)
        await self._resources.threads.run(_write, kept, look, self._desk.name)
        return look

    async def _content(self, frame: FrameView, asset: AssetView, ratio: AspectRatio) -> bytes:
        """The picture as the clip was given it."""
        facts = still_facts(asset)
        crop = crop_of(frame, (facts.width_px, facts.height_px), ratio)
        return (await (self._stills.cropped(asset, *crop) if crop else self._stills.picture(asset))).content


def _is_still_true(segment: SegmentView) -> bool:
    """Whether the clip was looked at beside the frames that the segment has now."""
    clip = segment.clip
    if clip is None or clip.digest != clip_digest(segment):
        return False
    return clip.last_frame_asset_id == segment.last_frame.asset_id


def _told(asset: AssetView) -> ClipLook | None:
    """What was measured when the clip came."""
    look = asset.facts.get("look")
    return None if look is None else TypeAdapter(ClipLook).validate_python(look)


def _read(kept: Path) -> ClipLook | None:
    """What an earlier cut measured; unreadable is as good as nothing."""
    try:
        return TypeAdapter(ClipLook).validate_json(kept.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(kept: Path, look: ClipLook, own_name: str) -> None:
    """Another cut may read it at this moment."""
    partial = kept.with_name(f"{kept.name}.{own_name}")
    partial.write_text(json.dumps(asdict(look)))
    partial.replace(kept)
