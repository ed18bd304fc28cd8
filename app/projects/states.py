"""Pure: the states of projects and segments and the legal moves between them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class ProjectStatus(StrEnum):
    """Where a film stands on its way."""

    CREATED = "created"
    MEDIA_UPLOADED = "media_uploaded"
    VOICE_CLONING = "voice_cloning"
    PLAN_GENERATING = "plan_generating"
    PLAN_READY = "plan_ready"
    GENERATING = "generating"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    FAILED = "failed"


class SegmentStatus(StrEnum):
    """Where one segment stands on its way."""

    PENDING = "pending"
    PROMPT_READY = "prompt_ready"
    APPROVED = "approved"
    GENERATING = "generating"
    GENERATED = "generated"
    SEGMENT_APPROVED = "segment_approved"
    FAILED = "failed"


P = ProjectStatus
S = SegmentStatus

# The states to which interrupted or finished work returns a project.
RESTING = frozenset({P.CREATED, P.MEDIA_UPLOADED, P.PLAN_READY, P.GENERATING, P.COMPLETED})
BUSY = frozenset({P.VOICE_CLONING, P.PLAN_GENERATING, P.FINALIZING})

# A further segment of a film may start while others are being made, hence generating → generating.
PROJECT_MOVES: Mapping[ProjectStatus, frozenset[ProjectStatus]] = {
    P.CREATED: frozenset({P.MEDIA_UPLOADED, P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING}),
    P.MEDIA_UPLOADED: frozenset({P.CREATED, P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING}),
    P.VOICE_CLONING: RESTING | {P.PLAN_GENERATING, P.FAILED},
    P.PLAN_GENERATING: RESTING | {P.FAILED},
    P.PLAN_READY: frozenset({P.VOICE_CLONING, P.PLAN_GENERATING, P.GENERATING, P.FINALIZING, P.COMPLETED}),
    P.GENERATING: frozenset(
        {P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING, P.FINALIZING, P.COMPLETED, P.FAILED}
    ),
    P.FINALIZING: frozenset({P.PLAN_READY, P.GENERATING, P.COMPLETED, P.FAILED}),
    P.COMPLETED: frozenset({P.VOICE_CLONING, P.PLAN_GENERATING, P.PLAN_READY, P.GENERATING, P.FINALIZING}),
    P.FAILED: RESTING | BUSY,
}

# Approved and failed lead to generated as well: an earlier take may be chosen instead of a new one.
SEGMENT_MOVES: Mapping[SegmentStatus, frozenset[SegmentStatus]] = {
    S.PENDING: frozenset({S.PROMPT_READY}),
    S.PROMPT_READY: frozenset({S.PENDING, S.APPROVED}),
    S.APPROVED: frozenset({S.PENDING, S.PROMPT_READY, S.GENERATING, S.GENERATED}),
    S.GENERATING: frozenset({S.GENERATED, S.FAILED, S.APPROVED}),
    S.GENERATED: frozenset({S.PENDING, S.PROMPT_READY, S.APPROVED, S.GENERATING, S.SEGMENT_APPROVED}),
    S.SEGMENT_APPROVED: frozenset({S.PENDING, S.PROMPT_READY, S.APPROVED, S.GENERATING, S.GENERATED}),
    S.FAILED: frozenset({S.PENDING, S.PROMPT_READY, S.APPROVED, S.GENERATING, S.GENERATED}),
}
PROMPT_APPROVED = frozenset({S.APPROVED, S.GENERATING, S.GENERATED, S.SEGMENT_APPROVED, S.FAILED})
READY_TO_CUT = frozenset({S.GENERATED, S.SEGMENT_APPROVED})
StateT = TypeVar("StateT", ProjectStatus, SegmentStatus)


def project_sources(to: ProjectStatus) -> frozenset[ProjectStatus]:
    """The states from which a project may become `to`."""
    return _sources(PROJECT_MOVES, to)


def segment_sources(to: SegmentStatus) -> frozenset[SegmentStatus]:
    """The states from which a segment may become `to`."""
    return _sources(SEGMENT_MOVES, to)


def project_targets(of: ProjectStatus) -> tuple[ProjectStatus, ...]:
    """What a project in this state may become, in the order of the way."""
    return tuple(status for status in ProjectStatus if status in PROJECT_MOVES[of])


def segment_targets(of: SegmentStatus) -> tuple[SegmentStatus, ...]:
    """What a segment in this state may become, in the order of the way."""
    return tuple(status for status in SegmentStatus if status in SEGMENT_MOVES[of])


def _sources(moves: Mapping[StateT, frozenset[StateT]], to: StateT) -> frozenset[StateT]:
    return frozenset(old for old, news in moves.items() if to in news)
