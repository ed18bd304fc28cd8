"""The process table: who renders on behalf of a process, and who of them is still there."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from fractions import Fraction
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

from app.core.threads import Threads
from app.media.film import FilmCutter
from app.media.slideshow.rendering import Slideshows
from app.media.slideshow.show import Effect, Slideshow, evenly
from app.media.timeline import Timeline, TimelineSegment
from app.media.tools import find_tools

__all__ = ["at_work", "burned_film", "rendering", "slideshow", "survivors"]

WITHIN_SECONDS = 2.0
APPEAR_SECONDS, JOIN_SECONDS = 90.0, 10.0
LOOK_SECONDS = 0.02
FORKS = multiprocessing.get_context("forkserver")


async def rendering(process: BaseProcess, word: str) -> list[psutil.Process]:
    """All descendants of a process, once an ffmpeg among them was told this word."""
    service = psutil.Process(process.pid)
    async with asyncio.timeout(APPEAR_SECONDS):
        while True:
            found = service.children(recursive=True)
            if any(_is_told(child, word) for child in found):
                return found
            await asyncio.sleep(LOOK_SECONDS)


async def survivors(children: Sequence[psutil.Process]) -> list[str]:
    """Who is still there when all should be gone; they are ended after that."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while (alive := [_named(child) for child in children if _lives(child)]) and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
    for child in filter(_lives, children):
        child.kill()
    return alive


@asynccontextmanager
async def at_work(render: Callable[..., None], *told: Any) -> AsyncIterator[BaseProcess]:
    """A process that renders; it does not outlive the block."""
    process = FORKS.Process(target=render, args=told, daemon=True)
    await asyncio.to_thread(process.start)
    try:
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.join, JOIN_SECONDS)


def slideshow(pictures: tuple[Path, ...], into: Path) -> None:
    """Makes a slideshow of two minutes."""
    show = Slideshow(evenly(pictures, Fraction(120), Effect.KEN_BURNS), 1280, 720)
    asyncio.run(Slideshows(find_tools(), Threads(2)).render(show, into))


def burned_film(clip: Path, script: str, into: Path) -> None:
    """Cuts a film whose captions become part of its pictures."""
    timeline = Timeline((TimelineSegment(clip, Fraction(60)),), burned=script)
    asyncio.run(FilmCutter(find_tools(), Threads(2)).render(timeline, into, into.parent))


def _is_told(child: psutil.Process, word: str) -> bool:
    try:
        command = child.cmdline()
    except psutil.Error:
        return False
    return bool(command) and "ffmpeg" in Path(command[0]).name and any(word in part for part in command)


def _lives(child: psutil.Process) -> bool:
    try:
        return child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _named(child: psutil.Process) -> str:
    try:
        return " ".join(child.cmdline())[:200]
    except psutil.Error:
        return str(child.pid)
