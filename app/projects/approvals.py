"""Pure: which approvals an edit of a segment revokes."""

from dataclasses import dataclass

from app.projects.states import READY_TO_CUT, SegmentStatus
from app.projects.values import SegmentView
from app.providers.values import CameraCommand

# Only these go into the clip itself; narration and end frame have takes of their own.
CLIP_FIELDS = frozenset({"video_prompt", "camera_commands", "duration_sec"})


@dataclass(frozen=True, kw_only=True)
class SegmentWords:
    """What an owner may edit of a segment."""

    video_prompt: str
    narration_text: str
    end_frame_prompt: str
    camera_commands: tuple[CameraCommand, ...]
    duration_sec: int

    @classmethod
    def of(cls, segment: SegmentView) -> "SegmentWords":
        """What stands there now."""
        return cls(
            video_prompt=segment.video_prompt,
            narration_text=segment.narration_text,
            end_frame_prompt=segment.end_frame_prompt,
            camera_commands=segment.camera_commands,
            duration_sec=segment.duration_sec,
        )


def changed_fields(before: SegmentWords, after: SegmentWords) -> frozenset[str]:
    """Names of the fields that an edit really changes."""
    return frozenset(name for name in vars(before) if getattr(before, name) != getattr(after, name))


def status_after_edit(status: SegmentStatus, changed: frozenset[str], *, has_prompt: bool) -> SegmentStatus:
    """Where the segment stands after the edit: an approval falls only with what it approved.

    Before the clip is made the approval covers all words, since all of them are about to be paid for;
    afterwards a new narration or end-frame prompt leaves the approved clip alone.
    """
    if not changed:
        return status
    if not has_prompt:
        return SegmentStatus.PENDING
    if status in READY_TO_CUT and not changed & CLIP_FIELDS:
        return status
    return SegmentStatus.PROMPT_READY
