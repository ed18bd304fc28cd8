"""Pure: which clips that earlier tries have bought are of no use to a retry."""

from collections.abc import Sequence

from app.generation.errors import ClipBroken
from app.providers.errors import ContentBlocked, InvalidRequest, TaskLost, UnexpectedReply

__all__ = ["last_useless"]

USELESS = frozenset({ContentBlocked.code, InvalidRequest.code, UnexpectedReply.code, TaskLost.code})
# What arrives broken may have been spoilt on its way, so one more try fetches it before another one is paid.
MOST_BROKEN = 2


def last_useless(tries: Sequence[tuple[str, str]]) -> str:
    """The last try whose purchase never becomes a clip, of pairs of job and failure, the oldest first; else nothing."""
    found, broken = "", 0
    for job_id, code in tries:
        broken += code == ClipBroken.code
        if code in USELESS or broken == MOST_BROKEN:
            found, broken = job_id, 0
    return found
