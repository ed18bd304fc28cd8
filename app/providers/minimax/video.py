"""MiniMax clips behind the video port: checks, limits, pacing and money rules over both of the vendor's interfaces."""

from collections.abc import Collection
from datetime import datetime

from typing_extensions import override

from app.core.limiter import AccountLimiter, LimiterRules, LimitReached
from app.core.sinks import BinarySink
from app.providers.errors import InvalidRequest, OutcomeUnknown, ProviderError, RateLimited, TaskLost, UnexpectedReply
from app.providers.minimax.account import NAME
from app.providers.minimax.callbacks import hear
from app.providers.minimax.client import MiniMaxClient
from app.providers.minimax.models import VIDEO_MODELS, Generation
from app.providers.minimax.pace import Pace
from app.providers.minimax.tasks import Ended, Ready, TaskWire, Unfinished
from app.providers.minimax.tasks_v1 import TasksV1
from app.providers.minimax.tasks_v2 import TasksV2
from app.providers.values import AttemptKey, FetchedMedia
from app.providers.video import (
    CallbackChallenge,
    CallbackHint,
    CallbackListener,
    CannotTell,
    Failed,
    Found,
    NotReceived,
    RemoteTask,
    Running,
    Succeeded,
    VideoCapabilities,
    VideoProvider,
    VideoRequest,
)

__all__ = ["MiniMaxVideo"]

MOST_WAIT_SECONDS = 5.0
MOST_EMPTY_SUCCESSES = 3


class MiniMaxVideo(VideoProvider, CallbackListener):
    """Clips by Hailuo and H3."""

    name = NAME

    def __init__(self, client: MiniMaxClient) -> None:
        account = client.account
        self.account = account.label
        self._client = client
        self._clock = client.clock
        self._limiter = AccountLimiter(self._clock, LimiterRules(account.rpm_video, account.max_in_flight))
        self._pace = Pace(self._clock, account.poll_seconds)
        self._wires: dict[Generation, TaskWire] = {Generation.V1: TasksV1(client), Generation.V2: TasksV2(client)}

    @override
    def models(self) -> tuple[str, ...]:
        preferred = self._client.account.video_model
        return (preferred, *(name for name in VIDEO_MODELS if name != preferred))

    @override
    def capabilities(self, model: str) -> VideoCapabilities:
        if model not in VIDEO_MODELS:
            raise InvalidRequest(provider=NAME, hint=f"Use one of {', '.join(VIDEO_MODELS)}.")
        return VIDEO_MODELS[model].capabilities

    @override
    async def submit(self, request: VideoRequest, *, key: AttemptKey) -> RemoteTask:
        can = self.capabilities(request.model)
        misfit = can.misfit(request)
        if misfit is not None:
            raise InvalidRequest(provider=NAME, provider_code=misfit.param, hint=misfit.hint)
        try:
            await self._limiter.enter(key.attempt_id, most_wait_seconds=MOST_WAIT_SECONDS, holds_place=True)
        except LimitReached as full:
            raise RateLimited(provider=NAME, retry_after_seconds=full.retry_after_seconds) from full
        try:
            task_id = await self._wire(request.model).create(request, key)
        except OutcomeUnknown:
            # The work may be running: its place stays taken until the limiter forgets it.
            raise
        except ProviderError as refused:
            self._limiter.leave(key.attempt_id)
            if isinstance(refused, RateLimited):
                self._limiter.close_for(refused.retry_after_seconds or 0)
            raise
        self._limiter.rename(key.attempt_id, task_id)
        return RemoteTask(task_id, request.model, self._clock.now())

    @override
    async def poll(self, task: RemoteTask) -> Running | Succeeded | Failed:
        usual = self.capabilities(task.model).usual_seconds
        wait, status = self._pace.too_early(task, usual)
        if wait > 0:
            self._limiter.touch(task.id)
            return Running(wait, status)
        match await self._wire(task.model).look(task.id):
            case Unfinished(word):
                self._limiter.touch(task.id)
                return Running(self._pace.looked(task, usual, word), word)
            case Ended(error):
                self._over(task)
                return Failed(error)
            case Ready(has_file=False):
                return self._without_file(task, usual)
            case Ready(file_id, width_px, height_px):
                self._over(task)
                return Succeeded(task, file_id, width_px, height_px)

    @override
    async def knows(self, task_id: str) -> bool:
        seen = [await wire.look(task_id) for wire in self._wires.values()]
        return any(map(_shows_work, seen))

    @override
    async def fetch(self, done: Succeeded, into: BinarySink) -> FetchedMedia:
        wire = self._wire(done.task.model)

        async def renew() -> str:
            return await wire.link(done.task.id, done.file_id)

        max_bytes = self.capabilities(done.task.model).max_file_bytes
        return await self._client.fetch(await renew(), into, max_bytes=max_bytes, renew=renew)

    @override
    async def find(
        self, key: AttemptKey, *, since: datetime, request: VideoRequest, known: Collection[str]
    ) -> Found | NotReceived | CannotTell:
        orphans = await self._wire(request.model).orphans(request, since, known)
        if orphans is None or len(orphans) > 1:
            return CannotTell()
        if not orphans:
            self._limiter.leave(key.attempt_id)
            return NotReceived()
        self._limiter.rename(key.attempt_id, orphans[0])
        return Found(RemoteTask(orphans[0], request.model, since))

    @override
    async def forget(self, task: RemoteTask) -> None:
        self._over(task)
        await self._wire(task.model).take_back(task.id)

    @override
    def hear(self, body: bytes) -> CallbackChallenge | CallbackHint | None:
        said = hear(body)
        if isinstance(said, CallbackHint):
            self._pace.hurry(said.task_id)
        return said

    @override
    async def close(self) -> None:
        await self._client.close()

    def _wire(self, model: str) -> TaskWire:
        self.capabilities(model)
        return self._wires[VIDEO_MODELS[model].generation]

    def _over(self, task: RemoteTask) -> None:
        self._pace.ended(task)
        self._limiter.leave(task.id)

    def _without_file(self, task: RemoteTask, usual: float) -> Running | Failed:
        if self._pace.empty_successes(task) < MOST_EMPTY_SUCCESSES:
            return Running(self._pace.looked(task, usual, "success without a file"))
        self._over(task)
        return Failed(UnexpectedReply("The engine finished without delivering a clip. Start it again.", provider=NAME))


def _shows_work(look: Unfinished | Ended | Ready) -> bool:
    match look:
        case Unfinished(word):
            return bool(word)
        case Ended(error):
            return not isinstance(error, TaskLost)
        case Ready():
            return True
