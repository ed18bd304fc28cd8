"""Pure: takes secrets, private text and media out of whatever is about to be written to a log."""

import re
from collections.abc import Collection, Mapping
from typing import Any

GONE = "[redacted]"
MIN_SECRET_CHARACTERS = 6
MAX_TEXT_CHARACTERS = 16_384
MAX_DEPTH = 8
PRIVATE_WORDS = re.compile(
    r"passw|passphrase|secret|token|authori[sz]ation|cookie|credential|api_?key|private_?key|signature"
    r"|prompt|(^|_)story|narration|(^|_)script|base64|reference_image|smtp_url|redis_url|database_url",
    re.IGNORECASE,
)
PROOF_IN_PATH = re.compile(r"((?:^|/)media/|/callbacks/[\w-]+/[^/\s]+/)[^/\s\"'?]+")
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;]+", re.IGNORECASE), rf"\1 {GONE}"),
    (re.compile(r"\bavc_[\w-]{6,}"), f"avc_{GONE}"),
    (re.compile(r"\beyJ[\w-]{4,}\.[\w-]+(\.[\w-]*)?"), GONE),
    (re.compile(r"\b(sk-|AIza|whsec_)[\w+/=-]{8,}"), rf"\1{GONE}"),
    (re.compile(r"data:[\w.+/-]*(;[\w=.+-]+)*;base64,[\w+/=%-]*"), f"data:{GONE}"),
    (re.compile(r"\b([a-z][a-z0-9+.-]{0,24}://)[^\s/@\"']+@"), rf"\1{GONE}@"),
    (
        re.compile(
            r"\b((?:access_|refresh_|id_)?token|(?:api_?)?key|sig|signature|x-amz-[\w-]+|x-goog-[\w-]+|password|secret)"
            r"(=|%3D)[^\s&\"']+",
            re.IGNORECASE,
        ),
        rf"\1\2{GONE}",
    ),
    # SQLAlchemy quotes the bound values of a failed statement, and Postgres those of a violated constraint.
    (re.compile(r"\[parameters: .*?\](?=\n|$)", re.DOTALL), f"[parameters: {GONE}]"),
    (re.compile(r"(Key \([^)]*\)=)\(.*?\)(?= )"), rf"\1({GONE})"),
    (re.compile(r"input_value=.*?(?=, input_type=|\]|$)"), f"input_value={GONE}"),
    (PROOF_IN_PATH, rf"\1{GONE}"),
)


def safe_path(path: str) -> str:
    """A request's path without the proofs that some paths carry."""
    return PROOF_IN_PATH.sub(rf"\1{GONE}", path)


class Redaction:
    """Knows the service's own secrets by value, and everybody's by form and by name."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = sorted((s for s in secrets if len(s) >= MIN_SECRET_CHARACTERS), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def of(self, value: Any, *, depth: int = 0) -> Any:
        """The same value with every secret replaced; numbers and truth values pass."""
        match value:
            case None | bool() | int() | float():
                clean: Any = value
            case bytes() | bytearray() | memoryview():
                clean = f"[{len(value)} bytes]"
            case Mapping() | list() | tuple() | set() | frozenset() if depth >= MAX_DEPTH:
                clean = GONE
            case Mapping():
                clean = {str(key): self.of_field(str(key), item, depth=depth + 1) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                clean = [self.of(item, depth=depth + 1) for item in value]
            case _:
                clean = self.of_text(str(value))
        return clean

    def of_field(self, name: str, value: Any, *, depth: int = 0) -> Any:
        """A named value; under a private name nothing but numbers and truth values is left."""
        plain = value is None or isinstance(value, bool | int | float)
        if not plain and PRIVATE_WORDS.search(name):
            return GONE
        return self.of(value, depth=depth)

    def of_text(self, text: str) -> str:
        """Text without known secrets and without anything that has the form of one."""
        clean = text if len(text) <= MAX_TEXT_CHARACTERS else f"{text[:MAX_TEXT_CHARACTERS]}…"
        if self._known is not None:
            clean = self._known.sub(GONE, clean)
        for pattern, left in PATTERNS:
            clean = pattern.sub(left, clean)
        return clean
