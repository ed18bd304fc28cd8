"""OpenAI over HTTP: responses, chat completions, images, speech, moderations and models."""

import base64
import io
import json
import re
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[int, Any]

GOOD_KEY = "sk-stand-in-openai"
PAID = {"/responses", "/chat/completions", "/images/generations", "/images/edits", "/audio/speech"}
SIZE = re.compile(r"(\d+)x(\d+)")
IMAGE_FIELDS = {"model", "prompt", "n", "size", "output_format", "quality", "background", "output_compression"}
SPEECH_LIMIT = 4096
SEGMENTS_WISHED = re.compile(r"exactly (\d+) segments")
BAD_WORD = "bomb"


@dataclass
class Vendor:
    """The vendor's side of the truth; a test scripts what goes wrong."""

    fail_with: tuple[int, str] | None = None
    retry_after: str = ""
    swallow: bool = False
    refusal: bool = False
    text: str | None = None
    paid: list[tuple[str, Any]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        path = scope["path"].removeprefix("/v1")
        self.seen.append(path)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer = self._answer(path, headers, body)
        if self.swallow and path in PAID:
            # Ends the connection without an answer, although the work is done and billed.
            message = "swallowed"
            raise ConnectionAbortedError(message)
        is_raw = isinstance(answer, bytes)
        content = answer if is_raw else json.dumps(answer).encode()
        said = [(b"content-type", b"audio/mpeg" if is_raw else b"application/json"), (b"x-request-id", b"req_1")]
        if self.retry_after:
            said.append((b"retry-after", self.retry_after.encode()))
        await send({"type": "http.response.start", "status": status, "headers": said})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != f"Bearer {GOOD_KEY}":
            return _fault(401, "invalid_api_key")
        if self.fail_with is not None:
            return _fault(*self.fail_with)
        if path == "/models":
            return 200, {"object": "list", "data": [{"id": "gpt-5.6-luna", "object": "model", "owned_by": "x"}]}
        is_form = headers.get("content-type", "").startswith("multipart/")
        said = _form(body, headers["content-type"]) if is_form else json.loads(body)
        answer = {
            "/responses": self._response,
            "/chat/completions": self._completion,
            "/images/generations": self._pictures,
            "/images/edits": self._pictures,
            "/audio/speech": self._speech,
            "/moderations": self._moderation,
        }[path](said)
        if path in PAID and answer[0] == 200:
            self.paid.append((path, said))
        return answer

    def _response(self, said: dict[str, Any]) -> Answer:
        format_ = said["text"]["format"]
        if format_["type"] != "json_schema" or format_["strict"] is not True or said.get("tools"):
            return _fault(400, "invalid_schema")
        text = self.text or _plan(said["instructions"])
        part = {"type": "output_text", "text": text, "annotations": []}
        if self.refusal:
            part = {"type": "refusal", "refusal": "no"}
        return 200, {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": "completed",
            "model": said["model"],
            "output": [{"type": "message", "id": "m", "status": "completed", "role": "assistant", "content": [part]}],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": 1,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": 1,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 2,
            },
        }

    def _completion(self, said: dict[str, Any]) -> Answer:
        if said["response_format"]["type"] != "json_schema":
            return _fault(400, "invalid_schema")
        text = self.text or _plan(said["messages"][0]["content"])
        message = {"role": "assistant", "content": None if self.refusal else text}
        if self.refusal:
            message["refusal"] = "no"
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        return 200, {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": said["model"],
            "choices": [choice],
            "usage": usage,
        }

    def _pictures(self, said: dict[str, Any]) -> Answer:
        found = SIZE.fullmatch(said["size"])
        extra = set(said) - IMAGE_FIELDS - {"image[]", "image"}
        if found is None or extra or int(found[1]) % 16 or int(found[2]) % 16:
            return _fault(400, "invalid_request")
        if BAD_WORD in said["prompt"]:
            return _fault(400, "moderation_blocked")
        made = io.BytesIO()
        Image.new("RGB", (int(found[1]), int(found[2])), (200, 120, 40)).save(made, "PNG")
        encoded = base64.b64encode(made.getvalue()).decode()
        return 200, {"created": 1, "data": [{"b64_json": encoded}] * int(said.get("n", 1))}

    def _speech(self, said: dict[str, Any]) -> Answer:
        if not 0 < len(said["input"]) <= SPEECH_LIMIT or not 0.25 <= said["speed"] <= 4:
            return _fault(400, "invalid_request")
        if said["response_format"] == "mp3":
            return 200, b"\xff\xfb\x90\x00" + bytes(16_000 - 4)
        made = io.BytesIO()
        with wave.open(made, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(24_000)
            file.writeframes(bytes(48_000))
        return 200, made.getvalue()

    def _moderation(self, said: dict[str, Any]) -> Answer:
        asked = json.dumps(said["input"])
        is_bad = BAD_WORD in asked
        scores = {"violence": 0.98 if is_bad else 0.01, "sexual/minors": 0.0, "self-harm": 0.0}
        result = {
            "flagged": is_bad,
            "categories": {name: score > 0.5 for name, score in scores.items()},
            "category_scores": scores,
            "category_applied_input_types": {},
        }
        return 200, {"id": "modr_1", "model": said["model"], "results": [result]}


def _plan(instructions: str) -> str:
    found = SEGMENTS_WISHED.search(instructions)
    segment = {
        "video_prompt": "A wide view of a lake at dawn. Soft light falls on the water.",
        "narration_text": "Świt nad jeziorem.",
        "end_frame_prompt": "The lake in full light.",
        "camera_commands": ["Pan left"],
    }
    count = int(found[1]) if found else 1
    return json.dumps({"title": "Jezioro", "segments": [segment] * count, "continuity_notes": "One lake."})


def _form(body: bytes, content_type: str) -> dict[str, Any]:
    mark = b"--" + content_type.partition("boundary=")[2].encode()
    said: dict[str, Any] = {}
    for part in body.split(mark)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        assert name is not None
        is_file = b"filename=" in head
        key = name[1].decode()
        if is_file:
            Image.open(io.BytesIO(content)).verify()
            said.setdefault(key, []).append(len(content))
        else:
            said[key] = content.decode()
    return said


def _fault(status: int, code: str) -> Answer:
    return status, {"error": {"message": "secret words of the vendor", "type": code, "param": None, "code": code}}
