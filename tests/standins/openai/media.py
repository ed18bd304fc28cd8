"""Pictures, speech and verdicts of the stand-in: real PNGs, real sounds."""

import base64
import hashlib
import re
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.standins.minimax.media import still, tone
from tests.standins.openai.bodies import body_of, demand_picture, demand_picture_link, whole
from tests.standins.openai.world import (
    FREE_SIZE_MODELS,
    IMAGE_MODELS,
    MODERATION_MODELS,
    SPEECH_MODELS,
    World,
    charge,
    demand,
    demand_model,
)

DRAW_FIELDS = {
    "model",
    "prompt",
    "n",
    "size",
    "quality",
    "background",
    "output_format",
    "output_compression",
    "moderation",
}
DRAW_FIELDS |= {"safety_identifier", "user"}
EDIT_FIELDS = (DRAW_FIELDS - {"moderation"}) | {"image", "image[]", "mask", "input_fidelity"}
SPEAK_FIELDS = {"model", "input", "voice", "response_format", "speed", "instructions", "stream_format"}
FIXED_SIZES = {"auto", "1024x1024", "1536x1024", "1024x1536"}
SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")
KINDS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
VOICES = {
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "fable",
    "onyx",
    "nova",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
}
SOUNDS = {"mp3": "audio/mpeg", "wav": "audio/wav"}
CHARACTERS_PER_SECOND = 15
BLOCKED = "Your request was rejected by the safety system."
CATEGORIES = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
]
CATEGORIES += ["self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic"]
BAD_WORDS = {"murder": "violence", "bomb": "illicit/violent", "forbidden": "illicit"}


async def generate(request: Request, world: World) -> Response:
    body = await body_of(request, world, DRAW_FIELDS)
    return _drawn(world, request.url.path, body)


async def edit(request: Request, world: World) -> Response:
    demand(request.headers.get("content-type", "").startswith("multipart/form-data"), "Unsupported content type.")
    async with request.form() as form:
        unknown = sorted(set(form) - EDIT_FIELDS)
        demand(not unknown, f"Unknown parameter: '{unknown}'.", code="unknown_parameter")
        body: dict[str, Any] = {key: value for key, value in form.items() if isinstance(value, str)}
        pictures = [part for key in ("image", "image[]") for part in form.getlist(key)]
        demand(1 <= len(pictures) <= 16, "Between 1 and 16 images are needed.", param="image")
        sizes = []
        for picture in pictures:
            assert isinstance(picture, UploadFile)
            content = await picture.read()
            demand_picture(content)
            sizes.append(len(content))
    body["n"] = int(body.get("n", 1))
    world.bodies.append(body | {"reference_bytes": sizes})
    faithful = body.get("input_fidelity")
    takes = {"gpt-image-1.5": {"low", "high"}, "gpt-image-1-mini": {"low"}}.get(body.get("model", ""), set())
    demand(faithful is None or faithful in takes, "input_fidelity is not supported.", param="input_fidelity")
    return _drawn(world, request.url.path, body)


def _drawn(world: World, path: str, body: dict[str, Any]) -> Response:
    demand_model(body.get("model"), IMAGE_MODELS)
    prompt, count, kind = body.get("prompt"), body.get("n", 1), body.get("output_format", "png")
    demand(isinstance(prompt, str) and 0 < len(prompt) <= 32_000, "Invalid prompt.", param="prompt")
    demand(whole(count, 1, 10), "Invalid n.", param="n")
    demand(kind in KINDS, "Invalid output_format.", param="output_format")
    wide, high = _size(body["model"], body.get("size", "auto"))
    demand("forbidden" not in str(prompt), BLOCKED, code="moderation_blocked", kind="image_generation_user_error")
    charge(world, path, body["model"], str(prompt))
    digest = hashlib.sha256(str(prompt).encode()).digest()
    made = [still(wide, high, (digest[one], digest[one + 1], digest[one + 2]), KINDS[kind]) for one in range(count)]
    usage = {"input_tokens": 50, "output_tokens": 1000, "total_tokens": 1050}
    usage |= {"input_tokens_details": {"text_tokens": 50, "image_tokens": 0}}
    pictures = [{"b64_json": base64.b64encode(one).decode()} for one in made]
    told = {"created": 1_795_000_000, "data": pictures, "size": f"{wide}x{high}", "output_format": kind}
    return JSONResponse(told | {"quality": "high", "background": "opaque", "usage": usage})


def _size(model: str, size: str) -> tuple[int, int]:
    if size == "auto":
        return 1024, 1024
    found = SIZE.fullmatch(size)
    demand(found, "Invalid size.", param="size")
    assert found is not None
    wide, high = int(found[1]), int(found[2])
    if size not in FIXED_SIZES:
        demand(model in FREE_SIZE_MODELS, f"Invalid value: '{size}'.", param="size", code="invalid_value")
        demand(wide % 16 == 0 and high % 16 == 0, "Sides must be divisible by 16.", param="size")
        demand(1 / 3 <= wide / high <= 3, "The ratio must be between 1:3 and 3:1.", param="size")
        demand(max(wide, high) <= 3840 and min(wide, high) <= 2160, "Too large.", param="size")
    return wide, high


async def speak(request: Request, world: World) -> Response:
    body = await body_of(request, world, SPEAK_FIELDS)
    demand_model(body.get("model"), SPEECH_MODELS)
    text, kind = body.get("input"), body.get("response_format", "mp3")
    demand(isinstance(text, str) and text, "Invalid input.", param="input")
    demand(len(str(text)) <= 4096, "Too long.", param="input", code="string_above_max_length")
    demand(body.get("voice") in VOICES, "Invalid voice.", param="voice")
    demand(0.25 <= body.get("speed", 1.0) <= 4.0, "Invalid speed.", param="speed")
    demand(kind in SOUNDS, "This stand-in speaks mp3 and wav only.", param="response_format")
    silent = "instructions" not in body or not body["model"].startswith("tts-1")
    demand(silent, "instructions are not supported by this model.", param="instructions")
    charge(world, request.url.path, body["model"], str(text))
    sound = tone(round(max(0.5, len(str(text)) / CHARACTERS_PER_SECOND), 2), kind)
    return Response(sound, media_type=SOUNDS[kind])


async def moderate(request: Request, world: World) -> Response:
    body = await body_of(request, world, {"model", "input"})
    demand(body.get("model", MODERATION_MODELS[0]) in MODERATION_MODELS, "Invalid model.", status=404)
    said = body.get("input")
    shown = [{"type": "text", "text": said}] if isinstance(said, str) else said
    demand(isinstance(shown, list) and shown, "Invalid input.", param="input")
    text = ""
    for part in shown or []:
        demand(isinstance(part, dict) and part.get("type") in {"text", "image_url"}, "Invalid input.", param="input")
        if part["type"] == "text":
            text += str(part.get("text", "")).lower()
        else:
            demand_picture_link(part.get("image_url", {}).get("url"))
    scores = dict.fromkeys(CATEGORIES, 0.0001)
    scores |= {category: 0.97 for word, category in BAD_WORDS.items() if word in text}
    flags = {category: score > 0.5 for category, score in scores.items()}
    applied = {category: ["text" if text else "image"] for category in CATEGORIES}
    verdict = {"flagged": any(flags.values()), "categories": flags, "category_scores": scores}
    verdict |= {"category_applied_input_types": applied}
    return JSONResponse({"id": world.new_id("modr"), "model": "omni-moderation-2024-09-26", "results": [verdict]})
