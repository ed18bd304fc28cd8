"""Key frames as values: what one shows, which are to be made, and what a painter is asked for."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.projects.domain import FrameOrigin, FrameView, SegmentView, Storyboard
from app.projects.freshness import extraction_digest, frame_digest, frame_is_stale
from app.projects.options import Visuals
from app.providers.image import ImageCapabilities, ImageRequest, ReferenceUse
from app.providers.values import Picture

MOST_SEED = 2**31
FROM_REFERENCE = "Keep people, places and light as the reference picture shows them."


@dataclass(frozen=True, kw_only=True)
class FrameScene:
    """What a key frame shows, with what happens on either side of it."""

    prompt: str
    style: str
    aspect_ratio: str
    continuity: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class FrameWish:
    """Which frames to make; without positions, all that are missing or out of date.

    `spare_clips` leaves a frame alone that is only out of date because the one before it changed, once a clip rests
    on it: replacing one key frame then costs the clips on its two sides and no other. It also leaves a missing frame
    open that nobody has told, because the clip that ends there hands its own last picture on.
    `only_needed` passes over positions that have become ready before their turn.
    """

    positions: tuple[int, ...] = ()
    only_needed: bool = False
    spare_clips: bool = False
    parent_id: str | None = None
    direct: bool = False


@dataclass(frozen=True, kw_only=True)
class CandidateView:
    """One picture that was made for a key frame."""

    id: str
    frame_id: str
    job_id: str | None
    origin: FrameOrigin
    asset_id: str
    digest: str
    reference_asset_id: str | None
    prompt: str
    provider: str | None
    model: str | None
    cost_micro_usd: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class FrameSheet:
    """A key frame with the pictures made for it, newest first."""

    frame: FrameView
    stale: bool
    candidates: tuple[CandidateView, ...]


def seed_of(project_id: str, repeats: int) -> int:
    """The chance of a project's pictures: one for all of them, and the next one for a further try at the same scene."""
    number = int.from_bytes(hashlib.sha256(project_id.encode()).digest()[:4], "big")
    return (number + repeats) % MOST_SEED


def is_extracted(board: Storyboard, position: int) -> bool:
    """Whether a frame is the last picture of the clip before it, instead of a drawing."""
    return position > 0 and board.project.settings.visuals is Visuals.CHAINED


def reference_position(position: int) -> int | None:
    """The frame that frame k follows."""
    return position - 1 if position > 0 else None


def frames_to_make(board: Storyboard, spared: Collection[int] = ()) -> tuple[int, ...]:
    """Positions in the order in which they are to be made: missing, out of date, or following one that changes."""
    wanted: list[int] = []
    for position in range(len(board.frames)):
        if position not in spared and _must_be_made(board, position, follows_new=position - 1 in wanted):
            wanted.append(position)
    return tuple(wanted)


def frames_to_spare(board: Storyboard, drawn: Mapping[str, CandidateView]) -> frozenset[int]:
    """Drawn frames beside a clip that still show what they are told to; only the frame before them has changed."""
    return frozenset(
        segment.last_frame.position
        for segment in board.segments
        if _rests_on_it(board, segment.last_frame.position)
        and _shows_its_words(segment, drawn.get(segment.last_frame.asset_id or ""))
    )


def open_ends(board: Storyboard) -> frozenset[int]:
    """Missing frames that nobody has told: the clip before ends as it likes and hands its last picture on."""
    return frozenset(
        segment.last_frame.position
        for segment in board.segments
        if segment.last_frame.asset_id is None
        and not is_extracted(board, segment.last_frame.position)
        and not segment.end_frame_prompt.strip()
    )


def scene_of(board: Storyboard, position: int) -> FrameScene:
    """What frame k shows: the opening for the first one, else where the segment before it ends."""
    settings = board.project.settings
    ended = board.segments[position - 1] if position > 0 else None
    begun = board.segments[position] if position < len(board.segments) else None
    opening = begun.video_prompt if begun else ""
    return FrameScene(
        prompt=(ended.end_frame_prompt if ended else opening).strip(),
        style=(settings.style or "").strip(),
        aspect_ratio=settings.aspect_ratio.value,
        continuity=board.project.continuity_notes.strip(),
        before=ended.video_prompt.strip() if ended else "",
        after=opening.strip() if ended else "",
    )


def request_of(
    scene: FrameScene, can: ImageCapabilities, reference: Picture | None, seed: int | None = None
) -> ImageRequest:
    """What the engine is asked; scene and style are never cut, the context beside them gives way."""
    references = () if reference is None or not _takes(can, reference) else (reference,)
    text = scene.prompt
    if text and scene.style:
        text = f"{text}\nStyle: {scene.style}."
    for aside in _asides(scene, has_reference=bool(references)):
        longer = f"{text}\n{aside}"
        if text and len(longer) <= can.prompt_limit_characters:
            text = longer
    chance = seed if can.takes_seed else None
    return ImageRequest(text, scene.aspect_ratio, references, seed=chance, model=can.model)


def input_digest(board: Storyboard, position: int) -> str | None:
    """The digest of what frame k is made from now; None when its clip is not there."""
    settings = board.project.settings
    if position == 0:
        return frame_digest(settings, board.segments[0].video_prompt, None)
    ended = board.segments[position - 1]
    if is_extracted(board, position):
        return extraction_digest(ended.clip.asset_id) if ended.clip else None
    return frame_digest(settings, ended.end_frame_prompt, ended.first_frame)


def _must_be_made(board: Storyboard, position: int, *, follows_new: bool) -> bool:
    frame = board.frames[position]
    if is_extracted(board, position):
        clip = board.segments[position - 1].clip
        missing = frame.asset_id is None or frame.origin is FrameOrigin.EXTRACTED
        return clip is not None and missing and frame.digest != extraction_digest(clip.asset_id)
    if frame.asset_id is None:
        return True
    if frame.origin is not FrameOrigin.GENERATED or position == 0:
        return False
    return follows_new or frame_is_stale(board.segments[position - 1])


def _rests_on_it(board: Storyboard, position: int) -> bool:
    return any(segment.clip is not None for segment in board.segments[max(0, position - 1) : position + 1])


def _shows_its_words(segment: SegmentView, drawn: CandidateView | None) -> bool:
    """Whether the frame would be up to date if the picture that it was drawn after still stood before it."""
    frame, before = segment.last_frame, segment.first_frame
    if drawn is None or frame.origin is not FrameOrigin.GENERATED:
        return False
    then = replace(before, asset_id=drawn.reference_asset_id)
    return frame.digest == frame_digest(segment.settings, segment.end_frame_prompt, then)


def _takes(can: ImageCapabilities, reference: Picture) -> bool:
    if can.reference_use is ReferenceUse.NONE or can.most_references < 1:
        return False
    return can.reference_rules is None or not any(can.reference_rules.misfits(reference))


def _asides(scene: FrameScene, *, has_reference: bool) -> Iterator[str]:
    if has_reference:
        yield FROM_REFERENCE
    if scene.continuity:
        yield f"Throughout the film: {scene.continuity}"
    if scene.before:
        yield f"What led here: {scene.before}"
    if scene.after:
        yield f"What begins here: {scene.after}"
