"""Takes secrets and bulk out of foreign text before it reaches a log."""

import re
from collections.abc import Collection

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
