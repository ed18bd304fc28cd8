"""The front page and the pages of the API document."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest
from typing_extensions import override

from app.api.documents import DOCUMENTS
from tests.integration.api.conftest import Edge

PAGES = ["/", "/docs", "/docs/hub", "/docs/errors", "/redoc"]


class Page(HTMLParser):
    """Addresses a page loads or links to, and what a strict policy would block."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.inline: list[str] = []
        self.without_text: list[str] = []
        self.lang = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.lang = self.lang or str(given.get("lang") or "")
        source = given.get("src") or (given.get("href") if tag == "link" else None)
        if source:
            self.loaded.append(source)
        if tag == "a" and given.get("href"):
            self.linked.append(str(given["href"]))
        if "style" in given or any(name.startswith("on") for name in given) or (tag == "script" and not source):
            self.inline.append(tag)
        if tag == "style" or (tag == "img" and "alt" not in given):
            self.without_text.append(tag)


@pytest.mark.parametrize("path", PAGES)
async def test_pages_load_only_what_this_server_has(edge: Edge, path: str) -> None:
    client = await edge()
    answer = await client.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    page = Page(answer.text)
    assert page.lang == "en"
    assert page.loaded
    for source in page.loaded:
        assert source.startswith("/web/"), source
        assert (await client.get(source)).status_code == 200
    assert page.inline == page.without_text == []


async def test_every_link_of_the_front_page_leads_somewhere(edge: Edge) -> None:
    client = await edge()
    html = (await client.get("/")).text
    for link in Page(html).linked:
        anchored = link.startswith("#")
        found = f'id="{link[1:]}"' in html if anchored else (await client.get(link)).status_code == 200
        assert found, link


async def test_own_files_name_no_foreign_host(edge: Edge) -> None:
    client = await edge()
    own = [
        "index.html",
        "docs.html",
        "docs.css",
        "errors.html",
        "redoc.html",
        "studio.css",
        "app.js",
        "docs.js",
        "redoc.js",
        "redoc.css",
    ]
    for name in own:
        text = (await client.get(f"/web/{name}")).text
        hosts = set(re.findall(r"(?:https?:)?//([\w.-]+)", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)))
        assert hosts <= {"localhost"}, name


async def test_vendored_readers_load_nothing_from_elsewhere(edge: Edge) -> None:
    client = await edge()
    for name in ("swagger-ui/swagger-ui-bundle.js", "redoc/redoc.standalone.js", "swagger-ui/swagger-ui.css"):
        answer = await client.get(f"/web/vendor/{name}")
        assert answer.status_code == 200
        assert "max-age" in answer.headers["cache-control"]
        assert not re.search(r"https?://[\w.-]*(cdn|jsdelivr|unpkg|googleapis)", answer.text)
    for folder in ("swagger-ui", "redoc"):
        assert (await client.get(f"/web/vendor/{folder}/LICENSE")).status_code == 200


async def test_files_are_asked_for_again_and_answered_with_304(edge: Edge) -> None:
    client = await edge()
    first = await client.get("/web/studio.css")
    assert first.headers["cache-control"] == "no-cache"
    again = await client.get("/web/studio.css", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert (await client.head("/")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/web/../main.py", "/web/%2e%2e/main.py", "/web/..%2fmain.py", "/web/nothing", "/web"]
)
async def test_only_files_of_the_page_are_served(edge: Edge, path: str) -> None:
    answer = await (await edge()).get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def roles(answer: httpx2.Response) -> dict[str, tuple[str, bool]]:
    return {engine["role"]: (engine["engine"], engine["ready"]) for engine in answer.json()["engines"]}


async def test_without_keys_every_engine_is_built_in(edge: Edge) -> None:
    found = roles(await (await edge()).get("/engines"))
    assert found == dict.fromkeys(("planner", "image", "video", "speech", "moderation"), ("local", True))


async def test_a_key_turns_its_engines_on(edge: Edge) -> None:
    client = await edge(minimax={"api_key": "k" * 20})
    found = roles(await client.get("/engines"))
    assert found["video"] == found["image"] == found["speech"] == ("minimax", True)
    assert found["planner"] == ("local", True)
    assert "k" * 20 not in (await client.get("/engines")).text


async def test_a_named_engine_without_its_key_says_what_is_missing(edge: Edge) -> None:
    client = await edge(providers={"video": "google", "speech": "nonsense", "image": "local"})
    answer = await client.get("/engines")
    assert roles(answer)["video"] == ("google", False)
    assert roles(answer)["speech"] == ("nonsense", False)
    assert roles(answer)["image"] == ("local", True)
    whys = {engine["role"]: engine["why"] for engine in answer.json()["engines"]}
    assert "GOOGLE_API_KEY" in whys["video"]
    assert "auto, minimax, openai, local" in whys["speech"]


@pytest.mark.parametrize(
    ("server", "is_shown"),
    [
        ({"app_env": "production"}, False),
        ({"app_env": "production", "debug": True}, True),
        ({"app_env": "production", "api_docs": True}, True),
        ({"app_env": "production", "debug": True, "api_docs": False}, False),
        ({"app_env": "development"}, True),
        ({"app_env": "development", "api_docs": False}, False),
    ],
)
async def test_documents_have_a_switch_of_their_own(edge: Edge, server: dict[str, Any], is_shown: bool) -> None:
    client = await edge(server=server)
    for path in ("/docs", "/redoc", "/openapi.json", "/api/v1/openapi.json", "/hub/api/v1/openapi.json"):
        assert (await client.get(path)).status_code == (200 if is_shown else 404)
    assert (await client.get("/engines")).json()["documents"] is is_shown
    assert (await client.get("/")).status_code == 200


async def test_every_link_between_the_documents_leads_somewhere(edge: Edge) -> None:
    client = await edge()
    linked = Page((await client.get("/docs")).text).linked
    assert {"/docs", "/docs/errors"} <= set(linked)
    assert set(linked) - {"/openapi.json"} == {DOCUMENTS[0].other_pages[0], "/docs/errors"} | {
        document.pages[0] for document in DOCUMENTS[1:]
    }
    for link in linked:
        assert (await client.get(link)).status_code == 200, link


@pytest.mark.parametrize("server", [{}, {"app_env": "production"}])
async def test_the_type_of_a_refusal_leads_to_its_code_on_the_page_of_errors(
    edge: Edge, server: dict[str, Any]
) -> None:
    client = await edge(server=server)
    met = [
        await client.get("/nowhere"),
        await client.get("/api/v1/projects"),
        await client.post("/api/v1/auth/login", json={}),
        await client.get("/engines", headers={"host": "a b"}),
    ]
    for refused in met:
        page, _, code = refused.json()["type"].partition("#")
        assert code == refused.json()["code"]
        answer = await client.get(page)
        assert answer.status_code == 200
        assert f'<tr id="{code}">' in answer.text
