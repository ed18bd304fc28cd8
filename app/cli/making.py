"""`avc make`: orders a film, follows it, and brings it to its place."""

import mimetypes
from pathlib import Path

import typer

from app.cli.client import API, Api, Json
from app.cli.commands.films import Wish
from app.cli.connecting import run
from app.cli.display import say, screen, tell_json
from app.cli.downloading import download
from app.cli.exits import Exit, Stopped
from app.cli.following import Follower, ended
from app.core.clock import Clock, SystemClock
from app.core.threads import Threads
from app.projects.languages import language_of
from app.projects.options import Language

__all__ = ["free_name", "make"]

BYTES_PER_MEGABYTE = 1_000_000
MINUTE_SECONDS = 60


def make(wish: Wish) -> None:
    """Makes the film and says where it is."""
    clock = SystemClock()
    target = _target(wish)
    for file in wish.files().values():
        if mimetypes.guess_type(file.name)[0] is None:
            text = f"{file}: its name does not say what it is. Use .png, .jpg, .webp, .mp3, .m4a or .wav."
            raise Stopped(text, Exit.MISUSED)
    answer = run(lambda api: _made(api, clock, wish, target), works=True)
    if wish.as_json:
        tell_json(answer)


def free_name(folder: Path) -> Path:
    """film.mp4, or the first film-N.mp4 that is not there yet."""
    number, target = 1, folder / "film.mp4"
    while target.exists():
        number += 1
        target = folder / f"film-{number}.mp4"
    return target


def _target(wish: Wish) -> Path:
    if wish.out is None:
        return free_name(Path.cwd())
    if wish.out.is_dir():
        return free_name(wish.out)
    if wish.out.exists() and not wish.force:
        text = f"{wish.out} exists. Name another file, or replace it with --force."
        raise Stopped(text, Exit.MISUSED)
    return wish.out


async def _made(api: Api, clock: Clock, wish: Wish, target: Path) -> Json:
    begun = clock.monotonic()
    order = await _ordered(api, clock, wish)
    job_id = order["job_id"]
    say(f"Job {job_id} at {api.address}. Ctrl-C leaves it at work; `avc jobs watch {job_id}` follows it again.")
    if not wish.wait:
        return order
    with screen(clock) as shown:
        follower = Follower(api, clock, job_id, shown.show)
        seen = await follower.to_the_end(wish.timeout)
    ended(seen, follower.way_back())
    size_bytes = await download(api, clock, await _film_address(api, order), target, job_id)
    seconds = clock.monotonic() - begun
    say(
        f"{target} ({size_bytes / BYTES_PER_MEGABYTE:.1f} MB), made in "
        f"{seconds // MINUTE_SECONDS:.0f} min {seconds % MINUTE_SECONDS:.0f} s."
    )
    if not wish.as_json:
        typer.echo(target)
    return {
        "job_id": job_id,
        "project_id": order["project_id"],
        "path": str(target),
        "size_bytes": size_bytes,
        "seconds": round(seconds, 1),
    }


async def _ordered(api: Api, clock: Clock, wish: Wish) -> Json:
    """The project and the job that makes its film; the key keeps a repeated request from starting two."""
    told = language_of(wish.story)
    project: Json = await api.post(f"{API}/projects", wish.fields(wish.language or told or Language.EN))
    if wish.language is None and told is None:
        say("The language of the story is not clear, so the film speaks English. Name another one with --language.")
    path = f"{API}/projects/{project['id']}"
    threads = Threads(1, name="avc-upload")
    try:
        for upload, file in wish.files().items():
            await api.upload(f"{path}/{upload}", file.name, await threads.run(file.read_bytes))
    finally:
        threads.close()
    job: Json = await api.post(f"{path}/produce", {"auto_approve": True}, key=clock.new_id())
    return {"job_id": job["id"], "project_id": project["id"]}


async def _film_address(api: Api, order: Json) -> str:
    film: Json = await api.get(f"{API}/projects/{order['project_id']}")
    if not film["final_video_url"]:
        text = f"The job ended without a film. See `avc jobs logs {order['job_id']}`."
        raise Stopped(text, Exit.JOB_FAILED)
    return str(film["final_video_url"])
