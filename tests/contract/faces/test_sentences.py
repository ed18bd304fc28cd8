"""What every face says to people: sentences without addresses of this API, which their pages do not know."""

import re

import httpx2

ADDRESS = re.compile(r"/api/|\b(GET|POST|PUT|PATCH|DELETE) ")
ASKED = (
    ("GET", "/spa/api/v1/projects/x"),
    ("POST", "/spa/api/v1/segments/x/approve"),
    ("DELETE", "/spa/api/v1/voices/x"),
    ("GET", "/spa/api/v1/generation/status/x"),
    ("GET", "/api/v1/video/status/x"),
    ("GET", "/api/v1/settings/nothing"),
    ("GET", "/api/video/jobs/x"),
    ("GET", "/api/video/video?file=none.mp4"),
    ("GET", "/hub/api/v1/projects/x"),
    ("GET", "/hub/api/v1/jobs/x"),
    ("GET", "/studio-api/projects/x"),
)


async def test_no_native_path_stands_in_a_sentence_for_people(alice: httpx2.AsyncClient) -> None:
    said = {path: (await alice.request(method, path)).json()["detail"] for method, path in ASKED}
    assert {path: detail for path, detail in said.items() if ADDRESS.search(detail)} == {}


async def test_a_program_is_told_where_to_go_on_beside_the_sentence(alice: httpx2.AsyncClient) -> None:
    refused = (await alice.get("/api/v1/projects/x")).json()
    assert refused["hint"] == "GET /api/v1/projects lists yours."
    assert refused["hint"] not in refused["detail"]
