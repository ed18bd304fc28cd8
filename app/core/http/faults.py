"""What can go wrong on the wire: surely not sent or maybe sent; foreign text without secrets for logs."""

import re
from collections.abc import Collection
from typing import ClassVar

import httpx

from app.core.errors import Unavailable

# The request line cannot have left: there was no connection, or no permission to use one.
BEFORE_ANY_BYTE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
FIRST_BYTES = ("http11.send_request_headers.started", "http2.send_request_headers.started")


class OutboundFailed(Unavailable):
    """An outside service could not be asked, or did not answer in time."""

    code = "outbound.failed"
    message = "An outside service did not answer properly. Nothing was changed here; try again shortly."

    def __init__(self, reason: str, *, maybe_sent: bool) -> None:
        super().__init__()
        self.reason = reason
        self.maybe_sent = maybe_sent


class ReplyRefused(OutboundFailed):
    """An outside service answered with more, or something else, than it may."""

    code: ClassVar[str] = "outbound.reply_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, maybe_sent=True)


class Witness:
    """Sees through the transport's own trace whether the first byte of a request has left."""

    def __init__(self) -> None:
        self.saw_connection = False
        self.saw_bytes = False

    async def __call__(self, event: str, _facts: object) -> None:
        """Called by the transport at each of its stages."""
        self.saw_connection = self.saw_connection or event.startswith("connection.")
        self.saw_bytes = self.saw_bytes or event in FIRST_BYTES


def surely_unsent(fault: BaseException, witness: Witness) -> bool:
    """Whether no byte of the request can have left; a doubt counts as sent."""
    if witness.saw_bytes:
        return False
    return isinstance(fault, BEFORE_ANY_BYTE) or witness.saw_connection


SAMPLE_CHARACTERS = 500
SEARCHED_CHARACTERS = 4000
HIDDEN = "[hidden]"
MIN_SECRET_CHARACTERS = 6
KEYS = re.compile(r"(?i)\b(?:bearer\s+[\w.~+/=-]{6,}|(?:sk|avc|ghp|whsec)[-_][\w-]{6,}|eyJ[\w-]+\.[\w.-]+)")
QUERIES = re.compile(r"(https?://[^\s\"'?<>]{1,300})\?[^\s\"'<>]*")
BULK = re.compile(r"[A-Za-z0-9+/=_-]{80,}")


def redacted(text: str, secrets: Collection[str] = ()) -> str:
    """A short sample of foreign text without keys, signed links, encoded media and the given secrets."""
    sample = text[:SEARCHED_CHARACTERS]
    for secret in secrets:
        if len(secret) >= MIN_SECRET_CHARACTERS:
            sample = sample.replace(secret, HIDDEN)
    for pattern, instead in ((KEYS, HIDDEN), (QUERIES, rf"\1?{HIDDEN}"), (BULK, HIDDEN)):
        sample = pattern.sub(instead, sample)
    return sample[:SAMPLE_CHARACTERS]
