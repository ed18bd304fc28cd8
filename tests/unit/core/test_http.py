"""Outbound calls: where they may go, how long they may take, what they admit to have sent, what they log."""

import asyncio
import gzip
import logging

import httpx
import pytest
from pydantic import SecretStr

from app.core.http import (
    AddressRules,
    FormPart,
    OutboundClient,
    OutboundFailed,
    OutboundRequest,
    ReplyRefused,
    redacted,
)
from app.core.http.faults import Witness, surely_unsent
from tests.unit.core.listeners import Answer, calling, listening, replying

DRIP_SECONDS = 20


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(DRIP_SECONDS * 100):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def never(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("answer", [drip, never])
async def test_the_total_deadline_ends_what_drips_or_hangs(answer: Answer) -> None:
    loop = asyncio.get_running_loop()
    async with listening(answer) as (address, _), calling(OutboundClient(base_url=address)) as client:
        began = loop.time()
        with pytest.raises(OutboundFailed) as late:
            await client.send(OutboundRequest("POST", "/", body={}, total_seconds=0.2))
        assert loop.time() - began < DRIP_SECONDS / 2
    assert late.value.maybe_sent


async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


async def hung_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    return


@pytest.mark.parametrize("answer", [cut, hung_up])
async def test_a_connection_that_ends_after_the_request_may_have_carried_it(answer: Answer) -> None:
    async with listening(answer) as (address, heard), calling(OutboundClient(base_url=address)) as client:
        with pytest.raises(OutboundFailed) as broken:
            await client.send(OutboundRequest("POST", "/pay", body={}))
    assert broken.value.maybe_sent
    assert len(heard) == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "http://does-not-exist.invalid/"])
async def test_a_call_without_a_connection_was_surely_not_sent(address: str) -> None:
    async with calling(OutboundClient(base_url=address)) as client:
        with pytest.raises(OutboundFailed) as failed:
            await client.send(OutboundRequest("POST", "/pay", body={}, total_seconds=5))
    assert not failed.value.maybe_sent


async def test_a_failed_tls_handshake_was_surely_not_sent() -> None:
    async with listening(replying(b"{}")) as (address, _):
        secure = address.replace("http://", "https://")
        async with calling(OutboundClient(base_url=secure)) as client:
            with pytest.raises(OutboundFailed) as failed:
                await client.send(OutboundRequest("POST", "/pay", body={}, total_seconds=0.5))
    assert not failed.value.maybe_sent


@pytest.mark.parametrize(
    ("fault", "events", "unsent"),
    [
        (httpx.ConnectError("x"), [], True),
        (httpx.ConnectTimeout("x"), [], True),
        (httpx.PoolTimeout("x"), [], True),
        (httpx.ReadTimeout("x"), [], False),
        (httpx.WriteError("x"), [], False),
        (httpx.RemoteProtocolError("x"), [], False),
        (TimeoutError(), [], False),
        (TimeoutError(), ["connection.connect_tcp.started"], True),
        (TimeoutError(), ["connection.connect_tcp.started", "http11.send_request_headers.started"], False),
        (httpx.ConnectError("x"), ["http11.send_request_headers.started"], False),
    ],
)
async def test_a_doubt_counts_as_sent(fault: BaseException, events: list[str], *, unsent: bool) -> None:
    witness = Witness()
    for event in events:
        await witness(event, {})
    assert surely_unsent(fault, witness) is unsent


async def test_a_reply_larger_than_its_cap_is_refused() -> None:
    async with listening(replying(b"x" * 5000)) as (address, _), calling(OutboundClient(base_url=address)) as client:
        with pytest.raises(ReplyRefused):
            await client.send(OutboundRequest("GET", "/", max_bytes=4999))
        assert len((await client.send(OutboundRequest("GET", "/", max_bytes=5000))).content) == 5000


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
async def test_a_packed_bomb_is_refused_before_it_unfolds(encoding: str) -> None:
    bomb = replying(gzip.compress(b"0" * 50_000_000), f"Content-Encoding: {encoding}")
    async with listening(bomb) as (address, _), calling(OutboundClient(base_url=address)) as client:
        with pytest.raises(ReplyRefused):
            await client.send(OutboundRequest("GET", "/", max_bytes=1_000_000))


