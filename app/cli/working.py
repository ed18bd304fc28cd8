"""avc worker: runs jobs without serving the API until it is told to stop."""

import asyncio
import signal

from app.core import startup
from app.core.settings import Settings
from app.worker import work_until_stopped

__all__ = ["work"]


def work() -> None:
    """Works until SIGTERM or Ctrl-C, then hands unfinished runs back."""
    settings = Settings.load()
    startup.check(settings)
    asyncio.run(_work(startup.with_secret(settings)))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await work_until_stopped(settings, stop)
