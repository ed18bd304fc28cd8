"""Pure: scene, style and neighbours of frame k to an ImageRequest, and which frames are to be made."""

from collections.abc import Iterator

from app.frames.values import Scene
from app.projects.freshness import extraction_digest, frame_digest, frame_is_stale
from app.projects.options import Visuals
from app.projects.values import FrameOrigin, Storyboard
from app.providers.image import ImageCapabilities, ImageRequest, ReferenceUse
from app.providers.values import Picture

__all__ = ["frames_to_make", "input_digest", "is_extracted", "reference_position", "request_of", "scene_of"]

FROM_REFERENCE = "Keep people, places and light as the reference picture shows them."


def is_extracted(board: Storyboard, position: int) -> bool:
    """Whether a frame is the last picture of the clip before it, instead of a drawing."""
    return position > 0 and board.project.settings.visuals is Visuals.CHAINED


def reference_position(position: int) -> int | None:
    """The frame that frame k follows."""
    return position - 1 if position > 0 else None


def frames_to_make(board: Storyboard) -> tuple[int, ...]:
    """Positions in the order in which they are to be made: missing or out of date."""
    return tuple(position for position in range(len(board.frames)) if _must_be_made(board, position))


def scene_of(board: Storyboard, position: int) -> Scene:
    """What frame k shows: the opening for the first one, else where the segment before it ends."""
    settings = board.project.settings
    ended = board.segments[position - 1] if position > 0 else None
    begun = board.segments[position] if position < len(board.segments) else None
    opening = begun.video_prompt if begun else ""
    return Scene(
        prompt=(ended.end_frame_prompt if ended else opening).strip(),
        style=(settings.style or "").strip(),
        aspect_ratio=settings.aspect_ratio.value,
        continuity=board.project.continuity_notes.strip(),
        before=ended.video_prompt.strip() if ended else "",
        after=opening.strip() if ended else "",
    )


def request_of(scene: Scene, can: ImageCapabilities, reference: Picture | None) -> ImageRequest:
    """What the engine is asked; scene and style are never cut, the context beside them gives way."""
    references = () if reference is None or not _takes(can, reference) else (reference,)
    text = scene.prompt
    if text and scene.style:
        text = f"{text}\nStyle: {scene.style}."
    for aside in _asides(scene, has_reference=bool(references)):
        longer = f"{text}\n{aside}"
        if text and len(longer) <= can.prompt_limit_characters:
            text = longer
    return ImageRequest(text, scene.aspect_ratio, references, model=can.model)


def input_digest(board: Storyboard, position: int) -> str | None:
    """The digest of what frame k is made from now; None when its clip is not there."""
    settings = board.project.settings
    if position == 0:
        return frame_digest(settings, board.segments[0].video_prompt)
    ended = board.segments[position - 1]
    if is_extracted(board, position):
        return extraction_digest(ended.clip.asset_id) if ended.clip else None
    return frame_digest(settings, ended.end_frame_prompt)


def _must_be_made(board: Storyboard, position: int) -> bool:
    frame = board.frames[position]
    if is_extracted(board, position):
        clip = board.segments[position - 1].clip
        missing = frame.asset_id is None or frame.origin is FrameOrigin.EXTRACTED
        return clip is not None and missing and frame.digest != extraction_digest(clip.asset_id)
    if frame.asset_id is None:
        return True
    if frame.origin is not FrameOrigin.GENERATED or position == 0:
        return False
    return frame_is_stale(board.segments[position - 1])


def _takes(can: ImageCapabilities, reference: Picture) -> bool:
    if can.reference_use is ReferenceUse.NONE or can.most_references < 1:
        return False
    return can.reference_rules is None or not any(can.reference_rules.misfits(reference))


def _asides(scene: Scene, *, has_reference: bool) -> Iterator[str]:
    if has_reference:
        yield FROM_REFERENCE
    if scene.continuity:
        yield f"Throughout the film: {scene.continuity}"
    if scene.before:
        yield f"What led here: {scene.before}"
    if scene.after:
        yield f"What begins here: {scene.after}"
