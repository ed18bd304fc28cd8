"""Ranges, conditions and headers of a served file; decides, moves no bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from app.library.domain import AssetView, content_disposition

RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Range, Content-Length, Content-Disposition, ETag",
    "Referrer-Policy": "no-referrer",
    "Accept-Ranges": "bytes",
}
# Nothing that was uploaded may act as a page, even when a browser is made to open it.
CLOSED_POLICY = "default-src 'none'; sandbox"
# A browser opens these in a page of its own making, which has looks of its own; no script stands in them or would run.
PLAYED = ("image/", "video/", "audio/")
PLAYED_POLICY = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'"
# A page that we made shows its own pictures and looks; it still runs nothing and reaches nothing.
PAGE_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
# What stands at an address may change; what was loaded is kept and asked for again only by its tag.
ASKED_AGAIN = "private, no-cache"
WHOLE, PARTIAL, UNCHANGED, UNSATISFIABLE = 200, 206, 304, 416


@dataclass(frozen=True)
class ConditionalRequest:
    """The headers that choose what is served."""

    range: str | None = None
    if_range: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None


@dataclass(frozen=True)
class LinkLife:
    """How long the link still works through which a file is read."""

    ends_at: datetime
    rest: timedelta


@dataclass(frozen=True)
class Served:
    """What is answered, and which bytes go with it."""

    status: int
    headers: Mapping[str, str]
    begin: int = 0
    end: int = 0
    link: LinkLife | None = None


def serve(asset: AssetView, disposition: str, asked: ConditionalRequest, link: LinkLife | None = None) -> Served:
    """Whole, part, unchanged or unsatisfiable; several ranges at once are answered with the whole file.

    A browser may keep it for as long as its link lives; without a link it asks again each time whether it has changed.
    """
    etag = f'"{asset.sha256[:32]}"'
    headers = {
        **GUARDS,
        "Cache-Control": ASKED_AGAIN if link is None else f"private, max-age={int(link.rest.total_seconds())}",
        "ETag": etag,
        "Last-Modified": format_datetime(asset.updated_at.astimezone(UTC), usegmt=True),
        "Content-Security-Policy": _policy(asset),
        "Content-Type": f"{asset.content_type}; charset=utf-8" if asset.extension == "html" else asset.content_type,
        "Content-Disposition": content_disposition(disposition, asset.name),
    }
    if _is_known(asset, etag, asked):
        return Served(UNCHANGED, {name: value for name, value in headers.items() if name != "Content-Type"})
    wanted = None if asked.range is None or not _still_fits(asset, etag, asked.if_range) else asked.range
    found = None if wanted is None else _bounds(wanted, asset.size_bytes)
    if found is None:
        return Served(WHOLE, headers | {"Content-Length": str(asset.size_bytes)}, 0, asset.size_bytes, link)
    begin, end = found
    if begin >= end:
        return Served(UNSATISFIABLE, headers | {"Content-Range": f"bytes */{asset.size_bytes}", "Content-Length": "0"})
    part = {"Content-Range": f"bytes {begin}-{end - 1}/{asset.size_bytes}", "Content-Length": str(end - begin)}
    return Served(PARTIAL, headers | part, begin, end, link)


def _policy(asset: AssetView) -> str:
    if asset.extension == "html":
        return PAGE_POLICY
    return PLAYED_POLICY if asset.content_type.startswith(PLAYED) else CLOSED_POLICY


def _bounds(text: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None for what RFC 9110 lets a server ignore."""
    match = RANGE.match(text.strip().replace(" ", ""))
    if match is None or (not match[1] and not match[2]):
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size if int(match[2]) else 0
    begin = int(match[1])
    if match[2] and int(match[2]) < begin:
        return None
    return begin, min(size, int(match[2]) + 1) if match[2] else size


def _is_known(asset: AssetView, etag: str, asked: ConditionalRequest) -> bool:
    if asked.if_none_match is not None:
        known = {tag.strip().removeprefix("W/") for tag in asked.if_none_match.split(",")}
        return etag in known or "*" in known
    since = _moment(asked.if_modified_since)
    return since is not None and asset.updated_at.replace(microsecond=0) <= since


def _still_fits(asset: AssetView, etag: str, if_range: str | None) -> bool:
    if if_range is None or if_range.strip() == etag:
        return True
    since = _moment(if_range)
    return since is not None and asset.updated_at.replace(microsecond=0) == since


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else None
