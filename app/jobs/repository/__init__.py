"""SQL of the jobs slice: jobs, events, paid attempts, idempotency records."""

from app.jobs.repository.attempts import AttemptRepository, RemoteIdTaken
from app.jobs.repository.jobs import EventRepository, IdempotencyRepository, JobRepository, PendingStart

__all__ = [
    "AttemptRepository",
    "EventRepository",
    "IdempotencyRepository",
    "JobRepository",
    "PendingStart",
    "RemoteIdTaken",
]
