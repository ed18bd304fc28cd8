"""Section 9 of the clients: links are stable, what was loaded is not loaded again, and an opened link plays."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.pagination import Window
from app.core.settings import Settings
from app.library.domain import AssetView
from app.library.jobs import SweepLibrary
from app.library.links import MediaLinks
from app.library.repository import QuotaRepository
from app.library.service import LibraryService
from app.main import create_app
from app.projects.progress import ProgressService
from app.resources import Resources
from app.storage.base import FileMissing
from app.storage.signing import LinkRefused
from tests import factories
from tests.conftest import MakeSettings
from tests.contract.faces.door import listening
from tests.doubles.clock import SetForwardClock
from tests.e2e.devtools import browser
from tests.integration.assembly.conftest import CuttingRoom
from tests.replicas.processes import free_port
from tests.standins.running import served
from tests.standins.s3.moto_server import moto_served, new_bucket

Json = dict[str, Any]
CHROMIUM = shutil.which("chromium")
LINK = re.compile(r"https?://[^\"]+/media/[^\"]+|(?<=\")/media/[^\"]+")
CLIP = "testsrc2=s=320x180:r=24:d=6"
CHECK_SECONDS = 0.6
# The page of a client that reads its list every second and shows the first clip.
PAGE = """<!doctype html><title>Cards</title><video id=v muted></video><script>
const seen = {links: [], jumps: 0, ended: false, fault: null};
const video = document.getElementById('v');
let last = 0;
video.ontimeupdate = () => { if (video.currentTime < last - 0.3) seen.jumps += 1; last = video.currentTime; };
video.onended = () => { seen.ended = true; };
video.onerror = () => { seen.fault = video.error.message; };
const read = async () => {
  const answer = await fetch('%(base)s/spa/api/v1/segments/project/%(project)s',
                             {headers: {Authorization: 'Bearer %(token)s'}});
  const link = (await answer.json())[0].videoUrl;
  if (seen.links.at(-1) === link) return;
  seen.links.push(link);
  video.src = link;
  video.play();
};
read();
setInterval(read, 1000);
</script>"""

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no `chromium` on this machine, so no page is looked at"
)


@pytest.fixture
def clock() -> SetForwardClock:
    return SetForwardClock()


@pytest.fixture
def page_port() -> int:
    return free_port()


@pytest.fixture
def storage(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Where files lie: in the folder, unless a test asks for a bucket."""
    if getattr(request, "param", "folder") == "folder":
        yield {}
        return
    with moto_served() as address:
        yield new_bucket(address, "films")


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str, page_port: int, storage: dict[str, str]) -> Settings:
    return make_settings(
        database={"database_url": database_url},
        server={"cors_origins": [f"http://127.0.0.1:{page_port}"]},
        storage=storage,
    )


@pytest.fixture
async def app(settings: Settings, clock: SetForwardClock) -> AsyncIterator[FastAPI]:
    application = create_app(settings, clock=clock)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def resources(app: FastAPI) -> Resources:
    found: Resources = app.state.resources
    return found


@pytest.fixture
def room(resources: Resources, alice: httpx2.AsyncClient, tmp_path: Path) -> CuttingRoom:
    made = CuttingRoom(resources, alice, tmp_path)
    made.open()
    return made


@pytest.fixture
async def finished(room: CuttingRoom) -> Json:
    """A project with two clips, two narrations and a film."""
    project = await room.ready(name="Lis i latarnia")
    await room.cut(project)
    return project


async def card(person: httpx2.AsyncClient, project: Json) -> Json:
    """The project as client A shows it, with its segments."""
    film = await person.get(f"/spa/api/v1/projects/{project['id']}")
    segments = await person.get(f"/spa/api/v1/segments/project/{project['id']}")
    assert (film.status_code, segments.status_code) == (200, 200)
    return {**film.json(), "segments": segments.json()}


def path_of(link: str) -> str:
    return urlsplit(link).path


async def test_row_1_a_hundred_reads_of_an_unchanged_project_over_a_minute_give_one_link_per_file(
    alice: httpx2.AsyncClient, finished: Json, clock: SetForwardClock
) -> None:
    paths = (
        f"/api/v1/projects/{finished['id']}",
        f"/api/v1/projects/{finished['id']}/segments",
        f"/spa/api/v1/projects/{finished['id']}",
        f"/spa/api/v1/segments/project/{finished['id']}",
        "/api/v1/assets",
        "/api/v1/gallery",
    )
    seen: dict[str, set[tuple[str, ...]]] = {path: set() for path in paths}
    for _ in range(100):
        for path in paths:
            seen[path].add(tuple(LINK.findall((await alice.get(path)).text)))
        clock.move(CHECK_SECONDS)
    assert {path: len(found) for path, found in seen.items()} == dict.fromkeys(paths, 1)
    assert all(found.pop() for found in seen.values())


