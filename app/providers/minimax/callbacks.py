"""What MiniMax, or anybody pretending to be it, sends to a callback address: a challenge or a hint."""

import json
import re

from app.providers.video import CallbackChallenge, CallbackHint

__all__ = ["MAX_BODY_BYTES", "hear"]

MAX_BODY_BYTES = 16 * 1024
MAX_CHALLENGE_BYTES = 256
TASK_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


def hear(body: bytes) -> CallbackChallenge | CallbackHint | None:
    """The challenge to echo within three seconds, or the task that claims to have moved, or nothing usable."""
    said = _object(body)
    challenge = said.get("challenge")
    if isinstance(challenge, str) and 0 < len(challenge.encode(errors="replace")) <= MAX_CHALLENGE_BYTES:
        return CallbackChallenge({"challenge": challenge})
    task = said.get("task_id", said.get("id"))
    if isinstance(task, int) and not isinstance(task, bool):
        task = str(task)
    return CallbackHint(task) if isinstance(task, str) and TASK_ID.fullmatch(task) else None


def _object(body: bytes) -> dict[str, object]:
    if len(body) > MAX_BODY_BYTES:
        return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
