"""Veo on Vertex over HTTP: predictLongRunning and fetchPredictOperation, strict about what they are sent."""

import base64
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MODEL = r"(?P<base>projects/[\w-]+/locations/[\w-]+/publishers/google/models/(?P<model>[\w.-]+))"
CREATE = re.compile(rf"/v1beta1/{MODEL}:predictLongRunning")
POLL = re.compile(rf"/v1beta1/{MODEL}:fetchPredictOperation")
LENGTHS = {4, 6, 8}
PARAMETERS = {"sampleCount", "durationSeconds", "aspectRatio", "resolution", "generateAudio", "enhancePrompt"}
TOKEN = "ya29.stand-in"


@dataclass
class Veo:
    """The vendor's side of the truth; a test scripts what goes wrong."""

    clip: bytes = b"\x00\x00\x00\x18ftypmp42 a clip"
    looks_until_done: int = 2
    refuse_with: int = 0
    refuse_reads_with: int = 0
    swallow: bool = False
    outcome: dict[str, Any] | None = None
    orders: list[dict[str, Any]] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        authorized = dict(scope["headers"]).get(b"authorization") == f"Bearer {TOKEN}".encode()
        status, answer = self._answer(scope["method"], scope["path"], body) if authorized else _fault(401)
        if self.swallow and CREATE.fullmatch(scope["path"]):
            # Ends the connection without an answer, although the order stands.
            message = "swallowed"
            raise ConnectionAbortedError(message)
        content = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if method == "GET":
            return _fault(self.refuse_reads_with) if self.refuse_reads_with else (200, {"name": path})
        said = json.loads(body)
        if found := CREATE.fullmatch(path):
            return _fault(self.refuse_with) if self.refuse_with else self._created(found, said)
        if POLL.fullmatch(path):
            return _fault(self.refuse_reads_with) if self.refuse_reads_with else self._looked(said["operationName"])
        return _fault(404)

    def _created(self, found: re.Match[str], said: dict[str, Any]) -> tuple[int, Any]:
        [instance], parameters = said["instances"], said["parameters"]
        if parameters["durationSeconds"] not in LENGTHS or not set(parameters) <= PARAMETERS:
            return _fault(400)
        if "lastFrame" in instance and "image" not in instance:
            return _fault(400)
        for name in ("image", "lastFrame"):
            if name in instance and not base64.b64decode(instance[name]["bytesBase64Encoded"], validate=True):
                return _fault(400)
        self.orders.append({"model": found["model"], **said})
        name = f"{found['base']}/operations/op-{len(self.orders)}"
        self.looks[name] = 0
        return 200, {"name": name}

    def _looked(self, name: str) -> tuple[int, Any]:
        if name not in self.looks:
            return _fault(404)
        self.looks[name] += 1
        if self.looks[name] <= self.looks_until_done:
            return 200, {"name": name}
        made = {"bytesBase64Encoded": base64.b64encode(self.clip).decode(), "mimeType": "video/mp4"}
        return 200, {"name": name, "done": True, **(self.outcome or {"response": {"videos": [made]}})}


def _fault(status: int) -> tuple[int, Any]:
    return status, {"error": {"code": status, "message": "secret words of the vendor", "status": "SOME_STATUS"}}