async def film_of(resources: Resources, project: Json) -> AssetView:
    """The file of the project's film."""
    async with resources.database.reading() as session:
        film = (await ProgressService.over(session, resources).board(project["id"])).project.film
        assert film is not None
        return (await LibraryService.over(session, resources).views([film.asset_id]))[film.asset_id]


async def test_row_1_a_link_is_the_same_for_a_long_window_and_is_refused_after_its_expiry(
    resources: Resources, client: httpx2.AsyncClient, finished: Json, clock: SetForwardClock
) -> None:
    links, film = MediaLinks.over(resources), await film_of(resources, finished)
    first = links.to(film)
    clock.move(50 * 60)
    assert links.to(film) == first
    clock.move(20 * 60)
    later = links.to(film)
    assert later != first
    assert (await client.head(first)).status_code == (await client.head(later)).status_code == 200
    clock.move(60 * 60)
    assert (await client.get(first)).json()["code"] == LinkRefused.code
    assert (await client.head(later)).status_code == 200


@pytest.mark.parametrize("name", ["finalVideoUrl", "videoUrl", "audioUrl", "firstFrameUrl"])
async def test_row_1_media_are_kept_for_as_long_as_the_link_lives_and_then_asked_for_by_their_tag(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, room: CuttingRoom, finished: Json, name: str
) -> None:
    files = {"file": ("frame.png", factories.picture(), "image/png")}
    await alice.post(f"/spa/api/v1/media/upload/first-frame?project_id={finished['id']}", files=files)
    shown = await card(alice, finished)
    path = path_of(shown[name] if name in {"finalVideoUrl", "firstFrameUrl"} else shown["segments"][0][name])
    whole = await client.get(path)
    kept = re.fullmatch(r"private, max-age=(\d+)", whole.headers["cache-control"])
    assert kept is not None
    assert 24 * 3600 <= int(kept[1]) <= 48 * 3600
    for condition in (
        {"If-None-Match": whole.headers["etag"]},
        {"If-Modified-Since": whole.headers["last-modified"]},
        {"If-None-Match": whole.headers["etag"], "Range": "bytes=0-"},
    ):
        again = await client.get(path, headers=condition)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"].startswith("private, max-age=")
    other = await client.get(path, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)


async def test_row_1_a_link_to_a_replaced_film_works_until_its_expiry(
    resources: Resources, room: CuttingRoom, client: httpx2.AsyncClient, finished: Json, clock: SetForwardClock
) -> None:
    before = await film_of(resources, finished)
    old = MediaLinks.rooted(resources).to(before)
    content = (await client.get(old)).content
    await room.give_clip((await room.segments(finished))[1], "color=white:s=128x72:r=24:d=1")
    await room.cut(finished)
    assert (await film_of(resources, finished)).id != before.id
    assert (await room.get("/assets?kind=film"))["total"] == 1
    assert (await room.person.get(f"/api/v1/assets/{before.id}")).status_code == 404
    sweep = SweepLibrary(resources)
    assert await sweep.expire_uploads() == 0
    assert (await client.get(old)).content == content
    clock.move(timedelta(hours=49).total_seconds())
    assert (await client.get(old)).json()["code"] == LinkRefused.code
    assert await sweep.expire_uploads() > 0
    assert await resources.store.stat(before.store_key) is None


async def test_row_1_a_replaced_film_counts_for_nobody_and_its_link_ends_when_the_film_is_deleted(
    resources: Resources, room: CuttingRoom, client: httpx2.AsyncClient, finished: Json
) -> None:
    before = await film_of(resources, finished)
    old = MediaLinks.rooted(resources).to(before)
    await room.give_clip((await room.segments(finished))[1], "color=white:s=128x72:r=24:d=1")
    await room.cut(finished)
    async with resources.database.reading() as session:
        used = await QuotaRepository(session).used(before.owner_id)
        shown, total = await LibraryService.over(session, resources).listed(before.owner_id, None, Window(limit=100))
    assert used == (sum(asset.size_bytes for asset in shown.items), total)
    assert (await client.get(old)).status_code == 200
    assert (await room.person.delete(f"/api/v1/assets/{(await film_of(resources, finished)).id}")).status_code == 204
    assert (await client.get(old)).json()["code"] == FileMissing.code


async def test_row_a_the_film_and_the_clips_of_a_page_are_downloads_with_names(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient, finished: Json
) -> None:
    shown = await card(alice, finished)
    film = await client.head(path_of(shown["finalVideoUrl"]))
    assert film.headers["content-disposition"].startswith('attachment; filename="Lis i latarnia.mp4"')
    for segment in shown["segments"]:
        clip = await client.head(path_of(segment["videoUrl"]))
        assert re.match(r'attachment; filename="[\w-]+\.mp4"', clip.headers["content-disposition"])
        assert (await client.head(path_of(segment["audioUrl"]))).headers["content-disposition"].startswith("inline")


