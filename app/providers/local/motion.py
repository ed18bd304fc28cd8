"""Offline clips behind the video port: accepted work is a folder, so a restart finds it again."""

import asyncio
import hashlib
from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Final

import structlog
from typing_extensions import override

from app.core.clock import Clock
from app.core.fairness import FairLimiter
from app.core.process import ProcessFailed, ProcessTimedOut
from app.core.sinks import BinarySink
from app.core.threads import Threads
from app.providers.errors import InvalidRequest, OutcomeUnknown, TaskLost, UnexpectedReply
from app.providers.local.camera import (
    frame_size,
)
from app.providers.local.clips import DRAFT, FramesUnreadable, RenderFailed, TaskFolder, is_task_id, render
from app.providers.values import AttemptKey, FetchedMedia, MediaType, PictureRules, Reconcile
from app.providers.video import (
    CannotTell,
    Failed,
    Found,
    NotReceived,
    RemoteTask,
    Running,
    Succeeded,
    VideoCapabilities,
    VideoMode,
    VideoOutput,
    VideoProvider,
    VideoRequest,
    VideoResolution,
)

log = structlog.get_logger(__name__)
NAME: Final = "local"
MOTION_MODEL: Final = "local-motion-1"
SHORT_SIDES = {VideoResolution.P480: 480, VideoResolution.P768: 768, VideoResolution.P1080: 1080}
SMALLER = (VideoResolution.P480, VideoResolution.P768)
OUTPUTS = (
    *(VideoOutput(seconds, size) for seconds in (6, 10) for size in SMALLER),
    VideoOutput(6, VideoResolution.P1080),
)
MOTION = VideoCapabilities(
    model=MOTION_MODEL,
    outputs={VideoMode.FIRST_LAST_FRAME: OUTPUTS, VideoMode.FIRST_FRAME: OUTPUTS},
    prompt_limit_characters=4000,
    picture_rules=PictureRules(
        media_types=frozenset({MediaType.PNG, MediaType.JPEG, MediaType.WEBP}),
        max_bytes=20 * 1024 * 1024,
        short_side_above_px=63,
        max_side_px=8192,
        min_ratio=0.4,
        max_ratio=2.5,
    ),
    reconcile=Reconcile.BY_LIST,
    usual_seconds=8,
    # Accepted work waits for its turn, behind all that its owner has begun, and is never lost.
    give_up_after_seconds=24 * 3600,
    submit_deadline_seconds=20,
    obeys_camera=True,
    notes=(
        "Moves figures, light and weather between pictures of the offline painter; over any other picture only the "
        "camera moves, with a dissolve of half a second between two of them.",
    ),
)
LOOK_AGAIN_SECONDS = 2.0
# A poll ends now and then, so that a caller who has waited long can let go of what it holds meanwhile.
TURN_SECONDS, NEXT_TURN_SECONDS = 60.0, 0.1
KEPT_DAYS = 7
CHUNK_BYTES = 256 * 1024


