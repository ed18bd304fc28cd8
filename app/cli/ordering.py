"""Orders a film: in one shot from words alone, step by step when a picture or a voice comes with them."""

from dataclasses import dataclass

from app.cli.client import API, Api, Json
from app.cli.commands.films import Wish
from app.core.clock import Clock
from app.core.threads import Threads

__all__ = ["Order", "film_address", "ordered"]

FILM = "film.produce"
SHORTEST_PROJECT_SECONDS = 6
MOST_NAME_CHARACTERS = 80


@dataclass(frozen=True)
class Order:
    """What was begun."""

    job_id: str
    project_id: str


async def ordered(api: Api, clock: Clock, wish: Wish) -> Order:
    """Begins the film; keys keep a repeated request from beginning two."""
    job = (
        await _in_one_shot(api, clock, wish)
        if wish.picture is wish.voice is None
        else await _by_steps(api, clock, wish)
    )
    return Order(str(job["id"]), str(job["project_id"]))


async def film_address(api: Api, order: Order) -> str | None:
    """Where the finished film can be fetched."""
    project: Json = await api.get(f"{API}/projects/{order.project_id}")
    address: str | None = project["final_video_url"]
    return address


async def _in_one_shot(api: Api, clock: Clock, wish: Wish) -> Json:
    language = {"language": wish.language} if wish.language else {}
    body: Json = {"prompt": wish.story, "duration": wish.length, **language}
    started: Json = await api.post(f"{API}/videos/generate", body, key=clock.new_id())
    video: Json = await api.get(f"{API}/videos/{started['job_id']}")
    newest = {"project_id": str(video["project_id"]), "kind": FILM, "limit": 1}
    found: Json = await api.get(f"{API}/jobs", params=newest)
    job: Json = found["jobs"][0]
    return job


async def _by_steps(api: Api, clock: Clock, wish: Wish) -> Json:
    language = {"language": wish.language} if wish.language else {}
    seconds = max(wish.length, SHORTEST_PROJECT_SECONDS)
    body: Json = {"name": wish.story[:MOST_NAME_CHARACTERS], "story_prompt": wish.story, "target_duration_sec": seconds}
    project: Json = await api.post(f"{API}/projects", body | language, key=clock.new_id())
    path = f"{API}/projects/{project['id']}"
    threads = Threads(1, name="avc-upload")
    try:
        for name, file in (("first-frame", wish.picture), ("audio-sample", wish.voice)):
            if file is not None:
                await api.upload(f"{path}/{name}", file.name, await threads.run(file.read_bytes))
    finally:
        threads.close()
    job: Json = await api.post(f"{path}/produce", {"auto_approve": True}, key=clock.new_id())
    return job
