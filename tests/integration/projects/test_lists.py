"""The list of projects: pages, totals, filters, orders and search."""

from typing import Any

import httpx2
import pytest

from app.core.pagination import Window
from app.projects.domain import Listing, Sort
from app.projects.repository import ListingRepository
from app.projects.texts import search_words
from app.resources import Resources
from tests.integration.projects.conftest import MakeProject

PROJECTS = "/api/v1/projects"


async def names(client: httpx2.AsyncClient, **query: Any) -> tuple[list[str], int]:
    reply = await client.get(PROJECTS, params=query)
    assert reply.status_code == 200, reply.text
    return [project["name"] for project in reply.json()["projects"]], reply.json()["total"]


@pytest.fixture
async def seven(make_project: MakeProject) -> list[dict[str, Any]]:
    return [await make_project(name=f"Film {number}", target_duration_sec=6) for number in range(7)]


async def test_the_newest_come_first_and_the_total_counts_all(alice: httpx2.AsyncClient, seven: Any) -> None:
    assert await names(alice, limit=3) == (["Film 6", "Film 5", "Film 4"], 7)
    assert await names(alice, limit=3, skip=6) == (["Film 0"], 7)
    assert await names(alice, skip=99) == ([], 7)


async def test_the_link_header_leads_through_every_page(alice: httpx2.AsyncClient, seven: Any) -> None:
    seen, path = [], f"{PROJECTS}?limit=3&sort=name"
    while path:
        reply = await alice.get(path)
        seen += [project["name"] for project in reply.json()["projects"]]
        link = reply.headers.get("link", "")
        path = link[1 : link.index(">")] if link else ""
        assert not link or link.endswith('; rel="next"')
    assert seen == [f"Film {number}" for number in range(7)]


async def test_a_new_project_does_not_shift_the_pages_of_a_cursor(
    alice: httpx2.AsyncClient, seven: Any, make_project: MakeProject
) -> None:
    link = (await alice.get(f"{PROJECTS}?limit=3")).headers["link"]
    await make_project(name="Film 7")
    reply = await alice.get(link[1 : link.index(">")])
    assert [project["name"] for project in reply.json()["projects"]] == ["Film 3", "Film 2", "Film 1"]


