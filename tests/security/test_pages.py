"""What people write never runs in a browser: pages in a real one, and everything else by what browsers are told."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from app.accounts.identity import Identities
from app.api.documents import DOCUMENTS
from app.core.settings import Settings
from tests.conftest import MakeSettings
from tests.contract.faces.door import address
from tests.contract.routes import operations
from tests.contract.test_access import SHARED
from tests.e2e.conftest import Person
from tests.e2e.test_browser import CHROMIUM, shown
from tests.factories import picture

__all__ = ["address"]

# The mark stands in the page only once the script has run: what is written has it in two pieces.
RAN = 'data-xss="ran"'
SCRIPT = "document.documentElement.setAttribute('data-x'+'ss','ran')"
PAYLOADS = (
    f"<script>{SCRIPT}</script>",
    f'<img src=x onerror="{SCRIPT}">',
    f"</title></textarea></script><svg onload={SCRIPT}>",
    f"\"'><details open ontoggle={SCRIPT}>",
    f"javascript:{SCRIPT}//",
)
MARKUP = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml", "text/javascript")
PAGES = ("/", "/docs", "/docs/errors", "/redoc")
DOCUMENT_PAGES = {page for document in DOCUMENTS for page in document.pages}
# Drawings of our own: the mark, and a place for a picture that is made of two numbers.
DRAWINGS = ("/web/mark.svg", "/api/placeholder/4/3")

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no `chromium` on this machine, so no page is seen"
)


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    """Whoever asks from this machine is the local user, so that the browser needs no cookie."""
    return make_settings(database={"database_url": database_url}, security={"local_user": True})


@pytest.fixture
async def visitor(address: str) -> AsyncIterator[Person]:
    async with httpx2.AsyncClient(base_url=address, timeout=60) as http:
        yield Person(http)


@pytest.fixture
async def written(app: FastAPI, visitor: Person) -> dict[str, str]:
    """The addresses of what holds payloads in every text, by what they are."""
    await Identities.over(app.state.resources).local()
    found = {}
    for number, payload in enumerate(PAYLOADS):
        body = {"name": payload, "story_prompt": payload, "style": payload, "target_duration_sec": 6}
        project = await visitor.post("/projects", body)
        segment = project["segments"][0]["id"]
        await visitor.call("PATCH", f"/segments/{segment}", json={"video_prompt": payload, "narration_text": payload})
        await visitor.call("PATCH", "/users/me", json={"name": payload})
        await visitor.http.post("/studio-api/projects", json={"title": payload, "description": payload})
        files = {"file": (f"{payload}.html", picture(640), "text/html")}
        frame = (await visitor.http.post(f"/api/v1/projects/{project['id']}/first-frame", files=files)).json()
        found |= {f"project {number}": f"/api/v1/projects/{project['id']}", f"frame {number}": frame["url"]}
    found |= {"list": "/api/v1/projects", "me": "/api/v1/auth/me", "studio": "/studio-api/projects"}
    return found | {"nothing": f"/api/v1/projects/{PAYLOADS[0]}", "reflected": f"/{PAYLOADS[1]}?q={PAYLOADS[0]}"}


@needs_browser
@pytest.mark.timeout(400)
async def test_nothing_that_is_stored_runs_in_a_browser(
    visitor: Person, written: dict[str, str], tmp_path: Path
) -> None:
    control = tmp_path / "control.html"
    control.write_text(f"<!doctype html><p>{PAYLOADS[1]}")
    alone = Person(httpx2.AsyncClient(base_url="file://"))
    assert RAN in await shown(alone, str(control), tmp_path / "control"), "otherwise the next proves nothing"
    seen = [*PAGES, *(written[name] for name in ("project 0", "frame 1", "list", "studio", "nothing", "reflected"))]
    for number, path in enumerate(seen):
        document = await shown(visitor, path, tmp_path / f"profile-{number}")
        assert "<html" in document, path
        assert RAN not in document, path


@needs_browser
async def test_an_uploaded_page_and_drawing_are_refused(visitor: Person) -> None:
    project = await visitor.post("/projects", {"name": "Film", "target_duration_sec": 6})
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg"><script>{SCRIPT}</script></svg>'.encode()
    for name, content, kind in (("a.svg", drawing, "image/svg+xml"), ("a.png", PAYLOADS[0].encode(), "image/png")):
        files = {"file": (name, content, kind)}
        reply = await visitor.http.post(f"/api/v1/projects/{project['id']}/first-frame", files=files)
        assert reply.status_code in {415, 422}, reply.text


async def test_only_our_own_pages_are_told_to_be_pages(app: FastAPI, visitor: Person, written: dict[str, str]) -> None:
    """Every other answer of every GET is of a type that no browser runs, and no browser may guess another."""
    paths = set(written.values())
    for operation in operations(app):
        path = operation.path
        if operation.method == "GET" and not path.endswith("events"):
            for name in operation.names:
                path = path.replace(f"{{{name}}}", SHARED.get(name, "x"))
            paths.add(path)
    marked = {}
    for path in sorted(paths):
        reply = await visitor.http.get(path)
        kind = reply.headers.get("content-type", "").partition(";")[0]
        assert reply.headers.get("x-content-type-options") == "nosniff", path
        if kind in MARKUP:
            marked[path] = kind
    assert set(marked) <= {*PAGES, *DOCUMENT_PAGES, *DRAWINGS}, marked
    assert len(paths) > 100
