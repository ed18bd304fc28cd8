"""The two text interfaces: Responses and Chat Completions, with structured output."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.standins.openai.bodies import body_of
from tests.standins.openai.plans import Writer, strict_faults
from tests.standins.openai.world import TEXT_MODELS, World, charge, demand, demand_model

RESPONSE_FIELDS = {
    "model",
    "input",
    "instructions",
    "include",
    "tools",
    "text",
    "store",
    "reasoning",
    "metadata",
    "temperature",
    "top_p",
}
RESPONSE_FIELDS |= {
    "max_output_tokens",
    "parallel_tool_calls",
    "tool_choice",
    "truncation",
    "stream",
    "previous_response_id",
}
CHAT_FIELDS = {
    "model",
    "messages",
    "response_format",
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "stream",
}
CHAT_FIELDS |= {"tools", "tool_choice", "parallel_tool_calls", "verbosity", "reasoning_effort", "metadata"}
SCHEMA_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CREATED = 1_795_000_000
NO = "I'm sorry, but I can't help with that."


async def respond(request: Request, world: World) -> Response:
    body = await body_of(request, world, RESPONSE_FIELDS)
    demand_model(body.get("model"), TEXT_MODELS)
    said = body.get("input")
    demand(isinstance(said, str | list) and said, "Missing required parameter: 'input'.")
    turns = [{"role": "user", "content": said}] if isinstance(said, str) else list(said or [])
    schema = _schema((body.get("text") or {}).get("format") or {})
    answer = _answer(world, schema, str(body.get("instructions") or ""), turns)
    charge(world, request.url.path, body["model"], _last(turns))
    content = {"type": "output_text", "text": answer, "annotations": []}
    if world.rules.answer == "refusal":
        content = {"type": "refusal", "refusal": NO}
    cut = {"cut": "max_output_tokens", "filtered": "content_filter"}.get(world.rules.answer)
    message = {"type": "message", "id": world.new_id("msg"), "status": "completed", "role": "assistant"}
    usage = {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 50}
    usage |= {"output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 150}
    return JSONResponse(
        {
            "id": world.new_id("resp"),
            "object": "response",
            "created_at": CREATED,
            "status": "incomplete" if cut else "completed",
            "incomplete_details": {"reason": cut} if cut else None,
            "model": body["model"],
            "output": [message | {"content": [content]}],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": usage,
        }
    )


async def complete(request: Request, world: World) -> Response:
    body = await body_of(request, world, CHAT_FIELDS)
    demand_model(body.get("model"), TEXT_MODELS)
    turns = body.get("messages")
    demand(isinstance(turns, list) and turns, "Missing required parameter: 'messages'.")
    asked: dict[str, Any] = body.get("response_format") or {}
    schema = _schema({"type": asked.get("type"), **asked.get("json_schema", {})})
    rules = [turn for turn in turns if turn["role"] in {"system", "developer"}]
    instructions = "\n".join(_text(turn["content"]) for turn in rules)
    talk = [turn for turn in turns if turn not in rules]
    answer = _answer(world, schema, instructions, talk)
    charge(world, request.url.path, body["model"], _last(talk))
    message: dict[str, Any] = {"role": "assistant", "content": answer, "refusal": None}
    reason = {"cut": "length", "filtered": "content_filter"}.get(world.rules.answer, "stop")
    if world.rules.answer in {"refusal", "filtered", "cut"}:
        message |= {"content": None, "refusal": NO if world.rules.answer == "refusal" else None}
    usage = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    told = {"id": world.new_id("chatcmpl"), "object": "chat.completion", "created": CREATED, "model": body["model"]}
    return JSONResponse(told | {"choices": [choice], "usage": usage})


def _schema(form: dict[str, Any]) -> dict[str, Any] | None:
    if form.get("type") in {None, "text"}:
        return None
    demand(form.get("type") == "json_schema", f"Invalid value: '{form.get('type')}'.", param="text.format.type")
    demand(SCHEMA_NAME.fullmatch(str(form.get("name", ""))), "Missing or bad name.", param="text.format.name")
    schema = form.get("schema")
    demand(isinstance(schema, dict), "Missing required parameter: 'schema'.", param="text.format.schema")
    faults = strict_faults(schema) if form.get("strict") else []
    demand(not faults, f"Invalid schema: {faults}", code="invalid_json_schema", param="text.format.schema")
    return dict(schema or {})


def _answer(world: World, schema: dict[str, Any] | None, instructions: str, turns: list[Any]) -> str:
    for turn in turns:
        demand(isinstance(turn, dict) and turn.get("role") in {"user", "assistant", "system"}, "Invalid role.")
    story = next((_text(turn["content"]) for turn in turns if turn["role"] == "user"), "")
    demand(story, "Invalid input: there is no user message.")
    if schema is None:
        return f"You said: {_last(turns)}"
    written = Writer(schema, instructions, story).text()
    return {"fenced": f"```json\n{written}\n```", "cut": written[:20]}.get(world.rules.answer, written)


def _last(turns: list[Any]) -> str:
    return _text(turns[-1]["content"])


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
