"""Veo clips behind the video port: checks, limits and money rules over the vendor's long-running operations."""

import asyncio
import hashlib
from collections.abc import Collection
from datetime import datetime

from google.genai import Client
from google.genai.types import GenerateVideosConfig, GenerateVideosOperation, GenerateVideosSource, HttpOptions, Image
from typing_extensions import override

from app.core.clock import Clock
from app.core.limiter import AccountLimiter, LimiterRules, LimitReached
from app.core.sinks import BinarySink
from app.providers.errors import InvalidRequest, OutcomeUnknown, ProviderError, RateLimited, TaskLost, UnexpectedReply
from app.providers.google.account import NAME, VIDEO_MODELS, GoogleAccount
from app.providers.google.errors import TROUBLES, blocked, read_error, sent_error, task_error
from app.providers.values import AttemptKey, FetchedMedia, Picture
from app.providers.video import (
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

PIECE_BYTES = 1024 * 1024


async def fetched(content: bytes, media_type: str | None, into: BinarySink, max_bytes: int) -> FetchedMedia:
    """The whole clip in the sink."""
    if len(content) > max_bytes:
        raise UnexpectedReply(provider=NAME, provider_code="too_large")
    await into.restart()
    digest = hashlib.sha256()
    for begin in range(0, len(content), PIECE_BYTES):
        piece = content[begin : begin + PIECE_BYTES]
        digest.update(piece)
        await into.write(piece)
    return FetchedMedia(len(content), digest.hexdigest(), media_type or "video/mp4")


MOST_WAIT_SECONDS = 5.0
READ_SECONDS = 60.0


class GoogleVideo(VideoProvider):
    """Clips by Veo."""

    name = NAME

    def __init__(self, account: GoogleAccount, clock: Clock) -> None:
        self.account = account.label
        self._own = account
        self._clock = clock
        self._limiter = AccountLimiter(clock, LimiterRules(account.rpm_video, account.max_in_flight))
        options = HttpOptions(base_url=account.base_url or None)
        self._client = Client(
            vertexai=True,
            project=account.project,
            location=account.location,
            credentials=account.credentials,
            http_options=options,
        )

    @override
    def models(self) -> tuple[str, ...]:
        preferred = self._own.video_model
        return (preferred, *(name for name in VIDEO_MODELS if name != preferred))

    @override
    def capabilities(self, model: str) -> VideoCapabilities:
        if model not in VIDEO_MODELS:
            raise InvalidRequest(provider=NAME, hint=f"Use one of {', '.join(VIDEO_MODELS)}.")
        return VIDEO_MODELS[model]

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
        operation = await self._created(request, key, can.submit_deadline_seconds - MOST_WAIT_SECONDS)
        self._limiter.rename(key.attempt_id, operation)
        return RemoteTask(operation, request.model, self._clock.now())

    @override
    async def poll(self, task: RemoteTask) -> Running | Succeeded | Failed:
        try:
            found = await self._read(task)
        except TaskLost as lost:
            return Failed(lost)
        if not found.done:
            self._limiter.touch(task.id)
            return Running(self._own.poll_seconds, "running")
        self._limiter.leave(task.id)
        error = _failure(found)
        return Succeeded(task) if error is None else Failed(error)

    @override
    async def fetch(self, done: Succeeded, into: BinarySink) -> FetchedMedia:
        found = await self._read(done.task)
        videos = found.response.generated_videos if found.response is not None else None
        made = videos[0].video if videos else None
        if made is None or not made.video_bytes:
            raise TaskLost(provider=NAME, provider_code="no_bytes")
        return await fetched(made.video_bytes, made.mime_type, into, self.capabilities(done.task.model).max_file_bytes)

    @override
    async def find(
        self, key: AttemptKey, *, since: datetime, request: VideoRequest, known: Collection[str]
    ) -> Found | NotReceived | CannotTell:
        return CannotTell()

    @override
    async def forget(self, task: RemoteTask) -> None:
        self._limiter.leave(task.id)

    @override
    async def close(self) -> None:
        await self._client.aio.aclose()

    async def check(self) -> None:
        """One free call that fails with AccountProblem when the project or the credentials do not work."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._client.aio.models.get(model=f"publishers/google/models/{self._own.video_model}")
        except TROUBLES as fault:
            raise read_error(fault) from fault

    async def _created(self, request: VideoRequest, key: AttemptKey, deadline_seconds: float) -> str:
        source = GenerateVideosSource(prompt=request.text, image=_image(request.first_frame))
        config = GenerateVideosConfig(
            number_of_videos=1,
            duration_seconds=request.duration_seconds,
            aspect_ratio=request.aspect_ratio if request.first_frame is None else None,
            resolution=request.resolution.lower(),
            last_frame=_image(request.last_frame),
            enhance_prompt=request.optimize_prompt,
            generate_audio=False,
        )
        try:
            async with asyncio.timeout(deadline_seconds):
                made = await self._client.aio.models.generate_videos(model=request.model, source=source, config=config)
        except TROUBLES as fault:
            raise self._left(key, sent_error(fault)) from fault
        if not made.name:
            raise OutcomeUnknown(provider=NAME, provider_code="no_name")
        return made.name

    def _left(self, key: AttemptKey, error: ProviderError) -> ProviderError:
        # Work whose outcome is unknown may be running: its place stays taken until the limiter forgets it.
        if not isinstance(error, OutcomeUnknown):
            self._limiter.leave(key.attempt_id)
        return error

    async def _read(self, task: RemoteTask) -> GenerateVideosOperation:
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._client.aio.operations.get(GenerateVideosOperation.model_validate({"name": task.id}))
        except TROUBLES as fault:
            raise read_error(fault) from fault


def _failure(ended: GenerateVideosOperation) -> ProviderError | None:
    """Why an ended operation has no clip; done without an error is not success, so the clips are counted."""
    if ended.error:
        return task_error(ended.error)
    answer = ended.response
    if answer is not None and answer.generated_videos:
        return None
    held_back = None if answer is None else answer.rai_media_filtered_count
    return blocked(held_back) if held_back else UnexpectedReply(provider=NAME, provider_code="no_video")


def _image(picture: Picture | None) -> Image | None:
    return None if picture is None else Image(image_bytes=picture.content, mime_type=picture.media_type.value)
