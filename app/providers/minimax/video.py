"""MiniMax clips behind the video port: checks, limits, pacing and money rules over both of the vendor's interfaces."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from app.core.clock import Clock
from app.core.limiter import AccountLimiter, LimiterRules, LimitReached
from app.core.sinks import BinarySink
from app.providers.errors import InvalidRequest, OutcomeUnknown, ProviderError, RateLimited, TaskLost, UnexpectedReply
from app.providers.minimax.account import NAME
from app.providers.minimax.client import MiniMaxClient
from app.providers.minimax.models import VIDEO_MODELS, Generation
from app.providers.minimax.tasks import Ended, TaskReady, TasksV1, TasksV2, TaskWire, Unfinished
from app.providers.minimax.wire import hear
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

REMEMBERED_TASKS = 20_000
# The pace that the vendor's guide asks for; usual times of models are told for it.
DOCUMENTED_POLL_SECONDS = 10.0
CLOSE_LOOK_FROM = 0.6
CLOSE_LOOK_UNTIL = 2.0
EARLY_LOOKS = 3
LATE_LOOKS_PER_AGE = 10


def pause_seconds(age_seconds: float, usual_seconds: float, poll_seconds: float) -> float:
    """Seconds until the next look at work of this age, of a kind that usually takes so long.

    Whoever asks for a quicker pace than the guide's looks closely sooner, and not for a shorter time.
    """
    close = usual_seconds * CLOSE_LOOK_FROM * poll_seconds / DOCUMENTED_POLL_SECONDS
    if age_seconds < close:
        return max(poll_seconds, min(close / EARLY_LOOKS, close - age_seconds))
    if age_seconds < usual_seconds * CLOSE_LOOK_UNTIL:
        return poll_seconds
    return max(poll_seconds, min(age_seconds / LATE_LOOKS_PER_AGE, 3 * poll_seconds))


@dataclass
class _Watched:
    look_at: float
    status: str = ""
    empty_successes: int = 0


class Pace:
    """Remembers when each task may be looked at again; forgetting one only costs a look."""

    def __init__(self, clock: Clock, poll_seconds: float) -> None:
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._watched: OrderedDict[str, _Watched] = OrderedDict()

    def too_early(self, task: RemoteTask, usual_seconds: float) -> tuple[float, str]:
        """Seconds until a look is worth a call, with the last known status; none means look now."""
        fresh = task.id not in self._watched
        seen = self._seen(task.id)
        if fresh and self._age(task) < self._poll_seconds:
            seen.look_at += self._next(task, usual_seconds)
        return max(0.0, seen.look_at - self._clock.monotonic()), seen.status

    def looked(self, task: RemoteTask, usual_seconds: float, status: str) -> float:
        """Notes a look that did not end the task; gives the seconds until the next one."""
        pause = self._next(task, usual_seconds)
        seen = self._seen(task.id)
        seen.look_at, seen.status = self._clock.monotonic() + pause, status
        return pause

    def empty_successes(self, task: RemoteTask) -> int:
        """Counts one more success without a file."""
        seen = self._seen(task.id)
        seen.empty_successes += 1
        return seen.empty_successes

    def hurry(self, task_id: str) -> None:
        """Something claims that the task moved: the next look need not wait."""
        self._seen(task_id).look_at = self._clock.monotonic()

    def ended(self, task: RemoteTask) -> None:
        """Nothing more to look at."""
        self._watched.pop(task.id, None)

    def _seen(self, task_id: str) -> _Watched:
        seen = self._watched.setdefault(task_id, _Watched(self._clock.monotonic()))
        while len(self._watched) > REMEMBERED_TASKS:
            self._watched.popitem(last=False)
        return seen

    def _age(self, task: RemoteTask) -> float:
        return max(0.0, (self._clock.now() - task.submitted_at).total_seconds())

    def _next(self, task: RemoteTask, usual_seconds: float) -> float:
        return pause_seconds(self._age(task), usual_seconds, self._poll_seconds)


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
            case TaskReady(has_file=False):
                return self._without_file(task, usual)
            case TaskReady(file_id, width_px, height_px):
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


def _shows_work(look: Unfinished | Ended | TaskReady) -> bool:
    match look:
        case Unfinished(word):
            return bool(word)
        case Ended(error):
            return not isinstance(error, TaskLost)
        case TaskReady():
            return True
