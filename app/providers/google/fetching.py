"""A clip that came inside an answer, handed on in pieces with its measure taken."""

import hashlib

from app.core.sinks import BinarySink
from app.providers.errors import UnexpectedReply
from app.providers.google.account import NAME
from app.providers.values import FetchedMedia

__all__ = ["fetched"]

PIECE_BYTES = 1024 * 1024


async def fetched(content: bytes, media_type: str | None, into: BinarySink, max_bytes: int) -> FetchedMedia:
    """The whole clip in the sink."""
    if len(content) > max_bytes:
        raise UnexpectedReply(provider=NAME, provider_code="too_large")
    await into.restart()
    digest = hashlib.sha256()
    for begin in range(0, len(content), PIECE_BYTES):
        piece = content[begin : begin + PIECE_BYTES]
        digest.update(piece)
        await into.write(piece)
    return FetchedMedia(len(content), digest.hexdigest(), media_type or "video/mp4")
