"""MiniMax's two video interfaces: what each is asked, and how their status words are read."""

from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from pydantic import JsonValue, RootModel, ValidationError
from typing_extensions import override

from app.core.http import OutboundRequest
from app.providers.errors import (
    AccountProblem,
    ContentBlocked,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    TaskLost,
    UnexpectedReply,
)
from app.providers.minimax.account import NAME
from app.providers.minimax.client import MiniMaxClient, MiniMaxReply
from app.providers.minimax.errors import CODES, OK, Told, error_for
from app.providers.minimax.wire import CreatedReply, FileReply, TaskReply, TaskV2, TaskV2List, TaskV2Reply
from app.providers.values import AttemptKey, Picture
from app.providers.video import VideoMode, VideoRequest

CREATE_LIMITS = OutboundRequest("POST", "", total_seconds=40.0, read_seconds=40.0)
SUCCESS_WORDS = frozenset({"success", "succeeded", "finished"})
FAILURE_WORDS = frozenset({"fail", "failed", "cancelled", "canceled", "expired"})
WITHOUT_REASON = "The engine gave up on this clip without saying why. Start it again, or change the prompt."


@dataclass(frozen=True)
class Unfinished:
    """Still being made, or nothing certain could be learned."""

    word: str


@dataclass(frozen=True)
class TaskReady:
    """Made."""

    file_id: str
    width_px: int = 0
    height_px: int = 0
    has_file: bool = True


@dataclass(frozen=True)
class Ended:
    """Ended without a clip."""

    error: ProviderError


class TaskWire(Protocol):
    """One interface of the vendor."""

    async def create(self, request: VideoRequest, key: AttemptKey) -> str:
        """The task id of accepted, paid work."""

    async def look(self, task_id: str) -> Unfinished | TaskReady | Ended:
        """Where the work stands."""

    async def link(self, task_id: str, file_id: str) -> str:
        """A fresh link to the made file."""

    async def orphans(self, request: VideoRequest, since: datetime, known: Collection[str]) -> list[str] | None:
        """Tasks that may be a lost one; None when there is no complete list."""

    async def take_back(self, task_id: str) -> None:
        """Cancels work that has not begun, where that is possible."""


def by_vendor_clock(since: datetime, ours: datetime, theirs: datetime | None) -> datetime:
    """The moment from which the vendor's own times count, when our clock is ahead of the vendor's.

    A lost order that seems to be too old would pass for one that never arrived, and would be paid again.
    """
    behind = timedelta() if theirs is None else theirs - ours
    return since + min(behind, timedelta())


def is_success(word: str) -> bool:
    """Whether a status word, in any of its spellings, means made."""
    return word.strip().casefold() in SUCCESS_WORDS


def is_failure(word: str) -> bool:
    """Whether a status word, in any of its spellings, means ended without a clip; unknown words do not."""
    return word.strip().casefold() in FAILURE_WORDS


def verdict(error: ProviderError, word: str = "") -> Unfinished | Ended:
    """What an error beside a question about work means for the work; passing trouble ends nothing."""
    match error:
        case AccountProblem():
            raise error
        case ContentBlocked() | TaskLost():
            return Ended(error)
        case InvalidRequest():
            return Ended(TaskLost(provider=NAME, provider_code=error.provider_code, trace_id=error.trace_id))
        case _:
            return Unfinished(word or f"not answered: {error.provider_code}")


def failure(told: Told, word: str) -> Ended:
    """Why a clip was not made, as far as the vendor says."""
    error = error_for(told, paid=True) if told.code in CODES else None
    if isinstance(error, ContentBlocked | InvalidRequest | AccountProblem):
        return Ended(error)
    if word.strip().casefold() == "expired":
        return Ended(TaskLost(provider=NAME, provider_code="expired", trace_id=told.trace_id))
    code = str(told.code) if told.code else None
    return Ended(UnexpectedReply(WITHOUT_REASON, provider=NAME, provider_code=code, trace_id=told.trace_id))


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
    async def look(self, task_id: str) -> Unfinished | TaskReady | Ended:
        question = OutboundRequest("GET", "/v1/query/video_generation", query={"task_id": task_id})
        try:
            answer = await self._client.ask(question, TaskReply)
        except ProviderError as error:
            return verdict(error)
        state, told = answer.body, answer.told
        if is_success(state.status):
            return TaskReady(state.file_id, state.video_width, state.video_height, has_file=bool(state.file_id))
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
    async def look(self, task_id: str) -> Unfinished | TaskReady | Ended:
        try:
            answer = await self._ask(task_id)
        except ProviderError as error:
            return verdict(error)
        task = answer.body.task or TaskV2()
        if is_success(task.status):
            return TaskReady("", has_file=task.content is not None and bool(task.content.url))
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

    async def _ask(self, task_id: str) -> MiniMaxReply[TaskV2Reply]:
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
