"""A service of exactly the paths that `avc make` uses: one order, one job with two segments, one film that breaks off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

JOB = "job-1"
FILM = bytes(range(256)) * 1200
NOW = "2026-01-01T00:00:00Z"
TICKS_TO_END = 3


@dataclass
class FilmService:
    """What it was asked, and how it behaves."""

    ends: str = "succeeded"
    breaks_once: bool = False
    orders: list[dict[str, Any]] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    proofs: list[str | None] = field(default_factory=list)
    looks: int = 0

    @property
    def phase(self) -> str:
        return self.ends if self.looks > TICKS_TO_END else "running"

    def job(self, job_id: str, *, segment_id: str | None = None, kind: str = "film.produce") -> dict[str, Any]:
        ended = self.phase != "running"
        error = {"code": "narration.too_long", "message": "Cut 4 words.", "retryable": True, "hint": None}
        return {
            "id": job_id, "kind": kind, "project_id": "project-1", "segment_id": segment_id, "status": "generating_video",
            "phase": self.phase, "stage_label": "Making clips", "progress": min(100, self.looks * 25),
            "eta_seconds": None if ended else 7, "started_at": NOW, "created_at": NOW, "question": None,
            "error": error if self.phase == "failed" else None,
        }  # fmt: skip


def film_app(service: FilmService) -> FastAPI:
    """The application over this service."""
    app = FastAPI()

    @app.get("/version")
    async def version() -> dict[str, str]:
        return {"name": "double", "version": "1", "api": "v1"}

    @app.post("/api/v1/videos/generate")
    async def generate(request: Request) -> Response:
        form = "multipart" in request.headers["content-type"]
        sent = await request.form() if form else await request.json()
        order = {name: value if isinstance(value, str | int) else await value.read() for name, value in sent.items()}
        service.orders.append(order | {"key": request.headers["idempotency-key"]})
        if order["prompt"] == "forbidden":
            problem = {"detail": "This story is refused.", "code": "moderation.refused", "request_id": "r-1"}
            return JSONResponse(problem, 403, media_type="application/problem+json")
        return JSONResponse({"job_id": JOB, "status": "pending", "message": "The film is ordered."})

    @app.get("/api/v1/jobs/{job_id}")
    async def job(job_id: str) -> dict[str, Any]:
        service.looks += 1
        return service.job(job_id)

    @app.get("/api/v1/jobs/{job_id}/manifest")
    async def manifest(job_id: str) -> dict[str, Any]:
        children = [service.job(f"child-{n}", segment_id=f"segment-{n}", kind="segment.take") for n in (0, 1)]
        return {"job": service.job(job_id), "children": children}

    @app.get("/api/v1/projects/project-1/segments")
    async def segments() -> list[dict[str, Any]]:
        return [{"id": f"segment-{number}", "index": number} for number in (0, 1)]

    @app.get("/api/v1/events")
    async def events() -> Response:
        async def said() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"event: job.progress\ndata: {}\n\n"
                await asyncio.sleep(0.2)

        return StreamingResponse(said(), media_type="text/event-stream")

    @app.get("/api/v1/videos/{video_id}")
    async def video(video_id: str) -> dict[str, Any]:
        return {"id": video_id, "video_url": "/media/token/film.mp4"}

    @app.get("/media/token/film.mp4")
    async def film(request: Request) -> Response:
        wanted = request.headers.get("range")
        service.ranges.append(wanted)
        service.proofs.append(request.headers.get("authorization"))
        start = 0 if wanted is None else int(wanted.removeprefix("bytes=").removesuffix("-"))
        if service.breaks_once and wanted is None:
            return StreamingResponse(_torn(), headers={"Content-Length": str(len(FILM))})
        headers = {} if wanted is None else {"Content-Range": f"bytes {start}-{len(FILM) - 1}/{len(FILM)}"}
        return Response(FILM[start:], 200 if wanted is None else 206, headers)

    return app


async def _torn() -> AsyncIterator[bytes]:
    yield FILM[:100_000]
    raise ConnectionResetError
