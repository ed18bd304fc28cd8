"""Headers and paths of every bad form: refused or harmless, and never a header or a file of the sender's choice."""

from collections.abc import Mapping

import httpx2
import pytest
from fastapi import FastAPI

from app.resources import Resources
from tests import factories
from tests.contract.test_endpoints import example, named

NAMES = (
    *(
        "../../etc/passwd",
        "..\\..\\win.ini",
        "/etc/passwd",
        "C:\\x.png",
        "con",
        "nul.png",
        ".",
        "..",
        " ",
        "a" * 300 + ".png",
    ),
    *(
        "a\r\nSet-Cookie: x=1.png",
        "a\nX: y",
        '"; filename="evil.html',
        "x.png\x00.html",
        "\u202egnp.exe",
        "\u2066a\u2069.png",
    ),
    *(
        "%2e%2e%2fetc",
        "a;b.png",
        "файл.png",
        "\U0001f600.png",
        "a\u2028b.png",
        "-f.png",
        "~root",
        "$(id).png",
        "`id`.png",
    ),
)
RANGES = (
    *("bytes=0-0,1-1", "bytes=" + ",".join(f"{n}-{n}" for n in range(2000)), "bytes=-0", "bytes=5-1", "bytes=a-b"),
    *("bytes=99999999999999999999-", "bytes=0-99999999999999999999", "lines=0-1", "bytes=", "bytes=--1", "=0-1"),
    *("bytes=-99999999999999999999", "bytes=0-" + "9" * 5000, "bytes=0-1;q=1", "\t", "bytes=\x7f"),
)
PATHS = (
    *("/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/web/..%2f..%2fpyproject.toml", "/web/%2e%2e/main.py"),
    *("/web/..;/x", "/web//etc/passwd", "/web/%5c..%5cmain.py", "/web/%c0%ae%c0%ae/main.py", "//evil.example/%2e%2e"),
    *("/media/x/..%2f..%2fy", "/media/%0d%0aSet-Cookie:x=1/y", "/media/" + "a" * 9000 + "/x", "/" + "a/" * 3000),
    *("/api/v1/projects/..%2fusers", "/api/v1/assets/%2e%2e%2f%2e%2e", "/api/v1/projects/%ff%fe", "/%0a", "/\u202e"),
)
HEADERS: Mapping[str, tuple[str, ...]] = {
    "Host": (
        "evil.example",
        "a b",
        "testserver\t",
        "[",
        "[::1",
        "a@b",
        "testserver:99999999",
        "é",
        "a/b",
        "a?b",
        "x" * 5000,
    ),
    "Idempotency-Key": ("", " ", "é", "x" * 5000, "a\tb", '"', "\x7f"),
    "If-Match": ("*", "W/", '"' * 900, "é", "x" * 900),
    "If-None-Match": ("*", "W/", '"' * 3900, ",".join(['"a"'] * 900)),
    "If-Modified-Since": ("never", "Thu, 99 Foo 2026", "0", "é"),
    "Prefer": ("wait=-1", "wait=99999999999999999999", "wait=NaN", "respond-async;;;", "é", "," * 3000),
    "Content-Type": (
        "a",
        "multipart/form-data",
        "application/json; charset=é",
        "application/json;" * 500,
        "multipart/form-data; boundary=" + "x" * 5000,
    ),
    "Content-Length": ("0x10", "+5", "5, 6"),
    "Last-Event-ID": ("-1", "9" * 20, "é", "1e9"),
    "X-Request-Id": ("a\tb", "é" * 30, "x" * 5000),
    "Accept-Language": ("*", "x" * 5000, "é"),
    "Cookie": ("avc_session=", "avc_session=a; avc_session=b", "=;=;=", "é=é", "$Version=1; a=b", "a" * 6000),
    "Authorization": ("Basic " + "A" * 6000, "Bearer", "é", "Bearer \t"),
    "Origin": ("null", "é", "http://[", "x" * 5000),
    "Range": RANGES,
}


