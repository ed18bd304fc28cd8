"""Pure: names of files as they may be shown and sent in headers."""

import re
import unicodedata
from urllib.parse import quote

__all__ = ["content_disposition", "safe_name"]

MAX_CHARACTERS = 120
DOTS = re.compile(r"\.{2,}")
FORBIDDEN = frozenset('/\\:*?"<>|')


def safe_name(name: str, extension: str) -> str:
    """A name without path, control, bidirectional or reserved characters, with the ending of the real type."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", last)
        if unicodedata.category(character)[0] != "C" and character not in FORBIDDEN
    )
    kept = DOTS.sub(".", kept)
    stem = kept.rpartition(".")[0] or kept
    stem = " ".join(stem.strip(" .").split())[:MAX_CHARACTERS].strip(" .") or "file"
    return f"{stem}.{extension}"


def content_disposition(disposition: str, name: str) -> str:
    """The header in both forms of RFC 6266; `name` is a safe one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = DOTS.sub(".", "".join(c for c in plain if c.isalnum() or c in " ._-()")) or "file"
    return f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
