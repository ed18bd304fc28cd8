"""Pure: entity tags of versions, and what a request's preconditions ask."""

import re
from datetime import datetime

from app.core.errors import Outdated

TAG = re.compile(r'(?:W/)?"v(\d{1,9})(?:\.\d{1,12})?"')


def entity_tag(version: int, now: datetime, link_seconds: int) -> str:
    """The tag of a version; it ages with the media links of the reply, which a cache must not keep too long."""
    age = int(now.timestamp() // max(link_seconds // 2, 1))
    return f'"v{version}.{age}"'


def expected_version(if_match: str | None) -> int | None:
    """The version a change is meant for, or None for any; a tag that is not ours was never current."""
    if if_match is None or if_match.strip() == "*":
        return None
    versions = [int(found) for found in TAG.findall(if_match)]
    if not versions:
        raise Outdated
    return max(versions)


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Whether the client already has this very reply."""
    return if_none_match is not None and tag in (part.strip().removeprefix("W/") for part in if_none_match.split(","))
