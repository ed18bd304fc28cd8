"""Stored files, their expiring links, and the host that serves them."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.standins.minimax.media import clip, clip_size
from tests.standins.minimax.mischief import Cut
from tests.standins.minimax.rulings import body_of, demand, said, whole
from tests.standins.minimax.videos import stage
from tests.standins.minimax.world import Fault, StoredFile, Task, World

PURPOSES = {"voice_clone", "prompt_audio", "t2a_async_input", "video_understanding", "video_generation_input"}
MAX_SAMPLE_BYTES = 20 * 1024 * 1024
SOUND_STARTS = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"RIFF", b"\x00\x00\x00")
CHUNK_BYTES = 256 * 1024
PATTERN_BYTES = 1_048_573


async def upload(request: Request, world: World) -> Response:
    async with request.form() as form:
        purpose, file = form.get("purpose"), form.get("file")
        demand(purpose in PURPOSES, "invalid params, purpose")
        demand(file is not None and not isinstance(file, str), "invalid params, file")
        assert file is not None
        assert not isinstance(file, str)
        content = await file.read()
        name = file.filename or ""
    if purpose == "voice_clone" and (not content.startswith(SOUND_STARTS) or len(content) > MAX_SAMPLE_BYTES):
        # A bad file is refused with a real status and not kept.
        return JSONResponse({"base_resp": {"status_code": 2013, "status_msg": "invalid file"}}, status_code=400)
    stored = StoredFile(world.new_id(), str(purpose), name, content, world.now())
    world.files[stored.id] = stored
    return said(file=_facts(stored))


def _facts(stored: StoredFile) -> dict[str, object]:
    facts = {"file_id": stored.id, "bytes": len(stored.content), "created_at": int(stored.created)}
    return facts | {"filename": stored.filename, "purpose": stored.purpose}


async def list_files(request: Request, world: World) -> Response:
    purpose = request.query_params.get("purpose")
    demand(purpose in PURPOSES, "invalid params, purpose")
    return said(files=[_facts(stored) for stored in world.files.values() if stored.purpose == purpose])


async def delete(request: Request, world: World) -> Response:
    body = await body_of(request, {"file_id", "purpose"})
    demand(whole(body.get("file_id")), "invalid params, file_id is no integer")
    stored = world.files.pop(body["file_id"], None)
    demand(stored is not None and stored.purpose == body.get("purpose"), "invalid params, file_id")
    return said(file_id=body["file_id"])


async def retrieve(request: Request, world: World) -> Response:
    asked = request.query_params.get("file_id", "")
    demand(asked.isdecimal(), "invalid params, file_id")
    for task in world.tasks.values():
        if task.file_id == asked and stage(world, task) == "ok" and "gone" not in task.outcome:
            facts = {"file_id": int(asked), "bytes": 0, "created_at": int(task.created), "filename": "output.mp4"}
            link = link_to(world, task)
            return said(file=facts | {"purpose": "video_generation", "download_url": link})
    demand(condition=False, message="invalid params, file_id")
    return said()


def link_to(world: World, task: Task) -> str:
    """A link that lives as long as the rules say."""
    until = round((world.now() + world.rules.url_life_seconds) * 1000)
    return f"{world.base_url}/_files/clip/{task.id}/{until}/output.mp4"


async def side_file(request: Request, world: World) -> Response:
    found = world.side_files.get(request.path_params["name"])
    return Response(status_code=404) if found is None else Response(found[1], media_type=found[0])


async def serve_clip(request: Request, world: World) -> Response:
    """The made file with ranges, until its link expires."""
    world.auth_on_files += "authorization" in request.headers
    task = world.tasks.get(request.path_params["task_id"])
    if task is None or world.now() * 1000 > int(request.path_params["until"]):
        return Response("<Error>Request has expired</Error>", status_code=403, media_type="application/xml")
    fault = world.fault_for(request.url.path, "cut", "no_range", "empty", "truncate")
    source = await _source(world, task)
    size = source.size
    if fault is not None and fault.kind in {"empty", "truncate"}:
        size = 0 if fault.kind == "empty" else size // 2
    start = 0 if fault is not None and fault.kind == "no_range" else _range_start(request, size, source.tag)
    if start is None:
        return Response(status_code=416)
    headers = {"content-length": str(size - start), "etag": source.tag, "accept-ranges": "bytes"}
    if start:
        headers["content-range"] = f"bytes {start}-{size - 1}/{size}"
    stream = source.chunks(start, size, fault if fault is not None and fault.kind == "cut" else None)
    return StreamingResponse(stream, 206 if start else 200, headers, media_type="video/mp4")


def _range_start(request: Request, size: int, tag: str) -> int | None:
    asked = request.headers.get("range", "")
    if not asked.startswith("bytes=") or request.headers.get("if-range", tag) != tag:
        return 0
    start = int(asked.removeprefix("bytes=").partition("-")[0])
    return start if start < size else None


class Source:
    """Bytes of one made file, a real clip or a large pattern that needs no memory."""

    def __init__(self, content: bytes | None, size: int) -> None:
        self.content = content
        self.size = size
        digest = hashlib.sha256(content or str(size).encode()).hexdigest()[:16]
        self.tag = f'"{digest}"'

    async def chunks(self, start: int, end: int, cut: Fault | None) -> AsyncIterator[bytes]:
        sent = 0
        while start < end:
            chunk = self.piece(start, min(end, start + CHUNK_BYTES))
            if cut is not None and sent + len(chunk) > cut.size_bytes:
                yield chunk[: max(0, cut.size_bytes - sent)]
                raise Cut
            yield chunk
            sent += len(chunk)
            start += len(chunk)

    def piece(self, start: int, end: int) -> bytes:
        if self.content is not None:
            return self.content[start:end]
        block = pattern()
        first = start % PATTERN_BYTES
        whole_blocks = block[first:] + block
        return whole_blocks[: end - start]


@lru_cache(maxsize=1)
def pattern() -> bytes:
    return random.Random(7).randbytes(PATTERN_BYTES)


async def _source(world: World, task: Task) -> Source:
    if "size_bytes" in task.outcome:
        return Source(None, int(task.outcome["size_bytes"]))
    size = clip_size(task.resolution, task.first or task.last, full_size=world.rules.full_size)
    sound = task.generation == "v2"
    made = await asyncio.to_thread(clip, size, task.duration, task.first, task.last, sound=sound)
    return Source(made, len(made))
