"""Standard Webhooks signatures and secret rotation."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue
from standardwebhooks.webhooks import Webhook

__all__ = ["new_secret", "packed", "signed_headers"]

SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh signing secret, shown once."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


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
