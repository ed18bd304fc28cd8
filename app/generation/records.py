"""Pure: requests and vendors' tasks as the plain JSON that steps and attempts remember, and back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.generation.prompt import Pair
from app.providers.video import CameraCommand, RemoteTask, VideoRequest, VideoResolution

__all__ = ["digest", "plain_request", "plain_task", "read_request", "read_task"]


def plain_request(request: VideoRequest) -> dict[str, Any]:
    """The request without its pictures."""
    return {
        "model": request.model,
        "prompt": request.prompt,
        "duration_seconds": request.duration_seconds,
        "resolution": request.resolution.value,
        "camera": [command.value for command in request.camera],
        "optimize_prompt": request.optimize_prompt,
        "aspect_ratio": request.aspect_ratio,
    }


def read_request(kept: Mapping[str, Any], pair: Pair) -> VideoRequest:
    """The request with these pictures."""
    return VideoRequest(
        model=kept["model"],
        prompt=kept["prompt"],
        duration_seconds=kept["duration_seconds"],
        resolution=VideoResolution(kept["resolution"]),
        first_frame=pair.first,
        last_frame=pair.last,
        camera=tuple(CameraCommand(command) for command in kept["camera"]),
        optimize_prompt=kept["optimize_prompt"],
        aspect_ratio=kept["aspect_ratio"],
    )


def plain_task(task: RemoteTask) -> dict[str, Any]:
    """What the vendor has accepted."""
    return {"task_id": task.id, "model": task.model, "submitted_at": task.submitted_at.isoformat()}


def read_task(kept: Mapping[str, Any], remote_id: str, model: str, begun_at: datetime) -> RemoteTask:
    """The vendor's task; one that was only found again is dated by the job that bought it."""
    submitted = kept.get("submitted_at")
    return RemoteTask(
        remote_id, str(kept.get("model") or model), datetime.fromisoformat(submitted) if submitted else begun_at
    )


def digest(request: Mapping[str, Any], pictures_sha256: Sequence[str], salt: str) -> str:
    """The same for the same clip of the same segment's retry chain."""
    asked = {"request": request, "pictures": list(pictures_sha256), "salt": salt}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
