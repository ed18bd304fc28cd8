"""Brings a file of the service to its place: into a part file first, going on after a break, then renamed."""

import os
from pathlib import Path
from typing import BinaryIO

import httpx

from app.cli.client import Api
from app.cli.exits import Exit, Stopped
from app.core.clock import Clock
from app.core.threads import Threads

__all__ = ["download"]

TRIES = 5
PAUSE_SECONDS = 1.0


async def download(api: Api, clock: Clock, address: str, target: Path, name: str) -> int:
    """Stores the file at `target` and answers its size; `name` tells its part file from those of other files."""
    part = target.with_name(f".{target.name}.{name}.part")
    for number in range(1, TRIES + 1):
        try:
            await _rest(api, address, part)
            break
        except Stopped as stopped:
            if number == TRIES or stopped.exit_code is not Exit.UNAVAILABLE:
                raise
            await clock.sleep(PAUSE_SECONDS)
    part.replace(target)
    return target.stat().st_size


async def _rest(api: Api, address: str, part: Path) -> None:
    have_bytes = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have_bytes}-"} if have_bytes else {}
    async with api.opened(address, headers) as reply:
        if reply.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and _total(reply) == have_bytes:
            return
        if not reply.is_success:
            part.unlink(missing_ok=True)
            text = f"The film could not be fetched: {address} answered {reply.status_code}."
            raise Stopped(text, Exit.UNAVAILABLE)
        goes_on = reply.status_code == httpx.codes.PARTIAL_CONTENT
        await _kept(reply, part, "ab" if goes_on else "wb")
    wanted_bytes = _total(reply) if goes_on else int(reply.headers.get("content-length", part.stat().st_size))
    if part.stat().st_size != wanted_bytes:
        text = f"The film broke off at {part.stat().st_size} of {wanted_bytes} bytes."
        raise Stopped(text, Exit.UNAVAILABLE)


async def _kept(reply: httpx.Response, part: Path, mode: str) -> None:
    threads = Threads(1, name="avc-download")
    file: BinaryIO = await threads.run(_open, part, mode)
    try:
        async for chunk in reply.aiter_bytes():
            await threads.run(file.write, chunk)
        await threads.run(_settle, file)
    finally:
        file.close()
        threads.close()


def _open(part: Path, mode: str) -> BinaryIO:
    part.parent.mkdir(parents=True, exist_ok=True)
    return part.open("ab" if mode == "ab" else "wb")


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _total(reply: httpx.Response) -> int | None:
    """The size of the whole file, from an answer about a part of it."""
    _, _, total = reply.headers.get("content-range", "").rpartition("/")
    return int(total) if total.isdigit() else None
