"""A turn at the vendor for a short paid call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.limiter import AccountLimiter, LimitReached
from app.providers.errors import RateLimited
from app.providers.minimax.account import NAME

__all__ = ["room"]

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
