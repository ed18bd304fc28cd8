"""Runs commands against the service, and brings films from there to their place on the disk."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from app.cli.terminal import CommandError, ExitCode, Json
from app.core.clock import Clock
from app.core.threads import Threads

if TYPE_CHECKING:
    import httpx

    from app.cli.client import ApiClient

T = TypeVar("T")
API = "/api/v1"

FILM_SUFFIX = ".mp4"
CAPTION_SUFFIXES = (".srt", ".vtt")
# What a film takes at most, whoever makes its clips, and what lies beside it.
BYTES_PER_SECOND = 1_000_000
BYTES_BESIDE = 8_000_000
BYTES_PER_MEGABYTE = 1_000_000
TRIES = 5
PAUSE_SECONDS = 1.0
OK, PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 200, 206, 416


def run(act: "Callable[[ApiClient], Awaitable[T]]", *, works: bool = False) -> T:
    """Does this against the service; `works` lets a service inside this process run jobs too."""
    from app.cli.client import connected

    async def outcome() -> T | CommandError:
        """As a value, because the task groups of a service in this process would wrap what is raised."""
        async with connected(works=works) as api:
            try:
                return await act(api)
            except CommandError as stopped:
                return stopped

    try:
        found = asyncio.run(outcome())
    except KeyboardInterrupt:
        text = "Interrupted."
        raise CommandError(text, ExitCode.INTERRUPTED) from None
    if isinstance(found, CommandError):
        raise found
    return found


def free_name(folder: Path) -> Path:
    """film.mp4, or the first film-N.mp4 that is not there yet."""
    number, target = 1, folder / "film.mp4"
    while _existing_file(target):
        number += 1
        target = folder / f"film-{number}.mp4"
    return target


def target_of(out: Path | None, *, force: bool) -> Path:
    """Where the film goes: the file that was named, or a free name in the folder that was."""
    if out is None or out.is_dir():
        return free_name(out or Path.cwd())
    if out.suffix.lower() != FILM_SUFFIX:
        text = f"{out}: the film is an MP4. Name a file that ends in .mp4, or a folder that is there."
        raise CommandError(text, ExitCode.MISUSED)
    if not force and (existing := _existing_file(out)):
        text = f"{existing} exists. Name another file, or replace it with --force."
        raise CommandError(text, ExitCode.MISUSED)
    return out


def _existing_file(target: Path) -> Path | None:
    """The first file that lies where the film or its captions would."""
    return next((file for file in map(target.with_suffix, (FILM_SUFFIX, *CAPTION_SUFFIXES)) if file.exists()), None)


def check_target(target: Path, seconds: int) -> None:
    """Refuses a place where no file can be written, or none of the size of this film."""
    folder = target.parent
    if not folder.is_dir():
        made = f"Make it with `mkdir -p {folder}`, or name" if not folder.exists() else "It is no folder; name"
        text = f"The folder {folder} is not there. {made} another place with --out."
        raise CommandError(text, ExitCode.MISUSED)
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"The folder {folder} cannot be written. Name another place with --out."
        raise CommandError(text, ExitCode.MISUSED)
    free_bytes = shutil.disk_usage(folder).free
    needed_bytes = seconds * BYTES_PER_SECOND + BYTES_BESIDE
    if free_bytes < needed_bytes:
        text = (
            f"The disk of {folder.resolve()} has {free_bytes // BYTES_PER_MEGABYTE} MB free, and this film may take "
            f"{needed_bytes // BYTES_PER_MEGABYTE} MB. Free some space, or name another place with --out."
        )
        raise CommandError(text, ExitCode.UNAVAILABLE)


async def download(api: "ApiClient", clock: Clock, order: Json, target: Path) -> int:
    """Stores the film of this order at `target` and answers its size; its job tells its part file from others."""
    url = await _film_url(api, order)
    part = target.with_name(f".{target.name}.{order['job_id']}.part")
    threads = Threads(1, name="avc-download")
    try:
        for number in range(1, TRIES + 1):
            try:
                await _download_rest(api, threads, url, part)
                break
            except CommandError as stopped:
                if number == TRIES or stopped.exit_code is not ExitCode.UNAVAILABLE:
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
        raise CommandError(text, ExitCode.UNAVAILABLE) from fault
    finally:
        threads.close()


async def download_captions(api: "ApiClient", project_id: str, target: Path) -> list[Path]:
    """Stores what is spoken beside the film, under its name; a film without words has none."""
    threads = Threads(1, name="avc-download")
    stored = []
    try:
        for suffix in CAPTION_SUFFIXES:
            path = f"{API}/projects/{project_id}/film"
            try:
                content = await api.get_file(path, params={"variant": f"captions{suffix}"})
            except CommandError as stopped:
                if stopped.exit_code is ExitCode.MISUSED:
                    continue
                raise
            file = target.with_suffix(suffix)
            await threads.run(file.write_bytes, content)
            stored.append(file)
    finally:
        threads.close()
    return stored


async def _film_url(api: "ApiClient", order: Json) -> str:
    film: Json = await api.get(f"{API}/projects/{order['project_id']}")
    if not film["final_video_url"]:
        text = f"The job ended without a film. See `avc jobs logs {order['job_id']}`."
        raise CommandError(text, ExitCode.JOB_FAILED)
    return str(film["final_video_url"])


async def _download_rest(api: "ApiClient", threads: Threads, url: str, part: Path) -> None:
    have_bytes = await threads.run(_size_bytes, part)
    headers = {"Range": f"bytes={have_bytes}-"} if have_bytes else {}
    async with api.stream_file(url, headers) as reply:
        if reply.status_code == RANGE_NOT_SATISFIABLE and _total(reply) == have_bytes:
            return
        if not reply.is_success:
            text = f"The film could not be fetched: its address answered {reply.status_code}."
            raise CommandError(text, ExitCode.UNAVAILABLE)
        goes_on = reply.status_code == PARTIAL_CONTENT
        await _append(reply, threads, part, goes_on=goes_on)
        wanted_bytes = _total(reply)
    got_bytes = await threads.run(_size_bytes, part)
    if wanted_bytes is not None and got_bytes != wanted_bytes:
        text = f"The film broke off at {got_bytes} of {wanted_bytes} bytes."
        raise CommandError(text, ExitCode.UNAVAILABLE)


async def _append(reply: "httpx.Response", threads: Threads, part: Path, *, goes_on: bool) -> None:
    async with threads.opened(part, "ab" if goes_on else "wb") as file:
        async for chunk in reply.aiter_bytes():
            await threads.run(file.write, chunk)
        await threads.run(_flush, file)


def _size_bytes(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _total(reply: "httpx.Response") -> int | None:
    """The size of the whole file, from an answer with all of it or a part of it."""
    _, _, total = reply.headers.get("content-range", "").rpartition("/")
    said = total or ("" if reply.status_code == PARTIAL_CONTENT else reply.headers.get("content-length", ""))
    return int(said) if said.isdigit() else None
