"""A service of just the paths that `avc make` uses: one order, a job of two segments, a film that may break off."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

JOB = "job-1"
FILM = bytes(range(256)) * 1200
NOW = "2026-01-01T00:00:00Z"
TICKS_TO_END = 3
EVENTS = 100
OPTIONS: dict[str, Any] = {
    "languages": [{"value": "pl", "label": "Polish"}, {"value": "en", "label": "English"}],
    "aspect_ratios": [{"value": "16:9", "label": "Wide 16:9"}, {"value": "9:16", "label": "Tall 9:16"}],
    "music_moods": [{"value": "none", "label": "None"}, {"value": "soft", "label": "Soft"}],
    "engines": [
        {"value": "local", "label": "Offline engines", "role": role, "is_default": True, "available": True}
        | {"absent_reason": None, "models": []}
        for role in ("planner", "image", "video", "speech", "moderation")
    ],
    "voices": [
        {"value": f"{language}-warm", "label": "Warm", "language": language, "provider": "local"}
        for language in ("pl", "en")
    ],
    "project": {"target_duration_sec": {"minimum": 6, "maximum": 60}},
}
READY = {"status": "ready", "checks": {"disk": {"status": "ok", "detail": None, "duration_ms": 1}}}
ERROR = {"code": "narration.too_long", "message": "Cut 4 words.", "retryable": True, "hint": None}
RUNNING = {"status": "generating_video", "stage_label": "Making clips", "started_at": NOW, "created_at": NOW}


@dataclass
class FilmService:
    """What it was asked, and how it behaves."""

    ends: str = "succeeded"
    breaks_once: bool = False
    orders: list[dict[str, Any]] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    proofs: list[str | None] = field(default_factory=list)
    looks: int = 0
    release: str = "1"
    readiness: dict[str, Any] = field(default_factory=lambda: READY)
    engines: list[dict[str, Any]] | None = None
    refuses_uploads: bool = False
    deleted: int = 0

    async def version(self) -> dict[str, str]:
        return {"name": "double", "version": self.release, "api": "v1"}

    async def ready(self) -> Response:
        return JSONResponse(self.readiness, 200 if self.readiness["status"] == "ready" else 503)

    async def options(self) -> dict[str, Any]:
        return OPTIONS if self.engines is None else OPTIONS | {"engines": self.engines}

    async def voices(self) -> dict[str, Any]:
        return {"voices": [{"id": "voice-1", "voice_id": "clone-1", "name": "Mine"}], "total": 1}

    async def part(self, variant: str) -> Response:
        return Response(f"{variant} of the film".encode())

    async def delete(self) -> Response:
        self.deleted += 1
        return Response(status_code=204)

    async def create(self, request: Request) -> Response:
        order = await _read(request)
        self.orders.append(order)
        if order["story_prompt"] == "forbidden":
            problem = {"detail": "This story is refused.", "code": "moderation.refused", "request_id": "r-1"}
            return JSONResponse(problem, 403, media_type="application/problem+json")
        return JSONResponse({"id": "project-1"}, 201)

    async def upload(self, name: str, request: Request) -> Any:
        if self.refuses_uploads:
            return JSONResponse({"detail": "This picture cannot be read.", "code": "media.unreadable"}, 422)
        self.orders[-1][name] = (await _read(request))["file"]
        return {"asset_id": name}

    async def produce(self, request: Request) -> Response:
        self.orders[-1] |= await _read(request) | {"key": request.headers["idempotency-key"]}
        return JSONResponse({"id": JOB}, 202)

    async def manifest(self, job_id: str) -> dict[str, Any]:
        self.looks += 1
        children = [self._job(f"child-{number}", "segment.take", f"segment-{number}") for number in (0, 1)]
        return {"job": self._job(job_id, "film.produce", None), "children": children}

    async def segments(self) -> list[dict[str, Any]]:
        return [{"id": f"segment-{number}", "index": number, "status": "approved"} for number in (0, 1)]

    async def events(self) -> Response:
        return StreamingResponse(_said(), media_type="text/event-stream")

    async def project(self) -> dict[str, Any]:
        return {"id": "project-1", "final_video_url": "/media/token/film.mp4"}

    async def film(self, request: Request) -> Response:
        wanted = request.headers.get("range")
        self.ranges.append(wanted)
        self.proofs.append(request.headers.get("authorization"))
        if wanted is not None:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            return Response(FILM[start:], 206, {"Content-Range": f"bytes {start}-{len(FILM) - 1}/{len(FILM)}"})
        if self.breaks_once:
            return StreamingResponse(_torn(), headers={"Content-Length": str(len(FILM))})
        return Response(FILM)

    def _job(self, job_id: str, kind: str, segment_id: str | None) -> dict[str, Any]:
        phase = self.ends if self.looks > TICKS_TO_END else "running"
        named = {"id": job_id, "kind": kind, "project_id": "project-1", "segment_id": segment_id, "question": None}
        left = 7 if phase == "running" else None
        moving = {"phase": phase, "progress": max(0, min(100, self.looks * 25)), "eta_seconds": left}
        return RUNNING | named | moving | {"error": ERROR if phase == "failed" else None}


def film_app(service: FilmService) -> FastAPI:
    """The application over this service."""
    reads: Mapping[str, Callable[..., Any]] = {
        "/version": service.version,
        "/readyz": service.ready,
        "/api/v1/options": service.options,
        "/api/v1/voices": service.voices,
        "/api/v1/projects/project-1/film": service.part,
        "/api/v1/jobs/{job_id}/manifest": service.manifest,
        "/api/v1/projects/project-1/segments": service.segments,
        "/api/v1/events": service.events,
        "/api/v1/projects/project-1": service.project,
        "/media/token/film.mp4": service.film,
    }
    app = FastAPI()
    for path, answer in reads.items():
        app.add_api_route(path, answer)
    app.add_api_route("/api/v1/projects/project-1", service.delete, methods=["DELETE"], status_code=204)
    app.add_api_route("/api/v1/projects", service.create, methods=["POST"])
    app.add_api_route("/api/v1/projects/project-1/produce", service.produce, methods=["POST"])
    app.add_api_route("/api/v1/projects/project-1/{name}", service.upload, methods=["POST"])
    return app


async def _read(request: Request) -> dict[str, Any]:
    if "multipart" not in request.headers["content-type"]:
        sent: dict[str, Any] = await request.json()
        return sent
    async with request.form() as form:
        return {name: value if isinstance(value, str) else await value.read() for name, value in form.items()}


async def _said() -> AsyncIterator[bytes]:
    for _ in range(EVENTS):
        yield b"event: job.progress\ndata: {}\n\n"
        await asyncio.sleep(0.2)


async def _torn() -> AsyncIterator[bytes]:
    yield FILM[:100_000]
    raise ConnectionResetError
