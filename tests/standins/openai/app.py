"""The stand-in as an ASGI application: the vendor's paths, and `/_control` for whoever plays with it."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.minimax.mischief import Mischief
from tests.standins.minimax.world import Fault
from tests.standins.openai import media, texts
from tests.standins.openai.bodies import demand_key
from tests.standins.openai.world import MODELS, Refusal, Rules, World

Handler = Callable[[Request, World], Awaitable[Response]]


async def list_models(_request: Request, _world: World) -> Response:
    known = [{"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "openai"} for name in MODELS]
    return JSONResponse({"object": "list", "data": known})


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/v1/responses", texts.respond),
    ("POST", "/v1/chat/completions", texts.complete),
    ("POST", "/v1/images/generations", media.generate),
    ("POST", "/v1/images/edits", media.edit),
    ("POST", "/v1/audio/speech", media.speak),
    ("POST", "/v1/moderations", media.moderate),
    ("GET", "/v1/models", list_models),
]


def guarded(world: World, handler: Handler) -> Any:
    """Demands the key and gives refusals the vendor's shape."""

    async def answer(request: Request) -> Response:
        world.headers.append(dict(request.headers))
        try:
            demand_key(request)
            response = await handler(request, world)
        except Refusal as refusal:
            world.refused.append((request.url.path, refusal.code or refusal.message))
            error = {"message": refusal.message, "type": refusal.kind, "param": refusal.param, "code": refusal.code}
            response = JSONResponse({"error": error}, status_code=refusal.status, headers=refusal.headers)
        response.headers["x-request-id"] = world.new_id("req")
        return response

    return answer


def control_routes(world: World) -> list[Route]:
    """Read the truth, change the rules, plan faults."""

    async def paid(_request: Request) -> Response:
        return JSONResponse({"paid": [asdict(one) for one in world.paid], "count": len(world.paid)})

    async def truth(_request: Request) -> Response:
        return JSONResponse({"calls": world.calls, "refused": world.refused})

    async def rules(request: Request) -> Response:
        wishes = await request.json()
        known = {field.name for field in fields(Rules)}
        for name in known & set(wishes):
            setattr(world.rules, name, wishes[name])
        return JSONResponse({"unknown": sorted(set(wishes) - known), **asdict(world.rules)})

    async def faults(request: Request) -> Response:
        world.faults += [Fault(**one) for one in await request.json()]
        return JSONResponse({"waiting": [asdict(one) for one in world.faults if one.times > 0]})

    return [
        Route("/_control/paid", paid, methods=["GET"]),
        Route("/_control/truth", truth, methods=["GET"]),
        Route("/_control/rules", rules, methods=["POST"]),
        Route("/_control/faults", faults, methods=["POST"]),
    ]


def openai_app(world: World) -> Mischief:
    """The whole stand-in over this world."""
    routes = [Route(path, guarded(world, handler), methods=[verb]) for verb, path, handler in ROUTES]
    return Mischief(Starlette(routes=[*routes, *control_routes(world)]), world)
