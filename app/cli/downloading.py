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
    threads = Threads(1, name="avc-download")
    try:
        for number in range(1, TRIES + 1):
            try:
                await _rest(api, threads, address, part)
                break
            except Stopped as stopped:
                if number == TRIES or stopped.exit_code is not Exit.UNAVAILABLE:
                    raise
                await clock.sleep(PAUSE_SECONDS)
        await threads.run(part.replace, target)
        return await threads.run(_size_bytes, target)
    finally:
        threads.close()


async def _rest(api: Api, threads: Threads, address: str, part: Path) -> None:
    have_bytes = await threads.run(_size_bytes, part)
    headers = {"Range": f"bytes={have_bytes}-"} if have_bytes else {}
    async with api.opened(address, headers) as reply:
        if reply.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and _total(reply) == have_bytes:
            return
        if not reply.is_success:
            text = f"The film could not be fetched: its address answered {reply.status_code}."
            raise Stopped(text, Exit.UNAVAILABLE)
        goes_on = reply.status_code == httpx.codes.PARTIAL_CONTENT
        await _kept(reply, threads, part, goes_on=goes_on)
        wanted_bytes = _total(reply)
    got_bytes = await threads.run(_size_bytes, part)
    if wanted_bytes is not None and got_bytes != wanted_bytes:
        text = f"The film broke off at {got_bytes} of {wanted_bytes} bytes."
        raise Stopped(text, Exit.UNAVAILABLE)


async def _kept(reply: httpx.Response, threads: Threads, part: Path, *, goes_on: bool) -> None:
    await threads.run(part.parent.mkdir, parents=True, exist_ok=True)
    async with threads.opened(part, "ab" if goes_on else "wb") as file:
        async for chunk in reply.aiter_bytes():
            await threads.run(file.write, chunk)
        await threads.run(_settle, file)


def _size_bytes(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _total(reply: httpx.Response) -> int | None:
    """The size of the whole file, from an answer with all of it or a part of it."""
    _, _, total = reply.headers.get("content-range", "").rpartition("/")
    said = total or (
        "" if reply.status_code == httpx.codes.PARTIAL_CONTENT else reply.headers.get("content-length", "")
    )
    return int(said) if said.isdigit() else None
