"""Brings films to their place, into a part file first, going on after a break, then renamed; and their captions."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import httpx

from app.cli.client import API, Api, Json
from app.cli.exits import Exit, Stopped
from app.core.clock import Clock
from app.core.threads import Threads

TRIES = 5
PAUSE_SECONDS = 1.0
CAPTION_SUFFIXES = (".srt", ".vtt")


async def download(api: Api, clock: Clock, order: Json, target: Path) -> int:
    """Stores the film of this order at `target` and answers its size; its job tells its part file from others."""
    address = await _film_address(api, order)
    part = target.with_name(f".{target.name}.{order['job_id']}.part")
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
    except OSError as fault:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        text = (
            f"{target} could not be written: {fault.strerror}. The film is kept at the service: fetch it with "
            f"`avc jobs watch {order['job_id']} --out FILE`."
        )
        raise Stopped(text, Exit.UNAVAILABLE) from fault
    finally:
        threads.close()


async def download_captions(api: Api, project_id: str, target: Path) -> list[Path]:
    """Stores what is spoken beside the film, under its name; a film without words has none."""
    threads = Threads(1, name="avc-download")
    stored = []
    try:
        for suffix in CAPTION_SUFFIXES:
            path = f"{API}/projects/{project_id}/film"
            try:
                content = await api.content(path, params={"variant": f"captions{suffix}"})
            except Stopped as stopped:
                if stopped.exit_code is Exit.MISUSED:
                    continue
                raise
            file = target.with_suffix(suffix)
            await threads.run(file.write_bytes, content)
            stored.append(file)
    finally:
        threads.close()
    return stored


async def _film_address(api: Api, order: Json) -> str:
    film: Json = await api.get(f"{API}/projects/{order['project_id']}")
    if not film["final_video_url"]:
        text = f"The job ended without a film. See `avc jobs logs {order['job_id']}`."
        raise Stopped(text, Exit.JOB_FAILED)
    return str(film["final_video_url"])


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
