"""Clips of both interfaces: what is accepted, how tasks walk, what is told about them."""

import asyncio
import json
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.standins.minimax.media import clip_size
from tests.standins.minimax.rulings import Refusal, body_of, demand, picture, said, whole
from tests.standins.minimax.world import Paid, Task, World

V1_FIELDS = {"model", "prompt", "prompt_optimizer", "fast_pretreatment", "duration", "resolution"}
V1_FIELDS |= {"first_frame_image", "last_frame_image", "callback_url", "subject_reference"}
V2_FIELDS = {"model", "content", "resolution", "duration", "ratio", "callback_url"}
HAILUO = {(6, "768P"), (10, "768P"), (6, "1080P")}
SMALL = {(6, "512P"), (10, "512P")}
V1_MODELS: dict[str, dict[str, set[tuple[int, str]]]] = {
    "MiniMax-Hailuo-02": {"t2v": HAILUO, "i2v": HAILUO | SMALL, "fl2v": HAILUO},
    "MiniMax-Hailuo-2.3": {"t2v": HAILUO, "i2v": HAILUO},
    "MiniMax-Hailuo-2.3-Fast": {"i2v": HAILUO},
}
V2_MODELS = {"MiniMax-H3": (range(4, 16), {"768P", "2K"}), "MiniMax-H3-Max": (range(5, 16), {"480P", "768P"})}
PRICES_MICRO_USD = {(6, "768P"): 280_000, (10, "768P"): 560_000, (6, "1080P"): 490_000}
PRICES_MICRO_USD |= {(6, "512P"): 100_000, (10, "512P"): 150_000}
CHALLENGE_SECONDS = 3.0
V1_WORDS = {"preparing": "Preparing", "queueing": "Queueing", "running": "Processing", "ok": "Success", "bad": "Fail"}
V2_WORDS = {"preparing": "queued", "queueing": "queued", "running": "running", "ok": "succeeded", "bad": "failed"}
CALLBACK_WORDS = {"running": "processing", "ok": "success", "bad": "failed"}


def stage(world: World, task: Task) -> str:
    """Where the task stands by its age."""
    share = task.share(world.now())
    if task.cancelled:
        return "bad"
    if share >= 1:
        return "bad" if "fail" in task.outcome else "ok"
    if share < 0.3:
        return "preparing"
    return "queueing" if world.rules.with_queueing and share < 0.4 else "running"


def _clip_mode(body: dict[str, Any]) -> str:
    if "last_frame_image" in body:
        return "fl2v"
    return "i2v" if "first_frame_image" in body else "t2v"


async def create_v1(request: Request, world: World) -> Response:
    body = await body_of(request, V1_FIELDS)
    mode = _clip_mode(body)
    offered = V1_MODELS.get(body.get("model", ""))
    demand(offered is not None, "invalid params, model")
    demand(offered and mode in offered, f"invalid params, model does not support {mode}")
    prompt = body.get("prompt", "")
    demand(isinstance(prompt, str) and len(prompt) <= 2000, "invalid params, prompt is too long")
    demand(prompt or mode != "t2v", "invalid params, prompt is missing")
    demand(whole(body.get("duration", 6)), "invalid params, duration")
    wanted = (body.get("duration", 6), body.get("resolution", "768P"))
    demand(offered and wanted in offered[mode], f"invalid params, {wanted}")
    demand(isinstance(body.get("prompt_optimizer", True), bool), "invalid params, prompt_optimizer")
    demand("fast_pretreatment" not in body or mode in {"t2v", "i2v"}, "invalid params, fast_pretreatment")
    frames = {
        name: picture(body[name], max_bytes=20_971_520, above_px=300)
        for name in ("first_frame_image", "last_frame_image")
        if name in body
    }
    task = _accept(world, body, prompt, "v1")
    task.first, task.last = frames.get("first_frame_image"), frames.get("last_frame_image")
    return said(task_id=task.id)


async def create_v2(request: Request, world: World) -> Response:
    body = await body_of(request, V2_FIELDS)
    durations, resolutions = V2_MODELS.get(body.get("model", ""), (range(0), set()))
    demand(durations, "invalid model")
    demand(whole(body.get("duration")) and body["duration"] in durations, "invalid duration")
    demand(body.get("resolution") in resolutions, "invalid resolution")
    content = body.get("content")
    demand(isinstance(content, list) and content, "content is missing")
    assert isinstance(content, list)
    texts = [item.get("text") for item in content if item.get("type") == "text"]
    demand(len(texts) == 1 and texts[0] and len(texts[0]) <= 7000, "exactly one text")
    pictures = {item.get("role"): item for item in content if item.get("type") == "image_url"}
    demand(len(pictures) + 1 == len(content) and set(pictures) <= {"first_frame", "last_frame"}, "invalid content")
    demand("last_frame" not in pictures or "first_frame" in pictures, "last frame without first frame")
    demand(pictures or body.get("ratio"), "ratio is required for text only")
    frames = {
        role: picture(item.get("image_url", {}).get("url"), max_bytes=31_457_280, above_px=255)
        for role, item in pictures.items()
    }
    task = _accept(world, body, texts[0], "v2")
    task.first, task.last = frames.get("first_frame"), frames.get("last_frame")
    return JSONResponse({"task_id": task.id})


