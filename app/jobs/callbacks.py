"""What vendors send to an attempt's own address: a challenge is echoed, a hint is looked up before it is believed."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

import structlog

from app.accounts.own_keys import resources_of
from app.jobs.attempts import Sent
from app.jobs.domain import UNEXPLAINED, AttemptState, AttemptView, JobView
from app.jobs.errors import CallbackUnknown
from app.jobs.repository import AttemptRepository, JobRepository
from app.jobs.workshop import Workshop
from app.providers.errors import ProviderError
from app.providers.values import Role
from app.providers.video import CallbackChallenge, CallbackHint, CallbackListener, VideoProvider
from app.resources import Resources

__all__ = ["CallbackDesk", "callback_url"]

log = structlog.get_logger(__name__)

PURPOSE = b"vendor-callback:"
# One that was taken for not received may have been all the same.
NAMELESS = UNEXPLAINED | {AttemptState.NOT_RECEIVED}


def callback_url(resources: Resources, attempt: AttemptView) -> str | None:
    """The attempt's own address; there is none while nobody outside can reach this service."""
    base = resources.settings.server.public_base_url
    if not base:
        return None
    return f"{base}/api/v1/callbacks/{attempt.provider}/{attempt.id}/{_tokens(resources, attempt.id)[0]}"


class CallbackDesk:
    """Hears vendors out. Nothing they say is proof: what they name is asked for at the vendor's own door."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock

    async def hear(self, attempt_id: str, token: str, body: bytes) -> Mapping[str, str]:
        """What to answer the caller."""
        known = _tokens(self._resources, attempt_id)
        if not any(hmac.compare_digest(token.encode(), each.encode()) for each in known):
            raise CallbackUnknown
        job, attempt = await self._known(attempt_id)
        # The work may stand in an account of its owner's own.
        async with resources_of(self._resources, job.owner_id) as own:
            return await self._answered(job, attempt, own.engines.video(attempt.provider), body)

    async def _answered(
        self, job: JobView, attempt: AttemptView, engine: VideoProvider, body: bytes
    ) -> Mapping[str, str]:
        if not isinstance(engine, CallbackListener):
            raise CallbackUnknown
        match engine.hear(body):
            case CallbackChallenge(answer):
                return answer
            case CallbackHint(task_id) if attempt.state in NAMELESS:
                await self._follow(job, attempt, engine, task_id)
            case CallbackHint() | None:
                pass
        return {}

    async def _known(self, attempt_id: str) -> tuple[JobView, AttemptView]:
        async with self._resources.database.reading() as session:
            attempt = await AttemptRepository(session, self._clock).view(attempt_id)
            job = None if attempt is None else await JobRepository(session, self._clock).view(attempt.job_id)
        if attempt is None or job is None or attempt.provider not in self._vendors():
            raise CallbackUnknown
        return job, attempt

    def _vendors(self) -> frozenset[str]:
        return frozenset(card.vendor.name for card in self._resources.engines.cards() if card.role is Role.VIDEO)

    async def _follow(self, job: JobView, attempt: AttemptView, engine: CallbackListener, task_id: str) -> None:
        """Binds the attempt to the task it was told of, if the vendor has it and nobody else does."""
        async with self._resources.database.reading() as session:
            taken = await AttemptRepository(session, self._clock).known_remote_ids(attempt.account, attempt.operation)
        if task_id in taken or not await self._exists(engine, task_id):
            log.info("callback_unfounded", attempt_id=attempt.id, job_id=job.id)
            return
        bound = await self._resources.provided(Workshop).attempts.bind(job, attempt, Sent(task_id))
        log.info("callback_followed", attempt_id=attempt.id, job_id=job.id, success=bound)

    async def _exists(self, engine: CallbackListener, task_id: str) -> bool:
        try:
            return await engine.knows(task_id)
        except ProviderError:
            return False


def _tokens(resources: Resources, attempt_id: str) -> tuple[str, ...]:
    """The proof in an attempt's address; behind it the one of the SECRET_KEY before, for calls that are under way."""
    return tuple(_token(secret, attempt_id) for secret in resources.settings.security.secret_keys())


def _token(secret: str, attempt_id: str) -> str:
    proof = hmac.new(secret.encode(), PURPOSE + attempt_id.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(proof).decode().rstrip("=")
