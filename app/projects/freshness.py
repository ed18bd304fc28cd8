"""Pure: input digests, and which frame, narration, clip or film no longer matches its inputs."""

import hashlib
import json
from enum import StrEnum

from app.projects.domain import FrameOrigin, FrameView, ProjectView, SegmentView, Storyboard
from app.projects.options import ProjectSettings, TransitionKind

# What was out of date when it was archived stays so: no input has this digest.
OUT_OF_DATE = "out of date when it was archived"


class Part(StrEnum):
    """What of a segment can be out of date."""

    CLIP = "clip"
    NARRATION = "narration"
    LAST_FRAME = "last_frame"


def clip_digest(segment: SegmentView) -> str:
    """What a clip is made from, but for its last frame, which may be taken from the clip itself."""
    settings = segment.settings
    return _digest(
        "clip",
        segment.video_prompt,
        list(segment.camera_commands),
        segment.duration_sec,
        settings.resolution,
        settings.aspect_ratio,
        settings.visuals,
        segment.first_frame.asset_id,
    )


def clip_is_stale(segment: SegmentView) -> bool:
    """Whether the accepted clip no longer shows what the segment says, or no longer ends in its frame."""
    clip = segment.clip
    if clip is None:
        return False
    if clip.digest != clip_digest(segment):
        return True
    end = segment.last_frame
    is_own_last_picture = end.origin is FrameOrigin.EXTRACTED and end.digest == extraction_digest(clip.asset_id)
    return not is_own_last_picture and end.asset_id != clip.last_frame_asset_id


def narration_digest(settings: ProjectSettings, voice_id: str | None, text: str) -> str:
    """What a narration is made from."""
    voice = settings.narration.voice or voice_id
    return _digest("narration", text, settings.language, voice, settings.narration.speed)


def narration_is_stale(segment: SegmentView) -> bool:
    """Whether the accepted narration says something else, or in another voice."""
    spoken = segment.narration
    return spoken is not None and spoken.digest != narration_digest(
        segment.settings, segment.voice_id, segment.narration_text
    )


def frame_digest(settings: ProjectSettings, prompt: str, reference: FrameView | None) -> str:
    """What a generated key frame is made from: its prompt, and the frame before it as reference."""
    before = reference.asset_id if reference else None
    return _digest("frame", prompt, settings.style, settings.aspect_ratio, before)


def extraction_digest(clip_asset_id: str) -> str:
    """What an extracted key frame is made from: the clip whose last picture it is."""
    return _digest("extraction", clip_asset_id)


def frame_is_stale(segment: SegmentView) -> bool:
    """Whether the frame that ends this segment no longer follows from it; an uploaded one is never stale."""
    frame = segment.last_frame
    if frame.asset_id is None or frame.origin is None:
        return False
    match frame.origin:
        case FrameOrigin.UPLOADED:
            return False
        case FrameOrigin.EXTRACTED:
            return segment.clip is None or frame.digest != extraction_digest(segment.clip.asset_id)
        case FrameOrigin.GENERATED:
            return frame.digest != frame_digest(segment.settings, segment.end_frame_prompt, segment.first_frame)


def stale_parts(segment: SegmentView) -> frozenset[Part]:
    """Everything of one segment that is out of date."""
    found = {
        Part.CLIP: clip_is_stale(segment),
        Part.NARRATION: narration_is_stale(segment),
        Part.LAST_FRAME: frame_is_stale(segment),
    }
    return frozenset(part for part, stale in found.items() if stale)


def stale_frames(board: Storyboard) -> tuple[int, ...]:
    """Positions of the key frames that are out of date."""
    return tuple(segment.last_frame.position for segment in board.segments if frame_is_stale(segment))


def film_digest(project: ProjectView) -> str:
    """What a film is made from: its accepted takes in order, and how they are joined."""
    settings = project.settings
    takes = [[s.clip_asset_id, s.narration_asset_id, s.duration_sec] for s in project.segments]
    music = settings.music and [settings.music.mood, settings.music.asset_id, settings.music.volume]
    captions = [settings.captions.soft, settings.captions.burn, settings.captions.style]
    # Named only where they are wished: a film that was cut before there was such a choice stays as fresh as it was.
    look = settings.transitions
    looks = [[look.kind, look.duration_ms]] if look.kind is not TransitionKind.CUT else []
    shown = ["captions are shown"] if settings.captions.asked else []
    heard = [settings.clip_sound.volume] if settings.clip_sound.keep else []
    shape = settings.language, settings.resolution, settings.aspect_ratio
    return _digest("film", takes, music, captions, *shape, *looks, *heard, *shown)


def film_is_stale(project: ProjectView) -> bool:
    """Whether the film was cut from other takes or settings than the present ones."""
    return project.film is not None and project.film.digest != film_digest(project)


def _digest(*inputs: object) -> str:
    return hashlib.sha256(json.dumps(inputs, ensure_ascii=False).encode()).hexdigest()
