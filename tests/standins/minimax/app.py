"""The stand-in as an ASGI application: the vendor's paths, and `/_control` for whoever plays with it."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.minimax import files, sounds, stills, videos
from tests.standins.minimax.mischief import Mischief
from tests.standins.minimax.rulings import Refusal, demand_key, refusal_v1, refusal_v2
from tests.standins.minimax.world import Fault, Rules, World

Handler = Callable[[Request, World], Awaitable[Response]]
V1_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/v1/video_generation", videos.create_v1),
    ("GET", "/v1/query/video_generation", videos.query_v1),
    ("POST", "/v1/files/upload", files.upload),
    ("GET", "/v1/files/list", files.list_files),
    ("GET", "/v1/files/retrieve", files.retrieve),
    ("POST", "/v1/files/delete", files.delete),
    ("POST", "/v1/t2a_v2", sounds.speak),
    ("POST", "/v1/voice_clone", sounds.clone),
    ("POST", "/v1/voice_design", sounds.design),
    ("POST", "/v1/get_voice", sounds.list_voices),
    ("POST", "/v1/delete_voice", sounds.delete_voice),
    ("POST", "/v1/music_generation", sounds.compose),
    ("POST", "/v1/image_generation", stills.draw),
]


async def query_v2(request: Request, world: World) -> Response:
    task = videos.known_v2(request, world)
    return JSONResponse({"task": videos.told_v2(world, task, files.link_to(world, task))})


async def list_v2(request: Request, world: World) -> Response:
    number, size = int(request.query_params["page_num"]), int(request.query_params["page_size"])
    youngest = world.now() - world.rules.listed_after_seconds
    tasks = [
        task
        for task in world.tasks.values()
        if task.generation == "v2" and "hidden" not in task.outcome and task.created <= youngest
    ]
    page = tasks[(number - 1) * size : number * size]
    told = [videos.told_v2(world, task, files.link_to(world, task)) for task in page]
    return JSONResponse({"tasks": told, "total": len(tasks)})


async def delete_v2(request: Request, world: World) -> Response:
    task = videos.known_v2(request, world)
    if videos.stage(world, task) == "running":
        raise Refusal(2013, "task is running")
    task.cancelled = True
    return JSONResponse({"task_id": task.id})


V2_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/v2/video_generation", videos.create_v2),
    ("GET", "/v2/query/video_generation", list_v2),
    ("GET", "/v2/query/video_generation/{task_id}", query_v2),
    ("DELETE", "/v2/video_generation/{task_id}", delete_v2),
]
FILE_ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/_files/clip/{task_id}/{until}/output.mp4", files.serve_clip),
    ("GET", "/_files/side/{name}", files.side_file),
]


def guarded(world: World, handler: Handler, refuse: Callable[[World, str, Refusal], Response]) -> Any:
    """Demands the key and turns refusals into the shape of this generation."""

    async def answer(request: Request) -> Response:
        try:
            demand_key(world, request)
            return await handler(request, world)
        except Refusal as refusal:
            if refusal.code == 404:
                return JSONResponse({"type": "error", "error": {"message": "not found"}}, status_code=404)
            return refuse(world, request.url.path, refusal)

    return answer


def opened(world: World, handler: Handler) -> Any:
    """Files are served to whoever has the link."""

    async def answer(request: Request) -> Response:
        return await handler(request, world)

    return answer


def control_routes(world: World) -> list[Route]:
    """Read the truth, change the rules, plan faults."""

    async def paid(_request: Request) -> Response:
        return JSONResponse({"paid": [asdict(one) for one in world.paid], "count": len(world.paid)})

    async def truth(_request: Request) -> Response:
        tasks = {task.id: videos.stage(world, task) for task in world.tasks.values()}
        facts = {"tasks": tasks, "calls": world.calls, "refused": world.refused, "callbacks": world.callback_log}
        voices = {voice.id: asdict(voice) for voice in world.voices.values()}
        return JSONResponse(facts | {"voices": voices, "most_in_flight": world.most_in_flight})

    async def rules(request: Request) -> Response:
        wishes = await request.json()
        known = {field.name for field in fields(Rules)}
        for name in known & set(wishes):
            setattr(world.rules, name, wishes[name])
        world.advanced += wishes.get("advance_seconds", 0)
        return JSONResponse({"unknown": sorted(set(wishes) - known - {"advance_seconds"}), **asdict(world.rules)})

    async def faults(request: Request) -> Response:
        world.faults += [Fault(**one) for one in await request.json()]
        return JSONResponse({"waiting": [asdict(one) for one in world.faults if one.times > 0]})

    async def outcomes(request: Request) -> Response:
        world.outcomes.extend(await request.json())
        return JSONResponse({"planned": list(world.outcomes)})

    posts = {"rules": rules, "faults": faults, "outcomes": outcomes}
    gets = {"paid": paid, "truth": truth}
    return [
        *(Route(f"/_control/{name}", call, methods=["POST"]) for name, call in posts.items()),
        *(Route(f"/_control/{name}", call, methods=["GET"]) for name, call in gets.items()),
    ]


def minimax_app(world: World) -> Mischief:
    """The whole stand-in over this world."""
    routes = [Route(path, guarded(world, handler, refusal_v1), methods=[verb]) for verb, path, handler in V1_ROUTES]
    routes += [Route(path, guarded(world, handler, refusal_v2), methods=[verb]) for verb, path, handler in V2_ROUTES]
    routes += [Route(path, opened(world, handler), methods=[verb]) for verb, path, handler in FILE_ROUTES]
    return Mischief(Starlette(routes=[*routes, *control_routes(world)]), world)
