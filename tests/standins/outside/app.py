"""One service for one stage, as an ASGI application: it writes, speaks, draws or renders, slowly or not at all."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests import factories
from tests.standins.minimax.media import clip

Json = dict[str, Any]
SCRIPT = "The fox walks. It finds a lantern."


@dataclass
class OutsideWorld:
    """What one service was asked, and how it behaves; `faults` are the statuses of its next answers."""

    delay_seconds: float = 0.0
    faults: list[int] = field(default_factory=list)
    asked: list[tuple[str, Json]] = field(default_factory=list)
    replies: list[Json] = field(default_factory=list)
    lost_files: int = 0


class _Service:
    """The paths of one service."""

    def __init__(self, world: OutsideWorld) -> None:
        self._world = world

    async def generate(self, request: Request) -> Response:
        wish = await request.json()
        if "prompt" in wish:
            return await self._answer(request, {"url": str(request.url_for("picture"))})
        if "script_text" in wish:
            return await self._answer(request, {"url": "/files/sound.wav"})
        return await self._answer(request, {"text": SCRIPT, "model": "unknown to us"})

    async def batch(self, request: Request) -> Response:
        images = (await request.json())["images"]
        link = str(request.url_for("picture"))
        return await self._answer(request, {"images": [{"prompt": each["prompt"], "url": link} for each in images]})

    async def render(self, request: Request) -> Response:
        files = {"url": str(request.url_for("film")), "thumbnail": str(request.url_for("picture"))}
        return await self._answer(request, {**files, "duration": 2.0})

    async def sound(self, _request: Request) -> Response:
        if self._world.lost_files:
            self._world.lost_files -= 1
            return Response(status_code=404)
        return Response(factories.sound(2), media_type="audio/wav")

    async def _answer(self, request: Request, reply: Json) -> Response:
        world = self._world
        world.asked.append((request.url.path, await request.json()))
        await asyncio.sleep(world.delay_seconds)
        if world.faults:
            return Response("out of order", status_code=world.faults.pop(0))
        return JSONResponse(world.replies.pop(0) if world.replies else reply)


async def _picture(_request: Request) -> Response:
    return Response(factories.picture(), media_type="image/png")


async def _film(_request: Request) -> Response:
    return Response(clip((160, 96), 2, None, None), media_type="video/mp4")


def outside_app(world: OutsideWorld) -> Starlette:
    """The service."""
    service = _Service(world)
    return Starlette(
        routes=[
            Route("/generate", service.generate, methods=["POST"]),
            Route("/generate-batch", service.batch, methods=["POST"]),
            Route("/render", service.render, methods=["POST"]),
            Route("/files/picture.png", _picture, name="picture"),
            Route("/files/sound.wav", service.sound, name="sound"),
            Route("/files/film.mp4", _film, name="film"),
        ]
    )
