"""Downloads: whatever the source does, the sink holds exactly the file, or an error says why not."""

import hashlib
import random
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import TooLarge
from app.core.http import FileDownload, LinkExpired, OutboundClient, OutboundFailed, ReplyRefused
from app.core.sinks import MemorySink
from tests.doubles.clock import FrozenClock

FILE = random.Random(3).randbytes(50_000)
OTHER = random.Random(4).randbytes(50_000)
LIMIT = 60_000
Handler = Callable[[httpx.Request], httpx.Response]


class Cutting(httpx.AsyncByteStream):
    """Sends some bytes, then loses the connection if so many were promised that more should come."""

    def __init__(self, content: bytes, sent: int) -> None:
        self._content = content
        self._sent = sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, min(self._sent, len(self._content)), 4096):
            yield self._content[start : min(start + 4096, self._sent)]
        if self._sent < len(self._content):
            message = "peer closed connection"
            raise httpx.RemoteProtocolError(message)


def serving(content: bytes, request: httpx.Request, sent: int = LIMIT, etag: str = '"one"') -> httpx.Response:
    """The file, or the asked rest of it when the validator still fits."""
    start = 0
    if request.headers.get("if-range", etag) == etag and "range" in request.headers:
        start = int(request.headers["range"].removeprefix("bytes=").rstrip("-"))
    rest = content[start:]
    headers = {"content-length": str(len(rest)), "etag": etag, "content-type": "video/mp4"}
    if start:
        headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return httpx.Response(206 if start else 200, headers=headers, stream=Cutting(rest, sent))


async def downloaded(handler: Handler, *, max_bytes: int = LIMIT, sink: MemorySink | None = None) -> bytes:
    """What the sink holds after a download that says it is whole."""
    client = OutboundClient(base_url="http://files", transport=httpx.MockTransport(handler))
    into = sink or MemorySink(LIMIT)
    got = await FileDownload(client, FrozenClock(), into, max_bytes=max_bytes).run("/file", total_seconds=60)
    await client.close()
    assert got.sha256 == hashlib.sha256(into.content).hexdigest()
    assert got.size_bytes == len(into.content)
    return into.content


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(1, 20_000), max_size=12))
async def test_any_row_of_cuts_still_gives_the_whole_file(cuts: list[int]) -> None:
    waiting = list(cuts)
    assert await downloaded(lambda request: serving(FILE, request, waiting.pop(0) if waiting else LIMIT)) == FILE


async def test_a_source_that_changed_between_cuts_gives_one_of_its_versions_whole() -> None:
    calls: list[str] = []

    def changing(request: httpx.Request) -> httpx.Response:
        calls.append(request.headers.get("range", ""))
        first = len(calls) == 1
        return serving(FILE, request, 9000) if first else serving(OTHER, request, etag='"two"')

    assert await downloaded(changing) == OTHER
    assert calls == ["", "bytes=9000-"]


async def test_a_source_that_ignores_ranges_begins_again() -> None:
    sent = [9000, LIMIT]

    def ignoring(request: httpx.Request) -> httpx.Response:
        request.headers.pop("range", None)
        return serving(FILE, request, sent.pop(0))

    assert await downloaded(ignoring) == FILE


@pytest.mark.parametrize("said", ["bytes 5-49999/50000", "bytes 9000-49999/60000", "bytes */50000", "", "nonsense"])
async def test_another_range_than_asked_is_never_glued_on(said: str) -> None:
    calls: list[int] = []

    def misleading(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        if len(calls) == 2:
            return httpx.Response(206, headers={"content-range": said}, stream=Cutting(OTHER, LIMIT))
        return serving(FILE, request, 9000 if len(calls) == 1 else LIMIT)

    assert await downloaded(misleading) == FILE


async def test_a_refused_range_begins_again() -> None:
    answers = [9000, 416, LIMIT]

    def refusing(request: httpx.Request) -> httpx.Response:
        answer = answers.pop(0)
        return httpx.Response(416) if answer == 416 else serving(FILE, request, answer)

    assert await downloaded(refusing) == FILE


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_link_that_leads_nowhere_has_expired(status: int) -> None:
    with pytest.raises(LinkExpired):
        await downloaded(lambda _request: httpx.Response(status))


async def test_an_empty_file_counts_as_an_expired_link() -> None:
    with pytest.raises(LinkExpired):
        await downloaded(lambda _request: httpx.Response(200, stream=httpx.ByteStream(b"")))


@pytest.mark.parametrize("media_type", ["text/html", "application/json", "application/xml; charset=utf-8"])
async def test_an_error_page_with_a_good_status_is_no_file(media_type: str) -> None:
    with pytest.raises(ReplyRefused):
        await downloaded(lambda _request: httpx.Response(200, headers={"content-type": media_type}, content=b"<x>"))


@pytest.mark.parametrize("told", [True, False])
async def test_a_file_over_the_cap_is_refused_whether_its_length_is_told_or_not(*, told: bool) -> None:
    sink = MemorySink(LIMIT)

    def heavy(_request: httpx.Request) -> httpx.Response:
        headers = {"content-length": str(len(FILE))} if told else {}
        return httpx.Response(200, headers=headers, stream=Cutting(FILE, LIMIT))

    with pytest.raises(ReplyRefused):
        await downloaded(heavy, max_bytes=10_000, sink=sink)
    assert len(sink.content) <= 10_000


async def test_a_source_that_never_moves_is_given_up_after_a_few_tries() -> None:
    calls: list[int] = []

    def dead(_request: httpx.Request) -> httpx.Response:
        calls.append(1)
        message = "refused"
        raise httpx.ConnectError(message)

    with pytest.raises(OutboundFailed):
        await downloaded(dead)
    assert len(calls) == 4


async def test_a_full_sink_stops_the_download_with_its_own_error() -> None:
    with pytest.raises(TooLarge):
        await downloaded(lambda request: serving(FILE, request), sink=MemorySink(10_000))


async def test_a_clock_that_ran_out_ends_the_download() -> None:
    clock = FrozenClock()
    client = OutboundClient(
        base_url="http://files", transport=httpx.MockTransport(lambda _request: httpx.Response(503))
    )
    with pytest.raises(OutboundFailed):
        await FileDownload(client, clock, MemorySink(1), max_bytes=1).run("/file", total_seconds=1)
    assert sum(clock.slept) <= 2
    await client.close()
