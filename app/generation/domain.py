"""Takes as values: what is asked for and whether it may be, what came, and in what takes differ."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from app.generation.errors import ClipBroken, FramesMissing, NotOffered, SegmentNotReady
from app.media.mp4_reading import MediaInfo
from app.media.sniff import FileKind
from app.projects.domain import PROMPT_APPROVED, FrameOrigin, SegmentView
from app.projects.domain import CurrentTake as AcceptedTake
from app.projects.freshness import clip_digest, clip_is_stale
from app.projects.options import ProjectSettings, Resolution, Visuals
from app.providers.errors import ContentBlocked, InvalidRequest, TaskLost, UnexpectedReply
from app.providers.values import CameraCommand, Picture, Role
from app.providers.video import RemoteTask, VideoCapabilities, VideoMode, VideoRequest, VideoResolution

SLIDESHOW_ENGINE: Final = "local"
# What stands in for a size that an engine does not know.
SIZES = {
    Resolution.P768: (VideoResolution.P768, VideoResolution.P720),
    Resolution.P1080: (VideoResolution.P1080,),
}
TOLERANCE_SECONDS = 0.5
# A clip like this is whole and paid for, so it is kept and its owner is told.
MUCH_BLACK, MUCH_STILLNESS, POOR_SEAM = 0.5, 0.9, 0.5
PLAYABLE = frozenset({"avc1", "avc3", "hvc1", "hev1", "av01", "vp09"})
USELESS = frozenset({ContentBlocked.code, InvalidRequest.code, UnexpectedReply.code, TaskLost.code})
# What arrives broken may have been spoilt on its way, so one more try fetches it before another one is paid.
MOST_BROKEN = 2


@dataclass(frozen=True, kw_only=True)
class TakeWish:
    """How a take is wished; a parent is the job that already holds the segment."""

    optimize_prompt: bool = True
    parent_id: str | None = None
    direct: bool = False


@dataclass(frozen=True, kw_only=True)
class TakeLook:
    """What was measured on a clip: shares of its pictures, and how like its ends are to the key frames it was given."""

    black_share: float
    frozen_share: float
    first_seam: float | None
    last_seam: float | None


@dataclass(frozen=True, kw_only=True)
class DeliveredClip:
    """A checked clip in the library, with its last picture."""

    asset_id: str
    last_picture_asset_id: str
    duration_seconds: float
    width_px: int
    height_px: int
    look: TakeLook


@dataclass(frozen=True, kw_only=True)
class RestoredTake:
    """A clip that was made elsewhere for the same segment; here it has cost nothing."""

    asset_id: str
    last_picture_asset_id: str
    first_frame_asset_id: str
    last_frame_asset_id: str | None
    hands_on: bool
    prompt: str
    resolution: str
    look: TakeLook
    duration_seconds: float
    width_px: int
    height_px: int
    provider: str
    model: str
    is_fresh: bool


@dataclass(frozen=True, kw_only=True)
class TakeView:
    """One clip that was made for a segment."""

    id: str
    segment_id: str
    job_id: str
    number: int
    asset_id: str
    last_picture_asset_id: str
    first_frame_asset_id: str
    last_frame_asset_id: str | None
    hands_on: bool
    digest: str
    prompt: str
    resolution: str
    look: TakeLook
    duration_seconds: float
    width_px: int
    height_px: int
    provider: str
    model: str
    cost_micro_usd: int
    created_at: datetime
    updated_at: datetime

    def accepted(self) -> AcceptedTake:
        """The take as the film holds it."""
        return AcceptedTake(
            asset_id=self.asset_id,
            take_id=self.id,
            duration_seconds=self.duration_seconds,
            digest=self.digest,
            last_frame_asset_id=self.last_frame_asset_id,
        )


@dataclass(frozen=True)
class Pair:
    """The pictures that a clip runs between; without a last one its end is free."""

    first: Picture
    last: Picture | None = None


@dataclass(frozen=True)
class ClipShape:
    """Which key frames a clip is given."""

    first_asset_id: str
    last_asset_id: str | None


def engine_name(settings: ProjectSettings) -> str:
    """Who makes the clips: a slideshow moves over its stills on this machine, whatever else is chosen."""
    return SLIDESHOW_ENGINE if settings.visuals is Visuals.SLIDESHOW else settings.providers.get(Role.VIDEO, "auto")


def shape_of(segment: SegmentView, can: VideoCapabilities) -> ClipShape:
    """The frames that the clip is given, or why it cannot begin; a last one only where the model takes it."""
    if segment.status not in PROMPT_APPROVED or not segment.video_prompt.strip():
        raise SegmentNotReady
    takes_last = VideoMode.FIRST_LAST_FRAME in can.outputs and not _ends_freely(segment, can)
    wanted = (segment.first_frame, segment.last_frame) if takes_last else (segment.first_frame,)
    missing = [frame.position for frame in wanted if frame.asset_id is None]
    if missing or segment.first_frame.asset_id is None:
        raise FramesMissing.of(missing)
    return ClipShape(segment.first_frame.asset_id, segment.last_frame.asset_id if takes_last else None)


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


def clip_faults(media: MediaInfo, *, wanted_seconds: float, size_bytes: int, promised_bytes: int) -> tuple[str, ...]:
    """Every reason why this file is not the clip that was asked for; none means that it is."""
    return tuple(_faults(media, wanted_seconds, size_bytes, promised_bytes))


def look_warnings(look: TakeLook) -> tuple[str, ...]:
    """What the owner of a sound clip should look at before it is approved."""
    return tuple(_warnings(look))


def _warnings(look: TakeLook) -> Iterator[str]:
    if look.black_share >= MUCH_BLACK:
        yield f"{look.black_share:.0%} of it is black."
    if look.frozen_share >= MUCH_STILLNESS:
        yield f"The picture stands still for {look.frozen_share:.0%} of it."
    if look.first_seam is not None and look.first_seam < POOR_SEAM:
        yield "It does not begin like its first key frame."
    if look.last_seam is not None and look.last_seam < POOR_SEAM:
        yield "It does not end like its last key frame."


def _faults(media: MediaInfo, wanted_seconds: float, size_bytes: int, promised_bytes: int) -> Iterator[str]:
    if size_bytes != promised_bytes:
        yield f"it has {size_bytes} bytes instead of {promised_bytes}"
    if media.kind is not FileKind.MP4:
        yield f"it is {media.kind} instead of MP4"
    video = media.video
    if video is None:
        yield "it has no pictures"
        return
    if video.codec not in PLAYABLE:
        yield f"its pictures are coded as {video.codec}"
    if min(video.width_px, video.height_px) <= 0 or video.frame_count <= 0:
        yield "its pictures are empty"
    if abs(video.duration_seconds - wanted_seconds) > TOLERANCE_SECONDS:
        yield f"it lasts {video.duration_seconds:.2f} s instead of {wanted_seconds:.0f} s"


def plain_request(request: VideoRequest) -> dict[str, Any]:
    """The request without its pictures."""
    return {
        "model": request.model,
        "prompt": request.prompt,
        "duration_seconds": request.duration_seconds,
        "resolution": request.resolution.value,
        "camera": [command.value for command in request.camera],
        "optimize_prompt": request.optimize_prompt,
        "aspect_ratio": request.aspect_ratio,
    }


def read_request(kept: Mapping[str, Any], pair: Pair) -> VideoRequest:
    """The request with these pictures."""
    return VideoRequest(
        model=kept["model"],
        prompt=kept["prompt"],
        duration_seconds=kept["duration_seconds"],
        resolution=VideoResolution(kept["resolution"]),
        first_frame=pair.first,
        last_frame=pair.last,
        camera=tuple(CameraCommand(command) for command in kept["camera"]),
        optimize_prompt=kept["optimize_prompt"],
        aspect_ratio=kept["aspect_ratio"],
    )


def plain_task(task: RemoteTask) -> dict[str, Any]:
    """What the vendor has accepted."""
    return {"task_id": task.id, "model": task.model, "submitted_at": task.submitted_at.isoformat()}


def read_task(kept: Mapping[str, Any], remote_id: str, model: str, begun_at: datetime) -> RemoteTask:
    """The vendor's task; one that was only found again is dated by the job that bought it."""
    submitted = kept.get("submitted_at")
    return RemoteTask(
        remote_id, str(kept.get("model") or model), datetime.fromisoformat(submitted) if submitted else begun_at
    )


