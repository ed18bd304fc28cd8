"""Lists of the slideshow studio as data providers for json-server ask for them: by rows, in their order."""

import httpx2


async def test_a_list_is_asked_for_by_rows_and_tells_how_many_there_are(alice: httpx2.AsyncClient) -> None:
    for title in ("Gamma", "Alpha", "Delta", "Beta"):
        await alice.post("/studio-api/projects", json={"title": title})

    async def titles(**query: str | int) -> tuple[list[str], str]:
        reply = await alice.get("/studio-api/projects", params={"_sort": "title", **query})
        assert reply.status_code == 200, reply.text
        return [each["title"] for each in reply.json()], reply.headers["X-Total-Count"]

    assert await titles(_start=0, _end=2, _order="ASC") == (["Alpha", "Beta"], "4")
    assert await titles(_start=2, _end=4, _order="ASC") == (["Delta", "Gamma"], "4")
    assert await titles(_start=3, _order="DESC") == (["Alpha"], "4")
    assert await titles(_end=1, _order="DESC") == (["Gamma"], "4")
