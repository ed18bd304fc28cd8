"""Row 4 of what real clients showed: the first picture chooses the shape, others are cropped; one film, one size."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.library.service import LibraryService
from app.main import create_app
from app.projects.options import AspectRatio
from app.projects.progress import ProgressService
from tests import factories
from tests.conftest import MakeSettings
from tests.studio import API, Json, Studio


@pytest.fixture
def settings(make_settings: MakeSettings, sqlite_url: str) -> Settings:
    return make_settings(database={"database_url": sqlite_url})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The offline engines: what they film really has the shape of what they are given."""
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


async def opened(studio: Studio, width: int, height: int, **wish: str) -> Json:
    """A planned project whose owner brings its first picture."""
    project = await studio.planned(**wish)
    files = {"file": ("frame.png", factories.picture(width, height), "image/png")}
    answer = await studio.person.post(f"{API}/projects/{project['id']}/first-frame", files=files)
    assert answer.is_success, answer.text
    return await studio.get(f"/projects/{project['id']}")


async def filmed(studio: Studio, project: Json) -> tuple[set[tuple[int, int]], list[Json]]:
    """The sizes of all clips, and what their jobs gave."""
    await studio.run(await studio.post(f"/generation/frames/{project['id']}"))
    done = [await studio.make_take(segment) for segment in await studio.segments(project)]
    async with studio.resources.database.reading() as session:
        board = await ProgressService.over(session, studio.resources).board(project["id"])
        clips = await LibraryService.over(session, studio.resources).views(
            [segment.clip_asset_id for segment in board.segments if segment.clip_asset_id]
        )
    return {(int(str(clip.facts["width"])), int(str(clip.facts["height"]))) for clip in clips.values()}, done


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((720, 1280), "9:16"), ((1280, 720), "16:9"), ((474, 421), "1:1"), ((1000, 760), "4:3"), ((900, 380), "21:9")],
)
async def test_where_nobody_chose_a_ratio_the_first_picture_chooses_it_nearest_offered(
    studio: Studio, size: tuple[int, int], ratio: str
) -> None:
    assert (await opened(studio, *size))["aspect_ratio"] == ratio


async def test_a_chosen_ratio_stays_and_an_unchosen_one_follows_the_next_first_picture(studio: Studio) -> None:
    assert (await opened(studio, 720, 1280, aspect_ratio="16:9"))["aspect_ratio"] == "16:9"
    project = await opened(studio, 720, 1280)
    files = {"file": ("frame.png", factories.picture(1280, 720), "image/png")}
    await studio.person.post(f"{API}/projects/{project['id']}/first-frame", files=files)
    assert (await studio.get(f"/projects/{project['id']}"))["aspect_ratio"] == "16:9"
    chosen = await studio.person.patch(f"{API}/projects/{project['id']}", json={"aspect_ratio": "1:1"})
    assert chosen.json()["aspect_ratio"] == "1:1"
    await studio.person.post(f"{API}/projects/{project['id']}/first-frame", files=files)
    assert (await studio.get(f"/projects/{project['id']}"))["aspect_ratio"] == "1:1"
    copy = await studio.post(f"/projects/{project['id']}/duplicate")
    assert copy["aspect_ratio"] == "1:1"


async def test_one_film_has_one_size_no_letterboxed_clip_beside_a_full_one(studio: Studio) -> None:
    sizes, done = await filmed(studio, await opened(studio, 720, 1280))
    assert sizes == {(768, 1366)}
    assert all(job["result"]["notes"] == [] for job in done)


async def test_where_both_are_given_and_disagree_the_picture_is_cropped_around_its_middle_and_the_job_says_so(
    studio: Studio,
) -> None:
    sizes, done = await filmed(studio, await opened(studio, 474, 421, aspect_ratio=AspectRatio.WIDE))
    assert sizes == {(1366, 768)}
    note = "The first picture (474x421) is cropped around its middle to 16:9."
    assert [job["result"]["notes"] for job in done] == [[note], []]
