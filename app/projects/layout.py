"""Pure: how many segments a film has, which settings go together, shapes of pictures and camera commands."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from app.projects.domain import FrameOrigin, FrameView, ProjectStatus, ProjectView, SegmentStatus, SegmentSummary
from app.projects.errors import OptionsClash, PromptTooLong, SegmentsExhausted, TargetTooLong
from app.projects.freshness import film_is_stale
from app.projects.options import AspectRatio, ProjectSettings, Resolution
from app.providers.values import CameraCommand

# Engines round sizes to whole or even pixels; a difference as small as this is none.
SAME_SHAPE: Final = 0.01
# Engines refuse pictures with a short side of 300 pixels or less.
SHORTEST_SIDE_PX: Final = 360


def proportion(ratio: AspectRatio) -> float:
    """Width over height."""
    across, down = map(int, ratio.value.split(":"))
    return across / down


def nearest_ratio(width_px: int, height_px: int, offered: Collection[AspectRatio] = ()) -> AspectRatio:
    """The shape that is nearest to a size, of those that are offered; of all when none is named."""
    wanted = math.log(width_px / height_px)
    return min(offered or AspectRatio, key=lambda ratio: abs(math.log(proportion(ratio)) - wanted))


def cropped_size(width_px: int, height_px: int, ratio: AspectRatio) -> tuple[int, int] | None:
    """The size of a picture once it is cropped to a shape around its middle; None when it has this shape already.

    What would be too small for an engine is as large as it must be.
    """
    shape = proportion(ratio)
    if abs(width_px / height_px / shape - 1) <= SAME_SHAPE:
        return None
    width, height = min(width_px, height_px * shape), min(height_px, width_px / shape)
    growth = max(1.0, SHORTEST_SIDE_PX / min(width, height))
    return round(width * growth), round(height * growth)


def crop_of(frame: FrameView, size_px: tuple[int, int], ratio: AspectRatio) -> tuple[int, int] | None:
    """The size to which a key frame is cropped for its clips; the last picture of a clip is as the clip is."""
    return None if frame.origin is FrameOrigin.EXTRACTED else cropped_size(*size_px, ratio)


def cropped_notes(
    frames: Iterable[FrameView], sizes_px: Mapping[str, tuple[int, int]], ratio: AspectRatio
) -> list[str]:
    """What is said of pictures that their owner brought in another shape than the film has."""
    notes = []
    for frame in frames:
        size = sizes_px.get(frame.asset_id or "")
        if frame.origin is FrameOrigin.UPLOADED and size is not None and cropped_size(*size, ratio):
            name = "first picture" if frame.position == 0 else f"picture after segment {frame.position}"
            notes.append(f"The {name} ({size[0]}x{size[1]}) is cropped around its middle to {ratio}.")
    return notes


# The limits of MiniMax's prompt field; the tags count as prompt text (facts of 2026-11).
MAX_PROMPT_CHARACTERS = 2000
MAX_CAMERA_COMMANDS = 3


BY_NAME = {command.value.lower(): command for command in CameraCommand}


def read_command(text: str) -> CameraCommand | None:
    """The command a person or a planner meant: case and brackets do not matter."""
    return BY_NAME.get(text.strip().strip("[]").strip().lower())


def tagged_prompt(prompt: str, commands: Sequence[CameraCommand]) -> str:
    """The prompt as a video provider reads it, with the tags of simultaneous movements in front."""
    if not commands:
        return prompt
    tags = f"[{','.join(commands)}]"
    return f"{tags} {prompt}" if prompt else tags


LONGEST_1080P_SECONDS = 6
STARTED = frozenset(
    {SegmentStatus.GENERATING, SegmentStatus.GENERATED, SegmentStatus.SEGMENT_APPROVED, SegmentStatus.FAILED}
)


def segment_count(target_duration_sec: int, segment_len_sec: int) -> int:
    """Enough segments to fill the wanted length."""
    return -(-target_duration_sec // segment_len_sec)


def check_target(target_duration_sec: int, longest_sec: int) -> None:
    """Refuses a film longer than this service makes."""
    if target_duration_sec > longest_sec:
        message = f"A film may last at most {longest_sec} seconds here. Ask for a shorter one."
        raise TargetTooLong(message, param="target_duration_sec")


def check_lengths(settings: ProjectSettings, durations_sec: Sequence[int]) -> None:
    """Refuses lengths that the resolution is not offered for."""
    if settings.resolution is Resolution.P1080 and max(durations_sec, default=0) > LONGEST_1080P_SECONDS:
        raise OptionsClash(param="resolution")


def check_room(durations_sec: Sequence[int], added_sec: int, longest_sec: int) -> None:
    """Refuses a segment that makes the film longer than this service makes, rounded up to whole segments."""
    if sum(durations_sec) + added_sec > segment_count(longest_sec, added_sec) * added_sec:
        raise SegmentsExhausted


def check_prompt(video_prompt: str, commands: Sequence[CameraCommand]) -> None:
    """Refuses a prompt that a provider would cut."""
    length = len(tagged_prompt(video_prompt, commands))
    if length > MAX_PROMPT_CHARACTERS:
        message = (
            f"The video prompt with its camera tags has {length} characters; at most {MAX_PROMPT_CHARACTERS} "
            f"are allowed. Shorten it by {length - MAX_PROMPT_CHARACTERS}."
        )
        raise PromptTooLong(message, param="video_prompt")


def resting_status(project: ProjectView) -> ProjectStatus:
    """The state a project has when none of its work runs, read from what it holds."""
    statuses = {segment.status for segment in project.segments}
    if project.film is not None and SegmentStatus.GENERATING not in statuses and not film_is_stale(project):
        return ProjectStatus.COMPLETED
    if statuses & STARTED:
        return ProjectStatus.GENERATING
    if SegmentStatus.PENDING not in statuses:
        return ProjectStatus.PLAN_READY
    has_media = project.first_frame_asset_id is not None or project.audio_sample_asset_id is not None
    return ProjectStatus.MEDIA_UPLOADED if has_media else ProjectStatus.CREATED


def is_busy(segments: Sequence[SegmentSummary]) -> bool:
    """Whether a segment is being made."""
    return any(segment.status is SegmentStatus.GENERATING for segment in segments)