def digest(request: Mapping[str, Any], pictures_sha256: Sequence[str], salt: str) -> str:
    """The same for the same clip of the same segment's retry chain."""
    asked = {"request": request, "pictures": list(pictures_sha256), "salt": salt}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Difference:
    """One thing in which two takes differ, in words for people."""

    field: str
    one: str
    other: str


def differences(one: TakeView, other: TakeView) -> tuple[Difference, ...]:
    """What was asked and what came differently; numbers that differ by less than anybody notices are the same."""
    return tuple(
        Difference(field, mine, theirs)
        for (field, mine), (_, theirs) in zip(_told(one), _told(other), strict=True)
        if mine != theirs
    )


def take_is_stale(take: TakeView, segment: SegmentView) -> bool:
    """Whether this take would be out of date if it were chosen now."""
    end = segment.last_frame
    if take.hands_on and (end.asset_id is None or end.origin is FrameOrigin.EXTRACTED):
        return take.digest != clip_digest(segment)
    return clip_is_stale(replace(segment, clip=take.accepted()))


def _told(take: TakeView) -> Iterator[tuple[str, str]]:
    yield "prompt", take.prompt
    yield "first_frame", take.first_frame_asset_id
    yield "last_frame", "" if take.hands_on else take.last_frame_asset_id or ""
    yield "provider", take.provider
    yield "model", take.model
    yield "resolution", take.resolution
    yield "size", f"{take.width_px}x{take.height_px}"
    yield "duration_seconds", f"{take.duration_seconds:.1f}"
    yield "cost", f"{take.cost_micro_usd / 1_000_000:.2f}"
    yield "black_share", f"{take.look.black_share:.2f}"
    yield "frozen_share", f"{take.look.frozen_share:.2f}"
    yield "first_seam", _share(take.look.first_seam)
    yield "last_seam", _share(take.look.last_seam)


def _share(likeness: float | None) -> str:
    return "" if likeness is None else f"{likeness:.2f}"


def last_useless(tries: Sequence[tuple[str, str]]) -> str:
    """The last try whose purchase never becomes a clip, of pairs of job and failure, the oldest first; else nothing."""
    found, broken = "", 0
    for job_id, code in tries:
        broken += code == ClipBroken.code
        if code in USELESS or broken == MOST_BROKEN:
            found, broken = job_id, 0
    return found
