"""avc worker: runs jobs without serving the API until it is told to stop."""

import asyncio
import signal

import typer

from app.cli.exits import Exit
from app.core import startup
from app.core.settings import Settings
from app.worker import work_until_stopped


def work() -> None:
    """Works until SIGTERM or Ctrl-C, then hands unfinished runs back."""
    settings = Settings.load()
    startup.check(settings)
    if not asyncio.run(_work(startup.with_secret(settings))):
        raise typer.Exit(Exit.UNAVAILABLE)


async def _work(settings: Settings) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await work_until_stopped(settings, stop)
