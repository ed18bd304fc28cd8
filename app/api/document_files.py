"""The API documents as they are sent: written down ahead, completed with the settings, kept compressed only."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.accounts.dependencies import session_cookie_name
from app.api.documents import ApiDocument
from app.api.version import product_version
from app.core.settings import Settings

FOLDER: Final = Path(__file__).with_name("openapi_documents")
# What differs from one installation to the next stands in the files under these names.
NAME, VERSION, SERVER, COOKIE = "@app_name@", "@version@", "@server@", "@cookie@"
INDENTATION: Final = re.compile(rb"\n *")


@dataclass(frozen=True)
class PackedDocument:
    """One document, compressed, and the tag by which a client asks whether it has changed."""

    packed: bytes
    etag: str

    @classmethod
    def of(cls, document: ApiDocument, settings: Settings) -> "PackedDocument":
        """The document of this installation: building it from the code takes seconds and tens of megabytes."""
        text = INDENTATION.sub(b"", (FOLDER / f"{document.name}.json").read_bytes())
        for name, value in installation_values(settings).items():
            text = text.replace(json.dumps(name)[1:-1].encode(), json.dumps(value, ensure_ascii=False)[1:-1].encode())
        return cls(gzip.compress(text, mtime=0), f'"{hashlib.sha256(text).hexdigest()[:32]}"')

    def whole(self) -> bytes:
        """For a client that reads no compressed answers."""
        return gzip.decompress(self.packed)


def installation_values(settings: Settings) -> Mapping[str, str]:
    """What this installation says of itself."""
    server = settings.server
    is_secure = server.public_base_url.startswith("https://")
    return {
        NAME: server.app_name,
        VERSION: product_version(),
        SERVER: server.public_base_url or "/",
        COOKIE: session_cookie_name(is_secure=is_secure),
    }


def document_text(document: Mapping[str, object]) -> str:
    """The text that is kept: one member a line, so that a change can be read in review."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
