"""Pure: how many segments a film has, which settings go together, and where a project rests."""

from collections.abc import Sequence

from app.projects.camera import MAX_PROMPT_CHARACTERS, tagged_prompt
from app.projects.errors import OptionsClash, PromptTooLong, SegmentsExhausted, TargetTooLong
from app.projects.freshness import film_is_stale
from app.projects.options import ProjectSettings, Resolution
from app.projects.states import ProjectStatus, SegmentStatus
from app.projects.values import ProjectView, SegmentSummary
from app.providers.values import CameraCommand

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
