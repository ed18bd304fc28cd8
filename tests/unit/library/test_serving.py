"""Ranges and conditions as RFC 9110 has them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.library.domain import AssetKind, AssetState, AssetView
from app.library.serving import ConditionalRequest, LinkLife, serve

MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASSET = AssetView(
    "id",
    "owner",
    AssetKind.CLIP,
    AssetState.READY,
    "k",
    "film.mp4",
    "video/mp4",
    1000,
    "ab" * 32,
    {},
    None,
    MOMENT,
    MOMENT,
)
ETAG = f'"{("ab" * 32)[:32]}"'


@pytest.mark.parametrize(
    ("wanted", "status", "begin", "end"),
    [
        (None, 200, 0, 1000),
        ("bytes=0-99", 206, 0, 100),
        ("bytes=500-", 206, 500, 1000),
        ("bytes=-10", 206, 990, 1000),
        ("bytes=-5000", 206, 0, 1000),
        ("bytes=0-5000", 206, 0, 1000),
        ("bytes=999-999", 206, 999, 1000),
        ("bytes=1000-", 416, 0, 0),
        ("bytes=5000-6000", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=9-5", 200, 0, 1000),
        ("bytes=0-1,5-6", 200, 0, 1000),
        ("items=0-1", 200, 0, 1000),
        ("bytes=", 200, 0, 1000),
        ("bytes=a-b", 200, 0, 1000),
        ("bytes=" + ",".join(["0-1"] * 2000), 200, 0, 1000),
    ],
)
def test_a_range_is_answered_with_exactly_its_bytes(wanted: str | None, status: int, begin: int, end: int) -> None:
    served = serve(ASSET, "inline", ConditionalRequest(range=wanted))
    assert (served.status, served.begin, served.end) == (status, begin, end)
    if status == 206:
        assert served.headers["Content-Range"] == f"bytes {begin}-{end - 1}/1000"
        assert served.headers["Content-Length"] == str(end - begin)
    if status == 416:
        assert served.headers["Content-Range"] == "bytes */1000"


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
def test_a_known_file_is_not_sent_again(known: str) -> None:
    assert serve(ASSET, "inline", ConditionalRequest(if_none_match=known)).status == 304


def test_the_time_of_change_counts_when_there_is_no_tag() -> None:
    since = "Sat, 21 Nov 2026 12:00:00 GMT"
    assert serve(ASSET, "inline", ConditionalRequest(if_modified_since=since)).status == 304
    later = replace(ASSET, updated_at=MOMENT.replace(hour=13))
    assert serve(later, "inline", ConditionalRequest(if_modified_since=since)).status == 200
    assert serve(ASSET, "inline", ConditionalRequest(if_modified_since="yesterday")).status == 200


def test_a_part_of_another_version_is_not_given() -> None:
    assert serve(ASSET, "inline", ConditionalRequest(range="bytes=0-9", if_range=ETAG)).status == 206
    assert serve(ASSET, "inline", ConditionalRequest(range="bytes=0-9", if_range='"other"')).status == 200


@pytest.mark.parametrize(
    "asked",
    [
        ConditionalRequest(),
        ConditionalRequest(range="bytes=0-1"),
        ConditionalRequest(range="bytes=5000-"),
        ConditionalRequest(if_none_match="*"),
    ],
)
def test_every_answer_is_guarded(asked: ConditionalRequest) -> None:
    headers = serve(ASSET, "attachment", asked).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; media-src 'self'; img-src 'self'")
    assert headers["Cache-Control"] == "private, no-cache", "without a link nobody knows how long it stays"
    assert headers["Content-Disposition"].startswith("attachment")


def test_a_browser_keeps_a_file_for_as_long_as_its_link_lives() -> None:
    headers = serve(ASSET, "inline", ConditionalRequest(), LinkLife(MOMENT, timedelta(minutes=90))).headers
    assert headers["Cache-Control"] == "private, max-age=5400"


@pytest.mark.parametrize("media_type", ["application/json", "text/vtt", "application/x-subrip"])
def test_what_no_browser_plays_stays_closed(media_type: str) -> None:
    headers = serve(replace(ASSET, content_type=media_type), "inline", ConditionalRequest()).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
