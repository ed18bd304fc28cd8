"""Standard Webhooks signatures and secret rotation."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue
from standardwebhooks.webhooks import Webhook

__all__ = ["hint_of", "new_secret", "packed", "signed_headers"]

SECRET_BYTES = 32
HINT_HEAD, HINT_TAIL = 10, 4


def new_secret() -> str:
    """A fresh signing secret, shown once."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def hint_of(secret: str) -> str:
    """What tells one secret from another without showing it."""
    return f"{secret[:HINT_HEAD]}…{secret[-HINT_TAIL:]}"


def packed(body: Mapping[str, JsonValue]) -> bytes:
    """The exact bytes that are signed and sent."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def signed_headers(keys: Sequence[str], message_id: str, at: datetime, payload: bytes) -> dict[str, str]:
    """The three headers; during rotation both secrets sign."""
    signatures = [Webhook(key).sign(message_id, at, payload.decode()) for key in keys]
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