async def test_a_page_has_1_to_100_projects(alice: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for limit in (0, -1, 101, 10**9):
        with subtests.test(limit=limit):
            assert (await alice.get(PROJECTS, params={"limit": limit})).status_code == 422


async def test_a_cursor_of_another_order_is_refused(alice: httpx2.AsyncClient, seven: Any) -> None:
    link = (await alice.get(f"{PROJECTS}?limit=3")).headers["link"]
    cursor = link.partition("after=")[2].partition(">")[0].partition("&")[0]
    for query in (f"sort=name&after={cursor}", "after=abc", "after=e30"):
        reply = await alice.get(f"{PROJECTS}?{query}")
        assert (reply.status_code, reply.json()["code"]) == (422, "request.cursor_unreadable")


async def test_every_order_is_its_reverse_backwards(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    for name in ("żaba", "Łoś", "Ćma", "lis", "Ara"):
        await make_project(name=name, target_duration_sec=6)
    await alice.patch(f"{PROJECTS}/{(await make_project(name='Ostatni'))['id']}", json={"style": "anime"})
    by_name = ["Ara", "Ćma", "lis", "Łoś", "Ostatni", "żaba"]
    assert (await names(alice, sort="name"))[0] == by_name
    for sort in ("name", "created_at", "updated_at"):
        assert (await names(alice, sort=sort))[0] == (await names(alice, sort=f"-{sort}"))[0][::-1]
    assert (await names(alice, sort="-updated_at"))[0][0] == "Ostatni"
    assert (await alice.get(PROJECTS, params={"sort": "owner_id"})).status_code == 422


async def test_the_status_filter_counts_its_own(
    alice: httpx2.AsyncClient, seven: Any, write_prompts: Any, progress: Any
) -> None:
    for project in seven[:3]:
        await write_prompts(project)
    assert await names(alice, status="plan_ready") == (["Film 2", "Film 1", "Film 0"], 3)
    assert await names(alice, status="created", limit=1) == (["Film 6"], 4)
    await alice.delete(f"{PROJECTS}/{seven[0]['id']}")
    await alice.post(f"{PROJECTS}/{seven[1]['id']}/duplicate")
    assert (await names(alice, status="plan_ready"))[1] == 3
    assert (await names(alice))[1] == 7
    async with progress() as work:
        await work.begin_segment((await approved(alice, seven[1])), None)
    assert await names(alice, status="generating") == (["Film 1"], 1)
    assert (await names(alice, status="plan_ready"))[1] == 2
    assert (await alice.get(PROJECTS, params={"status": "done"})).status_code == 422


async def approved(client: httpx2.AsyncClient, project: dict[str, Any]) -> str:
    segment_id: str = project["segments"][0]["id"]
    await client.post(f"/api/v1/segments/{segment_id}/approve")
    return segment_id


STORIES = {
    "Lis i sowa": "W ciemnym lesie lis spotyka sowę.",
    "Sowa": "Mądra sowa uczy latać.",
    "Smok wawelski": "Szewczyk, owca i smok.",
    "100% pewny_film": "O'Reilly; DROP TABLE projects --",
    "Łąka": "Żółty kwiat na łące",
}


@pytest.fixture
async def library(make_project: MakeProject) -> None:
    for name, story in STORIES.items():
        await make_project(name=name, story_prompt=story, target_duration_sec=6)


FOUND = [
    ("sowa", {"Lis i sowa", "Sowa"}),
    ("SOW", {"Lis i sowa", "Sowa"}),
    ("sowa lis", {"Lis i sowa"}),
    ("zolty", {"Łąka"}),
    ("łąka", {"Łąka"}),
    ("mok", set()),
    ("100%", {"100% pewny_film"}),
    ("%", set()),
    ("_", set()),
    ("drop table", {"100% pewny_film"}),
    ("' OR 1=1 --", set()),
    ("", set(STORIES)),
    ("   ", set(STORIES)),
    ("zebra", set()),
]


async def test_a_search_finds_all_its_word_beginnings(
    alice: httpx2.AsyncClient, library: None, subtests: pytest.Subtests
) -> None:
    for search, found in FOUND:
        with subtests.test(search=search, found=found):
            shown, total = await names(alice, search=search)
            assert (set(shown), total) == (found, len(found))


async def test_a_search_agrees_with_a_plain_reading_of_the_words(alice: httpx2.AsyncClient, library: None) -> None:
    words = {
        name: [word for part in f"{name} {story}".split() for word in search_words(part)]
        for name, story in STORIES.items()
    }
    for query in ("s", "l s", "w", "sowa s", "na", "i", "o", "100 p", "smok owca", "kwiat zolty laka", "sowe lis w"):
        expected = {
            name
            for name, has in words.items()
            if all(any(word.startswith(begin) for word in has) for begin in search_words(query))
        }
        assert set((await names(alice, search=query))[0]) == expected, query


async def test_a_search_forgets_the_old_name(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project(name="Stary")
    await alice.patch(f"{PROJECTS}/{project['id']}", json={"name": "Nowy"})
    assert (await names(alice, search="stary"))[0] == []
    assert (await names(alice, search="nowy"))[0] == ["Nowy"]


async def test_a_search_pages_sorts_and_filters(alice: httpx2.AsyncClient, seven: Any, write_prompts: Any) -> None:
    assert await names(alice, search="film", sort="name", limit=2, skip=2) == (["Film 2", "Film 3"], 7)
    await write_prompts(seven[5])
    assert await names(alice, search="film", status="plan_ready") == (["Film 5"], 1)
    link = (await alice.get(f"{PROJECTS}?search=film&limit=4")).headers["link"]
    reply = await alice.get(link[1 : link.index(">")])
    assert [project["name"] for project in reply.json()["projects"]] == ["Film 2", "Film 1", "Film 0"]


async def test_a_search_finds_only_ones_own(alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, library: None) -> None:
    assert await names(bob, search="sowa") == ([], 0)


async def test_a_broad_search_gives_the_same_page_and_counts_to_its_bound(
    seven: list[dict[str, Any]], app_resources: Resources
) -> None:
    async def found(search: str, sort: Sort, limit: int) -> tuple[list[str], int]:
        async with app_resources.database.reading() as session:
            lists = ListingRepository(session, app_resources.clock, count_to=3)
            window = Window(limit=limit)
            page, total = await lists.found(seven[0]["user_id"], Listing(sort=sort), search_words(search), window)
        return [row.name for row in page.items], total

    assert await found("film", Sort.NEWEST, 2) == (["Film 6", "Film 5"], 3)
    assert await found("film f", Sort.NAME, 2) == (["Film 0", "Film 1"], 3)
    assert await found("film 4", Sort.NAME, 2) == (["Film 4"], 1)
