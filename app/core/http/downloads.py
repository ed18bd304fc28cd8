"""Streams a file from a vendor into a sink: resumes where it was cut, renews links that expired, hashes on the way."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import structlog

from app.core.clock import Clock
from app.core.http.client import OutboundClient, OutboundRequest
from app.core.http.faults import OutboundFailed, ReplyRefused
from app.core.sinks import BinarySink

log = structlog.get_logger(__name__)
RENEWALS = 3
BARREN_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
OK, PARTIAL, RANGE_REFUSED = 200, 206, 416
GONE = frozenset({401, 403, 404, 410})
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
ERROR_PAGES = frozenset({"text/html", "application/json", "application/xml", "text/xml"})
CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})")
Renew = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Downloaded:
    """What arrived, whole."""

    size_bytes: int
    sha256: str
    media_type: str


class LinkExpired(ReplyRefused):
    """The link leads to nothing (any more), even after it was renewed."""

    code = "outbound.link_expired"


class _Cut(Exception):
    """The stream ended before its time; going on may help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileDownload:
    """One file into one sink; `renew` gives a fresh link to the same bytes.

    Cuts are resumed with a range for as long as bytes keep coming; a source that changed or that ignores ranges begins
    again. When `run` raises, the sink holds a part that must not be used.
    """

    def __init__(
        self, client: OutboundClient, clock: Clock, into: BinarySink, *, max_bytes: int, renew: Renew | None = None
    ) -> None:
        self._client = client
        self._clock = clock
        self._into = into
        self._max_bytes = max_bytes
        self._renew = renew
        self._written = 0
        self._total: int | None = None
        self._validator = ""
        self._media_type = ""
        self._digest = hashlib.sha256()

    async def run(self, url: str, *, total_seconds: float) -> Downloaded:
        """Brings the whole file within the time, or raises OutboundFailed."""
        until = self._clock.monotonic() + total_seconds
        renewals = barren = 0
        while True:
            before = self._written
            try:
                await self._leg(url, max(0.001, until - self._clock.monotonic()))
                return Downloaded(self._written, self._digest.hexdigest(), self._media_type)
            except LinkExpired:
                renewals += 1
                if self._renew is None or renewals > RENEWALS:
                    raise
                url = await self._renew()
            except _Cut as cut:
                barren = 0 if self._written > before else barren + 1
                log.info("download_cut", written=self._written, reason=cut.reason, barren=barren)
                if barren >= len(BARREN_PAUSES_SECONDS) or self._clock.monotonic() >= until:
                    raise OutboundFailed(cut.reason, maybe_sent=True) from cut
                await self._clock.sleep(BARREN_PAUSES_SECONDS[barren])

    async def _leg(self, url: str, seconds: float) -> None:
        try:
            async with self._client.open(
                OutboundRequest("GET", url, headers=self._since(), total_seconds=seconds)
            ) as got:
                await self._begin(got)
                async for chunk in got.aiter_raw():
                    await self._take(chunk)
        except ReplyRefused:
            raise
        except OutboundFailed as fault:
            raise _Cut(fault.reason) from fault
        if self._written < (self._total or 0):
            raise _Cut(reason="the stream ended early")
        if not self._written:
            raise LinkExpired(reason="the file is empty")

    def _since(self) -> dict[str, str]:
        if not self._written:
            return {}
        return {"Range": f"bytes={self._written}-"} | ({"If-Range": self._validator} if self._validator else {})

    async def _begin(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in GONE:
            raise LinkExpired(reason=f"status {status}")
        if status in PASSING:
            raise _Cut(reason=f"status {status}")
        if status == RANGE_REFUSED:
            await self._restart()
            raise _Cut(reason="the range was refused")
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if status not in {OK, PARTIAL} or media_type in ERROR_PAGES:
            raise ReplyRefused(reason=f"status {status} with {media_type or 'no media type'}")
        await self._align(response)
        self._media_type = media_type
        if (self._total or 0) > self._max_bytes:
            raise ReplyRefused(reason="the file is too large")

    async def _align(self, response: httpx.Response) -> None:
        """Goes on where the last leg ended if the source does, else begins again."""
        etag = response.headers.get("etag", "")
        if response.status_code == PARTIAL:
            said = CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            same = said is not None and int(said[1]) == self._written and int(said[2]) == (self._total or int(said[2]))
            if said is None or not same:
                await self._restart()
                raise _Cut(reason="the source answered another range")
            self._total = int(said[2])
            return
        if self._written:
            await self._restart()
        length = response.headers.get("content-length", "")
        self._total = int(length) if length.isdecimal() else None
        self._validator = etag if etag.startswith('"') else ""

    async def _take(self, chunk: bytes) -> None:
        if self._written + len(chunk) > self._max_bytes:
            raise ReplyRefused(reason="the file is too large")
        self._digest.update(chunk)
        await self._into.write(chunk)
        self._written += len(chunk)

    async def _restart(self) -> None:
        await self._into.restart()
        self._written = 0
        self._total = None
        self._validator = ""
        self._digest = hashlib.sha256()