def _accept(world: World, body: dict[str, Any], text: str, generation: str) -> Task:
    demand(not world.over_rate("video"), "rate limit exceeded", 1002)
    demand(world.in_flight() < world.rules.max_in_flight, "too many tasks", 1002)
    duration, resolution = body.get("duration", 6), body.get("resolution", "768P")
    outcome = world.outcomes.popleft() if world.outcomes else {}
    task = Task(
        id=str(world.new_id()),
        file_id=str(world.new_id()),
        generation=generation,
        model=body["model"],
        duration=duration,
        resolution=resolution,
        created=world.now(),
        seconds=outcome.get("seconds", world.rules.task_seconds),
        callback_url=body.get("callback_url"),
        outcome=outcome,
    )
    price = PRICES_MICRO_USD.get((duration, resolution), duration * 80_000)
    path = f"/{generation}/video_generation"
    paid = Paid(path, task.model, price, world.now(), task.id, text, task.callback_url)
    demand(world.charge(paid), "insufficient balance", 1008)
    world.add_task(task)
    if task.callback_url:
        world.start(call_back(world, task))
    return task


async def query_v1(request: Request, world: World) -> Response:
    task = world.tasks.get(request.query_params.get("task_id", ""))
    demand(task is not None and task.generation == "v1" and "forget" not in task.outcome, "invalid task id")
    assert task is not None
    at = stage(world, task)
    word = task.outcome.get("word") if at in {"ok", "bad"} and "word" in task.outcome else V1_WORDS[at]
    has_file = at == "ok" and "no_file" not in task.outcome
    size = clip_size(task.resolution, task.first or task.last, full_size=world.rules.full_size) if has_file else (0, 0)
    reply: dict[str, Any] = {"task_id": task.id, "status": task.outcome.get("stuck_word", word)}
    reply |= {"file_id": task.file_id if has_file else "", "video_width": size[0], "video_height": size[1]}
    code = task.outcome.get("fail", 0) if at == "bad" else 0
    verdict = {"status_code": code, "status_msg": "success" if code == 0 else "refused"}
    return JSONResponse(reply | {"base_resp": verdict})


def told_v2(world: World, task: Task, link: str) -> dict[str, Any]:
    at = stage(world, task)
    reply: dict[str, Any] = {
        "id": task.id,
        "model": task.model,
        "status": V2_WORDS[at],
        "created_at": int(task.created),
    }
    reply["duration"] = task.duration
    if at == "ok" and "no_file" not in task.outcome:
        reply["content"] = {"url": link}
    if at == "bad":
        reply["status"] = "cancelled" if task.cancelled else task.outcome.get("word", "failed")
        reply["error"] = {"code": str(task.outcome.get("fail", "")), "message": "refused"}
    return reply


def known_v2(request: Request, world: World) -> Task:
    task = world.tasks.get(request.path_params["task_id"])
    if task is None or task.generation != "v2" or "forget" in task.outcome:
        raise Refusal(404, "task not found")
    return task


async def call_back(world: World, task: Task) -> None:
    """Challenge first, then unsigned updates, as faithfully or badly as the rules say."""
    async with httpx.AsyncClient(timeout=CHALLENGE_SECONDS, trust_env=False) as client:
        assert task.callback_url is not None
        if not await _challenged(client, world, task.callback_url):
            return
        words = ["running", "bad" if "fail" in task.outcome else "ok"]
        if world.rules.callbacks == "reorder":
            words.reverse()
        for share, word in zip((0.3, 1.0), words, strict=True):
            await _sleep_until(world, task, share)
            if world.rules.callbacks == "drop":
                continue
            for _ in range(2 if world.rules.callbacks == "duplicate" else 1):
                await _post(client, world, task.callback_url, _update(task, word))


def _update(task: Task, word: str) -> dict[str, Any]:
    status = CALLBACK_WORDS[word] if task.generation == "v1" else V2_WORDS[word]
    file_id = task.file_id if word == "ok" and task.generation == "v1" else ""
    verdict = {"status_code": task.outcome.get("fail", 0) if word == "bad" else 0, "status_msg": ""}
    return {"task_id": task.id, "status": status, "file_id": file_id, "base_resp": verdict}


async def _challenged(client: httpx.AsyncClient, world: World, url: str) -> bool:
    challenge = f"challenge-{world.new_id()}"
    reply = await _post(client, world, url, {"challenge": challenge})
    try:
        return reply is not None and json.loads(reply.content).get("challenge") == challenge
    except (ValueError, AttributeError):
        return False


async def _post(client: httpx.AsyncClient, world: World, url: str, body: dict[str, Any]) -> httpx.Response | None:
    try:
        reply = await client.post(url, json=body)
    except httpx.HTTPError as fault:
        world.callback_log.append({"url": url, "body": body, "fault": type(fault).__name__})
        return None
    world.callback_log.append({"url": url, "body": body, "status": reply.status_code})
    return reply


async def _sleep_until(world: World, task: Task, share: float) -> None:
    await asyncio.sleep(max(0.0, task.created + share * task.seconds - world.now()))
