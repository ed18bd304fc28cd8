"""MiniMax's second video interface: H3 models, real HTTP statuses, a list of tasks and a cancel."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog
from pydantic import JsonValue, RootModel, ValidationError
from typing_extensions import override

from app.core.http import OutboundRequest
from app.providers.errors import OutcomeUnknown, ProviderError, TaskLost, UnexpectedReply
from app.providers.minimax.account import NAME
from app.providers.minimax.client import Answer, MiniMaxClient
from app.providers.minimax.errors import Told
from app.providers.minimax.tasks import (
    CREATE_LIMITS,
    Ended,
    Ready,
    TaskWire,
    Unfinished,
    by_vendor_clock,
    failure,
    is_failure,
    is_success,
    verdict,
)
from app.providers.minimax.tasks_v1 import data_url
from app.providers.minimax.wire import CreatedReply, TaskV2, TaskV2List, TaskV2Reply
from app.providers.values import AttemptKey
from app.providers.video import VideoMode, VideoRequest

__all__ = ["TasksV2"]

log = structlog.get_logger(__name__)

PAGE_SIZE = 100
MOST_PAGES = 20
DEFAULT_RATIO = "16:9"
NOT_FOUND = "http 404"


class Document(RootModel[dict[str, Any]]):
    """Any JSON object."""


class TasksV2(TaskWire):
    """Paths under `/v2`."""

    def __init__(self, client: MiniMaxClient) -> None:
        self._client = client

    @override
    async def create(self, request: VideoRequest, key: AttemptKey) -> str:
        content: list[JsonValue] = [{"type": "text", "text": request.text}]
        for role, picture in (("first_frame", request.first_frame), ("last_frame", request.last_frame)):
            if picture is not None:
                content.append({"type": "image_url", "role": role, "image_url": {"url": data_url(picture)}})
        body: dict[str, JsonValue] = {
            "model": request.model,
            "content": content,
            "resolution": request.resolution,
            "duration": request.duration_seconds,
        }
        if request.mode is VideoMode.TEXT:
            body["ratio"] = request.aspect_ratio or DEFAULT_RATIO
        if key.callback_url is not None:
            body["callback_url"] = key.callback_url
        created = await self._client.pay("/v2/video_generation", body, CreatedReply, limits=CREATE_LIMITS)
        if not created.task_id:
            raise OutcomeUnknown(provider=NAME, provider_code="no task id")
        return created.task_id

    @override
    async def look(self, task_id: str) -> Unfinished | Ready | Ended:
        try:
            answer = await self._ask(task_id)
        except ProviderError as error:
            return verdict(error)
        task = answer.body.task or TaskV2()
        if is_success(task.status):
            return Ready("", has_file=task.content is not None and bool(task.content.url))
        if is_failure(task.status):
            code = task.error.code if task.error is not None else ""
            return failure(Told(int(code) if code.isdecimal() else 0, answer.told.trace_id), task.status)
        return Unfinished(task.status)

    @override
    async def link(self, task_id: str, file_id: str) -> str:
        task = (await self._ask(task_id)).body.task
        if task is None or task.content is None or not task.content.url:
            raise TaskLost(provider=NAME, provider_code="no link")
        return task.content.url

    @override
    async def orphans(self, request: VideoRequest, since: datetime, known: Collection[str]) -> list[str] | None:
        tasks = await self._since(since)
        if tasks is None:
            return None
        return [task.id for task in tasks if task.id not in known and _fits(task, request)]

    @override
    async def take_back(self, task_id: str) -> None:
        try:
            await self._client.read(OutboundRequest("DELETE", f"/v2/video_generation/{task_id}"), Document)
        except ProviderError as refused:
            log.info("minimax_task_left_running", task_id=task_id, reason=refused.provider_code)

    async def _ask(self, task_id: str) -> Answer[TaskV2Reply]:
        question = OutboundRequest("GET", f"/v2/query/video_generation/{task_id}")
        try:
            return await self._client.ask(question, TaskV2Reply)
        except UnexpectedReply as missing:
            if missing.provider_code == NOT_FOUND:
                raise TaskLost(provider=NAME, provider_code=NOT_FOUND, trace_id=missing.trace_id) from missing
            raise

    async def _since(self, since: datetime) -> list[TaskV2] | None:
        """Every task since then, or None when the list cannot be read to its end."""
        found: list[TaskV2] = []
        for number in range(1, MOST_PAGES + 1):
            query = {"page_num": str(number), "page_size": str(PAGE_SIZE)}
            answer = await self._client.ask(OutboundRequest("GET", "/v2/query/video_generation", query=query), Document)
            try:
                page = TaskV2List.read(answer.body.root).tasks
            except ValidationError:
                page = None
            if page is None or any(not task.id or not task.created_at for task in page):
                log.warning("minimax_list_unreadable", page=number, trace_id=answer.told.trace_id)
                return None
            earliest = by_vendor_clock(since, self._client.clock.now(), answer.told.vendor_time)
            found += [task for task in page if task.created_at >= earliest.timestamp()]
            if len(page) < PAGE_SIZE:
                return found
        return None


def _fits(task: TaskV2, request: VideoRequest) -> bool:
    """Whether a listed task can be this request; what the list does not tell speaks for it."""
    same_model = not task.model or task.model == request.model
    return same_model and (not task.duration or task.duration == request.duration_seconds)