class MediaCounter:
    """An application, and how many bytes of media it has sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.sent_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if "/media/" in scope.get("path", ""):
                self.sent_bytes += len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, counted)


@contextmanager
def page_server(port: int, page: str) -> Iterator[str]:
    """The page of a client, on an origin of its own."""

    async def shown(_request: Request) -> HTMLResponse:
        return HTMLResponse(page)

    with served(Starlette(routes=[Route("/", shown)]), port=port) as address:
        yield address


@needs_browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("storage", ["folder", "bucket"], indirect=True)
async def test_row_1_a_browser_that_refetches_every_second_plays_a_clip_to_its_end_and_loads_it_once(
    app: FastAPI, room: CuttingRoom, page_port: int, tmp_path: Path, storage: dict[str, str]
) -> None:
    project = await room.empty()
    segment = (await room.segments(project))[0]
    await room.give_clip(segment, CLIP)
    await room.give_narration(segment)
    token = room.person.headers["Authorization"].removeprefix("Bearer ")
    counter = MediaCounter(app)
    async with listening(counter) as base, browser(str(CHROMIUM), tmp_path / "profile") as tab:
        with page_server(page_port, PAGE % {"base": base, "project": project["id"], "token": token}) as page:
            for view in ("first", "second"):
                sent_before, received_before = counter.sent_bytes, tab.media_responses
                await tab.open(page)
                await tab.until("(seen.ended || seen.fault) && true", seconds=90)
                seen = await tab.value("({...seen, at: video.currentTime, width: video.videoWidth})")
                assert (seen["fault"], seen["jumps"], len(seen["links"])) == (None, 0, 1), view
                assert (seen["width"], seen["at"]) == (320, pytest.approx(6.0, abs=0.3))
                received = tab.media_responses - received_before
                assert (received > 0) == (view == "first"), f"{view} view loaded media {received} times"
                assert (counter.sent_bytes > sent_before) == (view == "first" and not storage)
        assert tab.faults == []


async def owner_of(room: CuttingRoom) -> str:
    return str((await room.get("/auth/me"))["id"])


@needs_browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("prefix", "storage"),
    [("", "folder"), ("/spa", "folder"), ("/hub", "folder"), ("", "bucket")],
    indirect=["storage"],
)
async def test_row_2_a_media_link_opened_as_a_page_plays(
    app: FastAPI, resources: Resources, room: CuttingRoom, tmp_path: Path, prefix: str
) -> None:
    project = await room.empty()
    asset_id = await room.give_clip((await room.segments(project))[0], CLIP)
    sound_id = await room.give_narration((await room.segments(project))[0], "sine=f=440:d=3")
    picture_id = await factories.asset(resources, await owner_of(room))
    async with resources.database.reading() as session:
        files = await LibraryService.over(session, resources).views([asset_id, sound_id, picture_id])
    async with listening(app) as base, browser(str(CHROMIUM), tmp_path / "profile") as tab:
        links = MediaLinks.for_pages(resources, base + prefix)
        for played, width in ((asset_id, 320), (sound_id, 0)):
            await tab.open(links.to(files[played]))
            await tab.until("document.querySelector('video') && document.querySelector('video').currentTime > 0.5")
            seen = await tab.value(
                "(v => ({width: v.videoWidth, fault: v.error && v.error.message}))(document.querySelector('video'))"
            )
            assert seen == {"width": width, "fault": None}
        await tab.open(links.to(files[picture_id]))
        assert await tab.until("document.images.length && document.images[0].naturalWidth") == 640
        assert tab.faults == []


@needs_browser
@pytest.mark.timeout(300)
async def test_row_2_nothing_runs_in_a_page_that_a_media_link_opens(
    app: FastAPI, resources: Resources, room: CuttingRoom, tmp_path: Path
) -> None:
    picture_id = await factories.asset(resources, await owner_of(room))
    async with resources.database.reading() as session:
        found = (await LibraryService.over(session, resources).views([picture_id]))[picture_id]
    async with listening(app) as base, browser(str(CHROMIUM), tmp_path / "profile") as tab:
        await tab.open(MediaLinks.for_pages(resources, base).to(found))
        await tab.until("document.images.length && document.images[0].naturalWidth")
        await tab.value(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
        )
        await tab.value("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
        await asyncio.sleep(0.5)
        assert await tab.value("window.ran === undefined") is True
        assert any("Content Security Policy" in fault for fault in tab.faults)
