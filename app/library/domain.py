"""Frozen views of assets, what each kind of asset must be like, and names of files as they may be shown."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from pydantic import JsonValue

MAX_CHARACTERS = 120
DOTS = re.compile(r"\.{2,}")
FORBIDDEN = frozenset('/\\:*?"<>|')


class AssetKind(StrEnum):
    """What a file is for."""

    FIRST_FRAME = "first_frame"
    KEY_FRAME = "key_frame"
    AUDIO_SAMPLE = "audio_sample"
    MUSIC = "music"
    PICTURE = "picture"
    NARRATION = "narration"
    CLIP = "clip"
    FILM = "film"
    SOUND = "sound"
    POSTER = "poster"
    CAPTIONS = "captions"
    REPORT = "report"

    @property
    def is_uploaded(self) -> bool:
        """Whether people may bring such a file."""
        return self in UPLOADED


class AssetState(StrEnum):
    """Whether the bytes are there and have been judged, and whether they are still the ones that are shown."""

    PENDING = "pending"
    READY = "ready"
    # Another file stands in its place; links that were given out go on showing it until they end.
    REPLACED = "replaced"


# The fact of a replaced file that names what stands in its place.
SUCCESSOR = "successor"
UPLOADED = frozenset({AssetKind.FIRST_FRAME, AssetKind.KEY_FRAME, AssetKind.AUDIO_SAMPLE, AssetKind.MUSIC})
# The only types this service ever says a file has; whatever a sender claims is ignored.
MEDIA_TYPES: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "json": "application/json",
    "html": "text/html",
}


@dataclass(frozen=True)
class AssetView:
    """A stored file as everybody outside this slice sees it."""

    id: str
    owner_id: str
    kind: AssetKind
    state: AssetState
    store_key: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    facts: Mapping[str, JsonValue]
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def extension(self) -> str:
        """The ending that goes with the type."""
        return next((ending for ending, media in MEDIA_TYPES.items() if media == self.content_type), "bin")


@dataclass(frozen=True)
class StorageUseView:
    """What one user keeps, and a quota of their own where they have one."""

    owner_id: str
    size_bytes: int
    files: int
    most_bytes: int | None = None
    most_files: int | None = None


@dataclass(frozen=True)
class StorageOverview:
    """What is stored in all, and one page of who keeps how much, the largest first."""

    size_bytes: int
    files: int
    free_bytes: int
    reserve_bytes: int
    owners: Sequence[StorageUseView]
    total: int


@dataclass(frozen=True)
class UploadWish:
    """A file that a client wants to send without passing it through a form."""

    kind: AssetKind
    name: str
    content_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class DirectUpload:
    """Where and how that file is to be sent."""

    asset_id: str
    url: str
    method: str
    headers: Mapping[str, str]
    expires_at: datetime


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