class LocalMotion(VideoProvider):
    """Renders inside `poll`, in the turn of the clip's owner; a cancelled poll leaves nothing half done."""

    name = NAME
    account = NAME

    def __init__(
        self,
        ffmpeg: str,
        folder: Path,
        threads: Threads,
        clock: Clock,
        *,
        processors: FairLimiter,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._ffmpeg = ffmpeg
        self._processors = processors
        self._turn_seconds = turn_seconds
        self._folder = folder
        self._threads = threads
        self._clock = clock
        self._rendering: set[str] = set()

    @override
    def models(self) -> tuple[str, ...]:
        return (MOTION_MODEL,)

    @override
    def capabilities(self, model: str) -> VideoCapabilities:
        if model not in {"", MOTION_MODEL}:
            raise InvalidRequest(provider=NAME, hint=f"Use {MOTION_MODEL}.")
        return MOTION

    @override
    async def submit(self, request: VideoRequest, *, key: AttemptKey) -> RemoteTask:
        misfit = self.capabilities(request.model).misfit(request)
        if misfit is not None:
            raise InvalidRequest(provider=NAME, provider_code=misfit.param, hint=misfit.hint)
        if not is_task_id(key.attempt_id):
            raise InvalidRequest(provider=NAME, provider_code="attempt_id", hint="Use letters, digits, - _ and dots.")
        abandoned = Event()
        try:
            await self._threads.run(self._drop_old)
            folder, draft = self._task_folder(key.attempt_id), self._folder / f"{self._clock.new_id()}{DRAFT}"
            return await self._threads.run(folder.accept, request, self._clock.now(), draft, abandoned)
        except asyncio.CancelledError:
            abandoned.set()
            raise
        except OSError as full:
            raise OutcomeUnknown(provider=NAME, provider_code="folder") from full

    @override
    async def poll(self, task: RemoteTask) -> Running | Succeeded | Failed:
        folder = self._task_folder(task.id)
        ended = await self._threads.run(self._ending, folder, task)
        if ended is not None:
            return ended
        if task.id in self._rendering:
            return Running(LOOK_AGAIN_SECONDS, "waiting")
        self._rendering.add(task.id)
        try:
            async with asyncio.timeout(self._turn_seconds) as waiting, self._processors.turn():
                waiting.reschedule(None)
                with folder.claimed() as mine:
                    if not mine:
                        return Running(LOOK_AGAIN_SECONDS, "rendering")
                    return await self._rendered(folder, task)
        except TimeoutError:
            return Running(NEXT_TURN_SECONDS, "waiting")
        finally:
            self._rendering.discard(task.id)

    @override
    async def fetch(self, done: Succeeded, into: BinarySink) -> FetchedMedia:
        clip = self._task_folder(done.task.id).clip
        digest, size = hashlib.sha256(), 0
        async with AsyncExitStack() as opened:
            try:
                file = await opened.enter_async_context(self._threads.opened(clip, "rb"))
            except FileNotFoundError as gone:
                raise TaskLost(provider=NAME, provider_code=done.task.id) from gone
            await into.restart()
            while chunk := await self._threads.run(file.read, CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                await into.write(chunk)
        return FetchedMedia(size, digest.hexdigest(), MediaType.MP4)

    @override
    async def find(
        self, key: AttemptKey, *, since: datetime, request: VideoRequest, known: Collection[str]
    ) -> Found | NotReceived | CannotTell:
        if not is_task_id(key.attempt_id):
            return NotReceived()
        task = await self._threads.run(self._task_folder(key.attempt_id).task)
        if task is not None:
            return Found(task)
        forgotten = self._clock.now() - timedelta(days=KEPT_DAYS)
        return CannotTell() if since < forgotten else NotReceived()

    @override
    async def forget(self, task: RemoteTask) -> None:
        await self._threads.run(self._task_folder(task.id).remove)

    @override
    async def close(self) -> None:
        """Holds nothing open between calls."""

    def _task_folder(self, task_id: str) -> TaskFolder:
        if not is_task_id(task_id):
            raise TaskLost(provider=NAME, provider_code="task_id")
        return TaskFolder(self._folder / task_id)

    def _ending(self, folder: TaskFolder, task: RemoteTask) -> Succeeded | Failed | None:
        if folder.task() is None:
            return Failed(TaskLost(provider=NAME, provider_code=task.id))
        reason = folder.refusal()
        if reason is not None:
            return Failed(InvalidRequest(provider=NAME, provider_code="frames", hint=reason))
        return self._done(folder, task) if folder.clip.exists() else None

    def _done(self, folder: TaskFolder, task: RemoteTask) -> Succeeded:
        width, height = _size(folder.request())
        return Succeeded(task, task.id, width, height)

    async def _rendered(self, folder: TaskFolder, task: RemoteTask) -> Running | Succeeded | Failed:
        # Another process may have finished between our look and our claim.
        ended = await self._threads.run(self._ending, folder, task)
        if ended is not None:
            return ended
        request = await self._threads.run(folder.request)
        try:
            await render(self._ffmpeg, folder, request, _size(request), self._threads)
        except FramesUnreadable:
            await self._threads.run(folder.refuse, "Use frames that open as PNG, JPEG or WebP.")
        except (ProcessFailed, ProcessTimedOut, RenderFailed, OSError) as trouble:
            log.warning("motion.not_rendered", exc_info=trouble)
            return Failed(UnexpectedReply(provider=NAME, provider_code=type(trouble).__name__))
        return await self._threads.run(self._ending, folder, task) or Running(LOOK_AGAIN_SECONDS, "rendering")

    def _drop_old(self) -> None:
        """Forgets work that nobody asked about for days, as a vendor does."""
        oldest = self._clock.now() - timedelta(days=KEPT_DAYS)
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            kept = TaskFolder(path).task() if is_task_id(path.name) else None
            if kept is not None and kept.submitted_at < oldest:
                TaskFolder(path).remove()


def _size(request: VideoRequest) -> tuple[int, int]:
    first = request.first_frame
    shape = (first.width_px, first.height_px) if first else (16, 9)
    return frame_size(shape, SHORT_SIDES[request.resolution])
