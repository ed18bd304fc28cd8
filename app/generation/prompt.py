"""Pure: segment, frames and camera words to a VideoRequest, checked against what the engine offers before payment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.generation.errors import FramesMissing, NotOffered, SegmentNotReady
from app.projects.options import ProjectSettings, Resolution, Visuals
from app.projects.states import PROMPT_APPROVED
from app.projects.values import SegmentView
from app.providers.values import Picture, Role
from app.providers.video import CameraCommand, VideoCapabilities, VideoMode, VideoRequest, VideoResolution

__all__ = ["Pair", "Shape", "check", "engine_name", "request_of", "shape_of"]

SLIDESHOW_ENGINE: Final = "local"
# What stands in for a size that an engine does not know.
SIZES = {
    Resolution.P768: (VideoResolution.P768, VideoResolution.P720),
    Resolution.P1080: (VideoResolution.P1080,),
}


@dataclass(frozen=True)
class Pair:
    """The pictures that a clip runs between; without a last one its end is free."""

    first: Picture
    last: Picture | None = None


@dataclass(frozen=True)
class Shape:
    """Which key frames a clip is given."""

    first_asset_id: str
    last_asset_id: str | None


def engine_name(settings: ProjectSettings) -> str:
    """Who makes the clips: a slideshow moves over its stills on this machine, whatever else is chosen."""
    return SLIDESHOW_ENGINE if settings.visuals is Visuals.SLIDESHOW else settings.providers.get(Role.VIDEO, "auto")


def shape_of(segment: SegmentView, can: VideoCapabilities) -> Shape:
    """The frames that the clip is given, or why it cannot begin; a last one only where the model takes it."""
    if segment.status not in PROMPT_APPROVED or not segment.video_prompt.strip():
        raise SegmentNotReady
    takes_last = VideoMode.FIRST_LAST_FRAME in can.outputs and not _ends_freely(segment, can)
    wanted = (segment.first_frame, segment.last_frame) if takes_last else (segment.first_frame,)
    missing = [frame.position for frame in wanted if frame.asset_id is None]
    if missing or segment.first_frame.asset_id is None:
        raise FramesMissing.of(missing)
    return Shape(segment.first_frame.asset_id, segment.last_frame.asset_id if takes_last else None)


def _ends_freely(segment: SegmentView, can: VideoCapabilities) -> bool:
    """Whether the clip ends as it likes: in a chain, or where nobody has drawn or told how the segment ends."""
    if segment.settings.visuals is Visuals.CHAINED:
        return True
    is_told = segment.last_frame.asset_id is not None or bool(segment.end_frame_prompt.strip())
    return not is_told and VideoMode.FIRST_FRAME in can.outputs


def request_of(segment: SegmentView, can: VideoCapabilities, pair: Pair, *, optimize_prompt: bool) -> VideoRequest:
    """What the engine is asked; one that knows no camera tags reads the movements as words."""
    camera = tuple(CameraCommand(command.value) for command in segment.camera_commands)
    prompt = segment.video_prompt.strip()
    if camera and not can.obeys_camera:
        prompt = f"{prompt} Camera: {', then '.join(command.value.lower() for command in camera)}."
        camera = ()
    return VideoRequest(
        model=can.model,
        prompt=prompt,
        duration_seconds=segment.duration_sec,
        resolution=_size(
            segment.settings, can, VideoMode.FIRST_FRAME if pair.last is None else VideoMode.FIRST_LAST_FRAME
        ),
        first_frame=pair.first,
        last_frame=pair.last,
        camera=camera,
        optimize_prompt=optimize_prompt,
        aspect_ratio=segment.settings.aspect_ratio.value if can.aspect_ratios else None,
    )


def check(request: VideoRequest, can: VideoCapabilities, picture_bytes: tuple[int, ...]) -> None:
    """Refuses before money is spent what the engine would refuse after."""
    for param, hint in _misfits(request, can, picture_bytes):
        said = f"{can.model} does not take this ({param}): {hint}. Change it or choose another engine."
        raise NotOffered(said, param=param, hint=hint)


def _misfits(
    request: VideoRequest, can: VideoCapabilities, picture_bytes: tuple[int, ...]
) -> Iterator[tuple[str, str]]:
    misfit = can.misfit(request)
    if misfit is not None:
        yield misfit.param, misfit.hint
    if max(picture_bytes, default=0) > can.picture_rules.max_bytes:
        yield "first_frame", f"use pictures of at most {can.picture_rules.max_bytes} bytes"


def _size(settings: ProjectSettings, can: VideoCapabilities, mode: VideoMode) -> VideoResolution:
    offered = {output.resolution for output in can.outputs.get(mode, ())}
    fitting = SIZES[settings.resolution]
    return next((size for size in fitting if size in offered), fitting[0])
