"""Job and attempt states: every pair is either legal or refused, by one table."""

from itertools import product

import pytest

from app.jobs.states import (
    ATTEMPT_MOVES,
    FINAL,
    AttemptState,
    JobStatus,
    Phase,
    attempt_sources,
    phase_of,
    sources,
    statuses_in,
    targets,
)

ORDER = list(JobStatus)


@pytest.mark.parametrize(("old", "new"), list(product(JobStatus, JobStatus)))
def test_a_job_only_moves_forward_or_ends(old: JobStatus, new: JobStatus) -> None:
    ends = new in {JobStatus.FAILED, JobStatus.CANCELLED}
    forward = ORDER.index(new) > ORDER.index(old)
    legal = old not in FINAL and (ends or forward)
    assert (new in targets(old)) is legal
    assert (old in sources(new)) is legal


@pytest.mark.parametrize(("old", "new"), list(product(AttemptState, AttemptState)))
def test_sources_and_moves_of_attempts_agree(old: AttemptState, new: AttemptState) -> None:
    assert (old in attempt_sources(new)) is (new in ATTEMPT_MOVES[old])


def test_an_unknown_attempt_is_never_sent_again() -> None:
    seen, open_states = set(), {AttemptState.UNKNOWN}
    while open_states:
        state = open_states.pop()
        seen.add(state)
        open_states |= set(ATTEMPT_MOVES[state]) - seen
    assert AttemptState.SENDING not in seen
    assert AttemptState.INTENT not in seen


@pytest.mark.parametrize("status", list(JobStatus))
def test_each_status_shows_as_exactly_one_phase(status: JobStatus) -> None:
    asked = [phase for phase in Phase if phase is not Phase.AWAITING_INPUT and status in statuses_in(phase)]
    assert asked == [phase_of(status, awaits_owner=False)]
    assert phase_of(status, awaits_owner=True) is (asked[0] if status in FINAL else Phase.AWAITING_INPUT)
