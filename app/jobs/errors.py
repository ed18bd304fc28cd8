"""What the jobs slice refuses."""

from app.core.errors import Conflict, Exhausted, Late, NotFound, Unavailable, Unusable


class CallbackUnknown(NotFound):
    """No attempt listens at this address."""

    code = "job.callback_unknown"
    message = "Nobody listens here. Use the callback address exactly as it was given."


class AttemptNotFound(NotFound):
    """No such paid call."""

    code = "job.attempt_not_found"
    message = "There is no such paid call. Choose one of the open ones."
    advice = "GET /api/v1/admin/attempts lists the open ones."


class AttemptNotAsked(Conflict):
    """The job asks nothing about this paid call now."""

    code = "job.attempt_not_asked"
    message = (
        "Nothing is asked about this call now: it is explained already, or another call of its job is asked first."
    )


class JobNotFound(NotFound):
    """No such job for this caller."""

    code = "job.not_found"
    message = "There is no such job. Check the id, or look for it among your jobs."
    advice = "GET /api/v1/jobs lists your jobs."


class IllegalJobMove(Conflict):
    """The job cannot move there from where it stands."""

    code = "job.illegal_move"
    message = "The job cannot move there from its present status. See `allowed` for the legal ones."


class JobNotRetryable(Conflict):
    """Only a job that failed or was cancelled can be tried again."""

    code = "job.not_retryable"
    message = "Only a failed or cancelled job can be retried. Wait until it ends, or start a new one."


class MoneyUnexplained(Conflict):
    """A paid call of this work may have been charged, and nobody knows yet."""

    code = "job.money_unexplained"
    message = (
        "An earlier call for this work may have been charged, and its outcome is not known yet. Nothing was started. "
        "See `attempts`: wait until each is explained, or answer the question of its job."
    )


class NothingAsked(Conflict):
    """The job does not wait for an answer."""

    code = "job.nothing_asked"
    message = "The job does not wait for an answer. Read it again to see where it stands."


class AnswerNotOffered(Unusable):
    """The answer is none of the offered ones."""

    code = "job.answer_not_offered"
    message = "That is none of the offered answers. See `choices` of the job's question."


class NotDownloadable(Conflict):
    """The job has produced no file."""

    code = "job.not_downloadable"
    message = "This job has no file to download. Wait until it has completed."


class KindUnknown(Unusable):
    """No job of this kind can be started by a request."""

    code = "job.kind_unknown"
    message = "No job of this kind can be started here. See `kinds` for those that can."


class ParamsUnusable(Unusable):
    """The params do not fit the kind."""

    code = "job.params_unusable"
    message = "The params do not fit this kind of job. See `faults`."


class QueueFull(Unavailable):
    """The service has as much waiting work as it takes."""

    code = "job.queue_full"
    message = "Too much work is waiting right now. Nothing was started or charged; try again after Retry-After."


class HeldReplyEnded(Unavailable):
    """The process that held this reply ends; the job goes on."""

    code = "job.held_reply_ended"
    message = "This server is being replaced; your job goes on. Read it at the path in `job` and wait there again."


class TooManyJobs(Exhausted):
    """The user has as many unfinished jobs as allowed."""

    code = "job.too_many"
    message = "You have as many unfinished jobs as allowed. Wait for one to end, or cancel one."


class KeyUnusable(Unusable):
    """The Idempotency-Key is not one."""

    code = "idempotency.key_unusable"
    message = "Idempotency-Key must be 1 to 255 printable characters. Send a UUID, for example."


class KeyReused(Unusable):
    """The key came before with another path, query or body."""

    code = "idempotency.key_reused"
    message = "This Idempotency-Key was used with another request. Use a new key for a new request."


class KeyInUse(Conflict):
    """The first request with this key still runs."""

    code = "idempotency.key_in_use"
    message = "The first request with this Idempotency-Key is still running. Repeat after Retry-After."


class WorkFailed(Unavailable):
    """The job failed for a reason that has no name of its own."""

    code = "job.failed"
    message = "The work failed on our side. Nothing paid for is lost; retry the job."


class WorkCancelled(Conflict):
    """The job was cancelled while the caller waited for it."""

    code = "job.cancelled"
    message = "The work was cancelled before it was done. Start it again when you want it."


class WorkGoesOn(Late):
    """A client that cannot wait again waited as long as it is allowed to."""

    code = "job.goes_on"
    message = "The work takes longer than a reply is held. It goes on: send the same request again to wait for it."