def sent(value: str) -> bytes:
    return value.encode("utf-8")


@pytest.mark.timeout(300)
async def test_no_header_is_a_fault_of_the_service(alice: httpx2.AsyncClient, app: FastAPI) -> None:
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    asset_id = await factories.asset(app.state.resources, me)
    link = (await alice.get(f"/api/v1/assets/{asset_id}")).json()["url"]
    wrong, tried = [], 0
    doors = (
        *(("GET", link, None), ("GET", "/api/v1/projects", None), ("GET", "/", None)),
        *(("POST", "/api/v1/projects", b"{}"), ("POST", "/v1/videos", b"{}")),
    )
    for name, values in HEADERS.items():
        for value in values:
            for method, path, content in doors:
                headers = {name: sent(value)}
                if name != "Content-Type" and method == "POST":
                    headers["Content-Type"] = b"application/json"
                try:
                    reply = await alice.request(method, path, headers=headers, content=content)
                except httpx2.HTTPError:
                    continue
                tried += 1
                if reply.status_code >= 500 or "x=1" in reply.headers.get("set-cookie", ""):
                    wrong.append((name, value[:40], method, path[:30], reply.status_code, reply.text[:100]))
    print(f"headers: {tried} tried")
    assert wrong == []
    assert tried > 250


async def test_no_path_leaves_the_folder_of_its_files(client: httpx2.AsyncClient, alice: httpx2.AsyncClient) -> None:
    for path in PATHS:
        for person in (client, alice):
            reply = await person.get(httpx2.URL(f"http://testserver{path}"))
            assert reply.status_code < 500, (path, reply.text[:200])
            assert "root:" not in reply.text, path
            assert "[project]" not in reply.text, path
            assert "set-cookie" not in reply.headers, path


async def test_a_range_gives_bytes_of_the_file_or_nothing(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    resources: Resources = app.state.resources
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    asset_id = await factories.asset(resources, me)
    link = (await alice.get(f"/api/v1/assets/{asset_id}")).json()["url"]
    whole = (await alice.get(link)).content
    for wanted in RANGES:
        reply = await alice.get(link, headers={"Range": sent(wanted)})
        assert reply.status_code in {200, 206, 400, 416, 422}, (wanted[:40], reply.status_code)
        assert len(reply.content) <= len(whole) + 1000, wanted[:40]
        if reply.status_code == 206:
            assert reply.content in whole, wanted[:40]


async def test_a_name_of_a_file_adds_no_header_and_leads_nowhere(alice: httpx2.AsyncClient) -> None:
    project = (await alice.post("/api/v1/projects", json={"name": "Film", "target_duration_sec": 6})).json()["id"]
    path = f"/api/v1/projects/{project}/first-frame"
    for name in NAMES:
        taken = await alice.post(path, files={"file": (name, factories.picture(640), "text/html")})
        assert taken.status_code in {200, 400, 422}, (name, taken.text)
        if not taken.is_success:
            continue
        shown = await alice.get(taken.json()["url"])
        assert shown.status_code == 200
        assert shown.headers["content-type"].startswith("image/")
        assert "set-cookie" not in shown.headers
        disposition = shown.headers["content-disposition"]
        assert disposition.isprintable(), name
        assert not any(part in disposition for part in ("/", "\\", "..", "\u202e", ".exe", ".html")), (
            name,
            disposition,
        )


async def test_every_answer_of_every_route_protects_the_browser(client: httpx2.AsyncClient) -> None:
    """Also where nobody is signed in, nothing is found, or the method is wrong."""
    lacking = []
    for line in named():
        method, _, path = line.partition(" ")
        if "/events" in path:
            continue
        for asked in (method, "TRACE"):
            reply = await client.request(asked, example(path))
            policy = reply.headers.get("content-security-policy", "")
            protected = reply.headers.get("x-content-type-options") == "nosniff" and "default-src 'none'" in policy
            if not protected or (reply.status_code >= 500 and reply.status_code != 501):
                lacking.append((asked, path, reply.status_code))
    assert lacking == []
