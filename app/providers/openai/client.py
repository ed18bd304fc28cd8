"""One SDK client per key: no retries of its own, a total deadline around every call, tracing off."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import structlog
from agents import set_tracing_disabled
from openai import AsyncOpenAI
from openai.types import ModerationCreateResponse

from app.core.clock import Clock
from app.providers.errors import ProviderError
from app.providers.openai.account import NAME, OpenAIAccount
from app.providers.openai.errors import TROUBLES, free_error, paid_error

__all__ = ["OpenAIClient"]

log = structlog.get_logger(__name__)

T = TypeVar("T")
FREE_SECONDS = 30.0


class OpenAIClient:
    """The connections of one key."""

    def __init__(self, account: OpenAIAccount, clock: Clock) -> None:
        # The SDK would post every prompt to its own address, whatever the base address is.
        set_tracing_disabled(True)
        self.account = account
        self.sdk = AsyncOpenAI(
            api_key=account.api_key.get_secret_value(), base_url=account.base_url, max_retries=0, timeout=600
        )
        self._clock = clock

    async def paid(self, name: str, call: Awaitable[T], seconds: float) -> T:
        """One paid call, sent at most once."""
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(seconds):
                answer = await call
        except TROUBLES as fault:
            raise self._told(name, began, paid_error(fault)) from fault
        self._log(name, began, "ok")
        return answer

    async def moderated(self, content: object) -> ModerationCreateResponse:
        """What the vendor finds in texts and pictures; free."""
        return await self._free("moderate", self.sdk.moderations.create(model=self._judge, input=content))  # type: ignore[arg-type]  # the SDK's union of dictionaries is wider than can be written here

    async def check(self) -> None:
        """One free call that fails with AccountProblem when the key does not work."""
        await self._free("models", self.sdk.models.list())

    async def close(self) -> None:
        """Closes the connections."""
        await self.sdk.close()

    @property
    def _judge(self) -> str:
        return self.account.moderation_model

    async def _free(self, name: str, call: Awaitable[T]) -> T:
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(FREE_SECONDS):
                return await call
        except TROUBLES as fault:
            raise self._told(name, began, free_error(fault)) from fault

    def _told(self, name: str, began: float, error: ProviderError) -> ProviderError:
        self._log(name, began, error.code, trace_id=error.trace_id, provider_code=error.provider_code)
        return error

    def _log(self, name: str, began: float, outcome: str, **facts: object) -> None:
        took = round(self._clock.monotonic() - began, 3)
        log.info("vendor_call", provider=NAME, call=name, outcome=outcome, took_seconds=took, **facts)
