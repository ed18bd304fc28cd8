"""MiniMax's first video interface: Hailuo models, two-step files, no list and no cancel."""

from base64 import b64encode
from collections.abc import Collection
from datetime import datetime

import structlog
from pydantic import JsonValue
from typing_extensions import override

from app.core.http import OutboundRequest
from app.providers.errors import InvalidRequest, OutcomeUnknown, ProviderError, TaskLost
from app.providers.minimax.account import NAME
from app.providers.minimax.client import MiniMaxClient
from app.providers.minimax.errors import OK, error_for
from app.providers.minimax.tasks import (
    CREATE_LIMITS,
    Ended,
    Ready,
    TaskWire,
    Unfinished,
    failure,
    is_failure,
    is_success,
    verdict,
)
from app.providers.minimax.wire import CreatedReply, FileReply, TaskReply
from app.providers.values import AttemptKey, Picture
from app.providers.video import VideoRequest

__all__ = ["TasksV1", "data_url"]

log = structlog.get_logger(__name__)


def data_url(picture: Picture) -> str:
    """The picture inside an address, labelled as what it is."""
    return f"data:{picture.media_type};base64,{b64encode(picture.content).decode()}"


class TasksV1(TaskWire):
    """Paths under `/v1`."""

    def __init__(self, client: MiniMaxClient) -> None:
        self._client = client

    @override
    async def create(self, request: VideoRequest, key: AttemptKey) -> str:
        body: dict[str, JsonValue] = {
            "model": request.model,
            "prompt": request.text,
            "prompt_optimizer": request.optimize_prompt,
            "duration": request.duration_seconds,
            "resolution": request.resolution,
        }
        if request.first_frame is not None:
            body["first_frame_image"] = data_url(request.first_frame)
        if request.last_frame is not None:
            body["last_frame_image"] = data_url(request.last_frame)
        if key.callback_url is not None:
            body["callback_url"] = key.callback_url
        created = await self._client.pay("/v1/video_generation", body, CreatedReply, limits=CREATE_LIMITS)
        if not created.task_id:
            raise OutcomeUnknown(provider=NAME, provider_code="no task id")
        return created.task_id

    @override
    async def look(self, task_id: str) -> Unfinished | Ready | Ended:
        question = OutboundRequest("GET", "/v1/query/video_generation", query={"task_id": task_id})
        try:
            answer = await self._client.ask(question, TaskReply)
        except ProviderError as error:
            return verdict(error)
        state, told = answer.body, answer.told
        if is_success(state.status):
            return Ready(state.file_id, state.video_width, state.video_height, has_file=bool(state.file_id))
        if is_failure(state.status):
            return failure(told, state.status)
        return Unfinished(state.status) if told.code == OK else verdict(error_for(told, paid=False), state.status)

    @override
    async def link(self, task_id: str, file_id: str) -> str:
        question = OutboundRequest("GET", "/v1/files/retrieve", query={"file_id": file_id})
        try:
            reply = await self._client.read(question, FileReply)
        except InvalidRequest as unknown:
            raise TaskLost(provider=NAME, provider_code=unknown.provider_code, trace_id=unknown.trace_id) from unknown
        if reply.file is None or not reply.file.download_url:
            raise TaskLost(provider=NAME, provider_code="no link")
        return reply.file.download_url

    @override
    async def orphans(self, request: VideoRequest, since: datetime, known: Collection[str]) -> list[str] | None:
        return None

    @override
    async def take_back(self, task_id: str) -> None:
        log.debug("minimax_task_left_running", task_id=task_id)
