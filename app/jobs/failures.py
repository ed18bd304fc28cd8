"""How errors become the failure that a job keeps and shows."""

from app.core.errors import AppError, Kind
from app.jobs.values import JobFailure
from app.providers.errors import Disposition, ProviderError

__all__ = ["JobCancelled", "JobFailed", "failure_of"]

PASSING = frozenset({Kind.UNAVAILABLE, Kind.EXHAUSTED, Kind.STORAGE_FULL, Kind.UNPAID})
WORTH_RETRYING = frozenset({Disposition.RESEND, Disposition.WAIT, Disposition.STOP})


class JobCancelled(Exception):
    """The owner cancelled the job."""


class JobFailed(Exception):
    """The job cannot go on, for a reason that its owner is told."""

    def __init__(self, failure: JobFailure) -> None:
        self.failure = failure
        super().__init__(failure.code)


def failure_of(error: AppError) -> JobFailure:
    """An error in the shape that jobs and attempts show; never the vendor's own text."""
    if isinstance(error, ProviderError):
        return JobFailure(
            code=error.code,
            message=error.text,
            retryable=error.disposition in WORTH_RETRYING,
            provider=error.provider,
            provider_code=error.provider_code,
            hint=error.hint,
        )
    return JobFailure(error.code, error.text, retryable=error.kind in PASSING, hint=error.hint)
