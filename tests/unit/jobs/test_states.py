"""Job and attempt states: every pair is either legal or refused, as the tables here say."""

from app.jobs.domain import (
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

# What a job in a status may become, in the order of its way; written out, so that no rule is compared with itself.
JOB_MOVES = {
    "pending": "validating queued processing generating_images generating_video generating_audio composing completed",
    "validating": "queued processing generating_images generating_video generating_audio composing completed",
    "queued": "processing generating_images generating_video generating_audio composing completed",
    "processing": "generating_images generating_video generating_audio composing completed",
    "generating_images": "generating_video generating_audio composing completed",
    "generating_video": "generating_audio composing completed",
    "generating_audio": "composing completed",
    "composing": "completed",
}
ENDS = ["failed", "cancelled"]
FINAL_STATUSES = ["completed", "failed", "cancelled"]
MOVES_OF_ATTEMPTS = {
    "intent": {"sending", "refused", "not_received"},
    "sending": {"intent", "bound", "refused", "unknown", "not_received"},
    "bound": set(),
    "refused": set(),
    "unknown": {"bound", "not_received", "parked"},
    "not_received": {"bound"},
    "parked": {"bound", "not_received"},
}


def test_a_job_only_moves_forward_or_ends() -> None:
    assert [status.value for status in JobStatus] == [*JOB_MOVES, *FINAL_STATUSES]
    legal = {old: [*news.split(), *ENDS] for old, news in JOB_MOVES.items()} | {old: [] for old in FINAL_STATUSES}
    assert {old.value: [new.value for new in targets(old)] for old in JobStatus} == legal
    for new in JobStatus:
        assert {old.value for old in sources(new)} == {old for old, news in legal.items() if new in news}, new
    assert {status.value for status in FINAL} == set(FINAL_STATUSES)


def test_an_attempt_moves_as_the_table_says() -> None:
    assert {old.value: {new.value for new in news} for old, news in ATTEMPT_MOVES.items()} == MOVES_OF_ATTEMPTS
    for new in AttemptState:
        assert {old.value for old in attempt_sources(new)} == {
            o for o, news in MOVES_OF_ATTEMPTS.items() if new in news
        }


def test_an_unknown_attempt_is_never_sent_again() -> None:
    seen, open_states = set(), {AttemptState.UNKNOWN}
    while open_states:
        state = open_states.pop()
        seen.add(state)
        open_states |= set(ATTEMPT_MOVES[state]) - seen
    assert AttemptState.SENDING not in seen
    assert AttemptState.INTENT not in seen


PHASES = {
    "queued": {"pending", "validating", "queued"},
    "running": {"processing", "generating_images", "generating_video", "generating_audio", "composing"},
    "succeeded": {"completed"},
    "failed": {"failed"},
    "cancelled": {"cancelled"},
}


def test_each_status_shows_as_exactly_one_phase() -> None:
    for phase, statuses in PHASES.items():
        assert {status.value for status in statuses_in(Phase(phase))} == statuses
        for status in statuses:
            assert phase_of(JobStatus(status), awaits_owner=False) == phase
            waits = phase_of(JobStatus(status), awaits_owner=True)
            assert waits == (phase if status in FINAL_STATUSES else "awaiting_input")
    assert {status.value for status in statuses_in(Phase.AWAITING_INPUT)} == PHASES["queued"] | PHASES["running"]
    assert set(PHASES) | {"awaiting_input"} == {phase.value for phase in Phase}
