"""Our own bounded pool for blocking calls; the loop's default pool belongs to the job engine."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ["Threads"]

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A named pool of worker threads; whoever builds it closes it."""

    def __init__(self, size: int, *, name: str = "avc") -> None:
        self.size = size
        self.executor = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a blocking call off the loop, with the caller's context variables."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, lambda: context.run(call, *args, **kwargs))

    def close(self) -> None:
        """Stops taking work and drops what has not begun; running calls finish by themselves."""
        self.executor.shutdown(wait=False, cancel_futures=True)
