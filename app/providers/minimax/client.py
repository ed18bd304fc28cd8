"""Transport to MiniMax: one credential, every answer's own verdict read, trace ids logged, free reads repeated."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel, JsonValue, ValidationError

from app.core.clock import Clock
from app.core.http import (
    AddressRefused,
    AddressRules,
    FileDownload,
    LinkExpired,
    OutboundClient,
    OutboundFailed,
    OutboundReply,
    OutboundRequest,
    ReplyRefused,
    Transport,
    origin_of,
    parse_address,
    redacted,
)
from app.core.http.downloads import Renew
from app.core.limiter import AccountLimiter, LimitReached
from app.core.sinks import BinarySink, MemorySink
from app.providers.errors import OutcomeUnknown, ProviderError, RateLimited, TaskLost, UnexpectedReply, Unreachable
from app.providers.minimax.account import NAME, MiniMaxAccount
from app.providers.minimax.errors import CODES, OK, Told, error_for, error_for_status, error_for_wire
from app.providers.minimax.wire import BaseReply, CreatedReply, V2ErrorReply
from app.providers.values import FetchedMedia

log = structlog.get_logger(__name__)
READ_PAUSES_SECONDS = (1.0, 3.0)
READ_DEADLINE_SECONDS = 30.0
FETCH_DEADLINE_SECONDS = 900.0
SERVER_ERROR = 500
CODE_IN_TEXT = re.compile(r"\((\d{4,5})\)")
W = TypeVar("W", bound=BaseModel)


@dataclass(frozen=True)
class MiniMaxReply(Generic[W]):
    """A readable answer and what it says about itself."""

    body: W
    told: Told


class MiniMaxClient:
    """One call per method; `transport` replaces the network in tests."""

    def __init__(self, account: MiniMaxAccount, clock: Clock, *, transport: Transport | None = None) -> None:
        self.account = account
        self.clock = clock
        base = parse_address(account.base_url)
        rules = AddressRules(frozenset(account.file_hosts), trusted_origins=frozenset({origin_of(base)}))
        self._api = OutboundClient(base_url=account.base_url, bearer=account.api_key, transport=transport)
        # Files come from other hosts, which must never see the key.
        self._files = OutboundClient(rules=rules, transport=transport)

    async def pay(self, path: str, body: Mapping[str, JsonValue], reply: type[W], *, limits: OutboundRequest) -> W:
        """One paid call: sent once; raises what the outcome means for the money."""
        request = replace(limits, method="POST", url=path, body=dict(body))
        answer = await self._exchange(request, reply, paid=True)
        # A task id proves that the work was accepted, whatever the verdict beside it says.
        if not (isinstance(answer.body, CreatedReply) and answer.body.task_id):
            self._demand_ok(answer, paid=True)
        return answer.body

    async def ask(self, request: OutboundRequest, reply: type[W]) -> MiniMaxReply[W]:
        """One free call, repeated twice on passing trouble; a non-zero code is the caller's to judge."""
        for pause in READ_PAUSES_SECONDS:
            try:
                return await self._exchange(request, reply, paid=False)
            except Unreachable:
                await self.clock.sleep(pause)
        return await self._exchange(request, reply, paid=False)

    async def read(self, request: OutboundRequest, reply: type[W]) -> W:
        """One free call whose verdict must be good."""
        answer = await self.ask(request, reply)
        self._demand_ok(answer, paid=False)
        return answer.body

    async def fetch(self, url: str, into: BinarySink, *, max_bytes: int, renew: Renew) -> FetchedMedia:
        """Streams a made file into the caller's sink."""
        download = FileDownload(self._files, self.clock, into, max_bytes=max_bytes, renew=renew)
        try:
            got = await download.run(url, total_seconds=FETCH_DEADLINE_SECONDS)
        except LinkExpired as gone:
            raise TaskLost(provider=NAME, provider_code=gone.reason) from gone
        except (ReplyRefused, AddressRefused) as wrong:
            log.warning("minimax_file_refused", reason=getattr(wrong, "reason", wrong.code))
            raise UnexpectedReply(provider=NAME, provider_code=wrong.code) from wrong
        except OutboundFailed as fault:
            raise error_for_wire(fault, paid=False) from fault
        return FetchedMedia(got.size_bytes, got.sha256, got.media_type)

    async def fetch_small(self, url: str, *, max_bytes: int) -> bytes:
        """A small side file, whole."""
        sink = MemorySink(max_bytes)

        async def same() -> str:
            return url

        await self.fetch(url, sink, max_bytes=max_bytes, renew=same)
        return sink.content

    async def close(self) -> None:
        """Closes every connection; a second time does nothing."""
        await self._api.close()
        await self._files.close()

    async def _exchange(self, request: OutboundRequest, reply: type[W], *, paid: bool) -> MiniMaxReply[W]:
        try:
            got = await self._api.send(request)
        except OutboundFailed as fault:
            error = error_for_wire(fault, paid=paid)
            log.warning("minimax_not_answered", path=request.url, reason=fault.reason, error=error.code)
            raise error from fault
        told = Told(
            OK, got.headers.get("trace-id"), _seconds(got.headers.get("retry-after")), _moment(got.headers.get("date"))
        )
        if not got.is_success:
            raise self._refusal(request, got, told, paid=paid)
        try:
            body = reply.model_validate_json(got.content)
        except ValidationError as wrong:
            kind = OutcomeUnknown if paid else Unreachable
            self._log_refusal(request, got, told)
            raise kind(provider=NAME, provider_code="unreadable", trace_id=told.trace_id) from wrong
        verdict = body.base_resp if isinstance(body, BaseReply) else None
        told = replace(told, code=verdict.status_code if verdict else OK)
        if told.code == OK:
            log.debug("minimax_answered", path=request.url, trace_id=told.trace_id)
        else:
            self._log_refusal(request, got, told)
        return MiniMaxReply(body, told)

    def _demand_ok(self, answer: MiniMaxReply[W], *, paid: bool) -> None:
        if answer.told.code != OK:
            raise error_for(answer.told, paid=paid)

    def _refusal(self, request: OutboundRequest, got: OutboundReply, told: Told, *, paid: bool) -> ProviderError:
        self._log_refusal(request, got, told)
        code = _code_within(got.content)
        # A vendor that broke down does not know itself whether it took the work.
        if got.status < SERVER_ERROR and code in CODES:
            return error_for(replace(told, code=code), paid=paid)
        return error_for_status(got.status, told, paid=paid)

    def _log_refusal(self, request: OutboundRequest, got: OutboundReply, told: Told) -> None:
        sample = redacted(got.content.decode(errors="replace"), (self.account.api_key.get_secret_value(),))
        row = CODES.get(told.code)
        meaning = row.meaning if row else None
        place = {"path": request.url, "status": got.status, "trace_id": told.trace_id}
        log.warning("minimax_refused", **place, code=told.code, meaning=meaning, sample=sample)


def _code_within(content: bytes) -> int:
    """The vendor's code in the body of an error status: a verdict, a code or a number in the message."""
    try:
        said = V2ErrorReply.model_validate_json(content)
    except ValidationError:
        return OK
    if said.base_resp is not None:
        return said.base_resp.status_code
    if said.error is None:
        return OK
    found = CODE_IN_TEXT.search(said.error.message)
    text = found[1] if found else said.error.code
    return int(text) if text.isdecimal() else OK


def _moment(header: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _seconds(header: str | None) -> int | None:
    return int(header) if header is not None and header.isdecimal() and len(header) < 6 else None


MOST_WAIT_SECONDS = 10.0


@asynccontextmanager
async def room(limiter: AccountLimiter, key: str) -> AsyncIterator[None]:
    """Waits shortly for a turn, else RateLimited; a vendor that says it is too much closes the door for everybody."""
    try:
        await limiter.enter(key, most_wait_seconds=MOST_WAIT_SECONDS)
    except LimitReached as full:
        raise RateLimited(provider=NAME, retry_after_seconds=full.retry_after_seconds) from full
    try:
        yield
    except RateLimited as limited:
        limiter.close_for(limited.retry_after_seconds or 0)
        raise
