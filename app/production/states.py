"""Pure: the steps of a scripted film one after the other, and how far the film is at each."""

from collections.abc import Iterable, Mapping

from app.jobs.domain import FINAL, JobStatus

__all__ = ["furthest_percent", "reached_percent", "step_targets"]

S = JobStatus
STEPS: Mapping[JobStatus, tuple[JobStatus, ...]] = {
    S.PENDING: (S.VALIDATING,),
    S.VALIDATING: (S.QUEUED,),
    S.QUEUED: (S.PROCESSING,),
    S.PROCESSING: (S.GENERATING_IMAGES,),
    S.GENERATING_IMAGES: (S.GENERATING_VIDEO,),
    S.GENERATING_VIDEO: (S.GENERATING_AUDIO, S.COMPOSING),
    S.GENERATING_AUDIO: (S.COMPOSING,),
    S.COMPOSING: (S.COMPLETED,),
}
REACHED: Mapping[JobStatus, int] = {
    S.GENERATING_IMAGES: 10,
    S.GENERATING_VIDEO: 40,
    S.GENERATING_AUDIO: 70,
    S.COMPOSING: 85,
    S.COMPLETED: 100,
}


def step_targets(status: JobStatus) -> tuple[JobStatus, ...]:
    """Where a scripted film may go from here: to the next step, to failed or to cancelled."""
    return () if status in FINAL else (*STEPS[status], S.FAILED, S.CANCELLED)


def reached_percent(status: JobStatus) -> int:
    """How far a film in this step is."""
    return REACHED.get(status, 0)


def furthest_percent(statuses: Iterable[JobStatus]) -> int:
    """How far a film had come that went through these steps."""
    return max((reached_percent(status) for status in statuses), default=0)