async def test_a_small_packed_reply_is_read() -> None:
    answer = replying(gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip")
    async with listening(answer) as (address, _), calling(OutboundClient(base_url=address)) as client:
        assert await client.get_json("/") == {"a": 1}


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_a_reply_packed_in_another_way_than_it_says_is_refused(encoding: str) -> None:
    answer = replying(b"plain", f"Content-Encoding: {encoding}")
    async with listening(answer) as (address, _), calling(OutboundClient(base_url=address)) as client:
        with pytest.raises(ReplyRefused):
            await client.send(OutboundRequest("GET", "/"))


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"<html>", "200 OK"), (b"{}", "404 Not Found"), (b"NaN", "200 OK"), (b"[" * 100_000, "200 OK"), (b"", "200 OK")],
    ids=["html", "404", "nan", "deep", "empty"],
)
async def test_a_document_that_is_no_good_json_is_refused(body: bytes, status: str) -> None:
    async with listening(replying(body, status=status)) as (address, _), calling(OutboundClient()) as client:
        with pytest.raises(OutboundFailed):
            await client.get_json(f"{address}/keys", max_bytes=200_000, timeout_seconds=5)


async def test_the_key_is_sent_as_bearer_and_no_cookie_is_kept() -> None:
    answer = replying(b"{}", "Set-Cookie: a=b")
    async with (
        listening(answer) as (address, heard),
        calling(OutboundClient(base_url=address, bearer=SecretStr("sk-test-123456"))) as client,
    ):
        await client.send(OutboundRequest("GET", "/one"))
        await client.send(OutboundRequest("GET", "/two"))
    assert all(b"authorization: bearer sk-test-123456" in head.lower() for head in heard)
    assert not any(b"cookie:" in head.lower() for head in heard)


async def test_json_keeps_its_letters_and_refuses_what_is_no_number() -> None:
    async with listening(replying(b"{}")) as (address, heard), calling(OutboundClient(base_url=address)) as client:
        await client.send(OutboundRequest("POST", "/", body={"text": "zażółć"}))
        with pytest.raises(ValueError, match="JSON"):
            await client.send(OutboundRequest("POST", "/", body={"x": float("nan")}))
    size_bytes = len('{"text": "zażółć"}'.encode())
    assert f"content-length: {size_bytes}".encode() in heard[0].lower()


async def test_an_upload_travels_as_a_form() -> None:
    async with listening(replying(b"{}")) as (address, heard), calling(OutboundClient(base_url=address)) as client:
        await client.send(
            OutboundRequest("POST", "/", form={"a": "b"}, upload=FormPart("file", "x.mp3", b"s", "audio/mpeg"))
        )
    assert b"multipart/form-data; boundary=" in heard[0]


async def test_cancelling_leaves_no_connection() -> None:
    closed = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()
        closed.set()

    async with listening(watch) as (address, heard), calling(OutboundClient(base_url=address)) as client:
        call = asyncio.ensure_future(client.send(OutboundRequest("GET", "/")))
        async with asyncio.timeout(5):
            while not heard:
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await closed.wait()


async def test_no_log_line_carries_addresses_keys_or_bodies(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    async with (
        listening(replying(b"secret-answer")) as (address, _),
        calling(OutboundClient(rules=AddressRules(trusted_origins=frozenset({address})))) as client,
    ):
        request = OutboundRequest("POST", f"{address}/secret-path?token=secret-query", body={"p": "secret-body"})
        await client.send(request)
    said = capsys.readouterr().out + "".join(record.getMessage() for record in caplog.records)
    assert "127.0.0.1" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer CANARY123456.abc",
        "key sk-api-CANARY123456",
        "avc_CANARY123456",
        "https://cdn.example.com/file.mp4?sig=CANARY",
        '{"image": "data:image/png;base64,' + "CANARY" * 50 + '"}',
        "eyJCANARY.eyJabc.def",
        "the given CANARY itself",
    ],
)
def test_foreign_text_loses_its_secrets(text: str) -> None:
    assert "CANARY" not in redacted(text, ["CANARY"])
    assert text.startswith("the given") or "CANARY" not in redacted(text)


def test_foreign_text_is_cut_short() -> None:
    assert len(redacted("word " * 100_000)) <= 500
