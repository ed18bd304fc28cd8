"""Limits of size, and text that nothing behind the edge can hold."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.api.conftest import UPLOAD_BYTES, Edge

JSON = {"content-type": "application/json"}


def body(text: str) -> bytes:
    return b'{"text": "' + text.encode() + b'"}'


UNFIT = {
    "escaped nul": body(r"a\u0000b"),
    "raw nul": b'{"text": "a\x00b"}',
    "nul in a key": b'{"text": "a", "\\u0000": 1}',
    "lone high surrogate": body(r"\ud83d"),
    "lone low surrogate": body(r"\uDE00 and more"),
    "surrogates in wrong order": body(r"\ude00\ud83d"),
    "200,000 levels": b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "200,000 levels left open": b"[" * 200_000,
    "100 levels": b'{"text": ' + b"[" * 100 + b"]" * 100 + b"}",
    "5,000 digits": b'{"text": "a", "count": ' + b"9" * 5000 + b"}",
    "beyond 64 bits": b'{"text": "a", "count": 9223372036854775808}',
    "not a number": b'{"text": "a", "size": NaN}',
    "infinity": b'{"text": "a", "size": -Infinity}',
    "overflowing": b'{"text": "a", "size": 1e999}',
}


@pytest.mark.parametrize("content", UNFIT.values(), ids=UNFIT.keys())
async def test_unfit_json_is_refused_before_any_route(edge: Edge, content: bytes) -> None:
    answer = await (await edge()).post("/probe/notes", content=content, headers=JSON)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "request.invalid"


@pytest.mark.parametrize("text", ["Zażółć gęślą jaźń", "\U0001f600", "\\u0000", "{[" * 50, "1e999 NaN " + "9" * 30])
async def test_fit_text_passes_however_it_is_escaped(edge: Edge, text: str) -> None:
    client = await edge()
    for content in (json.dumps({"text": text}), json.dumps({"text": text}, ensure_ascii=False)):
        answer = await client.post("/probe/notes", content=content.encode(), headers=JSON)
        assert (answer.status_code, answer.json().get("text")) == (200, text.strip())


@pytest.mark.parametrize("path", ["/probe/items/a%00b", "/probe/items/1?q=%00", "/probe/items/1?q=a%2500%00", "/%00"])
async def test_nul_in_an_address_is_refused(edge: Edge, path: str) -> None:
    answer = await (await edge()).get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


async def test_nul_in_a_form_is_refused(edge: Edge) -> None:
    client = await edge()
    assert (await client.post("/probe/forms", data={"text": "a\0b"})).status_code == 422
    assert (await client.post("/probe/forms", data={"text": "a b%"})).json() == {"length": 4}


@pytest.mark.parametrize(
    "form",
    [
        {"data": {f"field{number}": "a" for number in range(21)}},
        {"data": {"text": "a"}, "files": {"file": b"a"}},
        {"files": [("file", b"a"), ("file", b"b")]},
    ],
    ids=["fields", "file where none is taken", "files"],
)
async def test_a_form_holds_no_more_than_its_route_takes(edge: Edge, form: dict[str, Any]) -> None:
    answer = await (await edge()).post("/probe/forms", **form)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.unreadable")


async def test_a_field_is_no_place_for_a_file(edge: Edge) -> None:
    client = await edge()
    large = {"data": {"text": "a" * (300 * 1024)}, "files": {"file": b"a"}}
    for form in (large, {"files": [("file", b"a"), ("file", b"b")]}):
        answer = await client.post("/probe/files", **form)
        assert (answer.status_code, answer.json()["code"]) == (400, "request.unreadable")
    assert (await client.post("/probe/files", files={"file": b"a"})).json() == {"size": 1}


async def zeros(size: int) -> AsyncIterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    for _ in range(size // 65536):
        yield b"\0" * 65536
    yield b"\r\n--x--\r\n"


async def test_an_upload_may_be_as_large_as_its_path_says(edge: Edge) -> None:
    client = await edge()
    size = UPLOAD_BYTES - 65536
    assert (await client.post("/probe/files", files={"file": b"\0" * size})).json() == {"size": size}
    assert (await client.post("/probe/files", files={"file": b"\0" * UPLOAD_BYTES})).status_code == 413
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post("/probe/files", content=zeros(UPLOAD_BYTES + 65536), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


async def test_no_path_takes_more_than_the_setting_allows(edge: Edge) -> None:
    client = await edge(storage={"upload_max_size_mb": 1})
    taken = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal taken
        async for chunk in zeros(60 * 1024 * 1024):
            taken += len(chunk)
            yield chunk

    headers = {"content-type": "multipart/form-data; boundary=x"}
    announced = await client.post("/nowhere", content=b" " * (1024 * 1024 + 65536 + 1))
    assert announced.status_code == 413
    drip = await client.post("/probe/files", content=counted(), headers=headers)
    assert (drip.status_code, drip.json()["code"]) == (413, "request.too_large")
    assert taken < 2 * 1024 * 1024


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 400])
async def test_a_senseless_length_is_refused(edge: Edge, length: str) -> None:
    answer = await (await edge()).post("/probe/notes", content=b"{}", headers={**JSON, "content-length": length})
    assert answer.status_code in {400, 413}
    assert answer.headers["content-type"] == "application/problem+json"
