"""Standard Webhooks signatures, and their secrets: sealed in the database, rotated by their owner."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from pydantic import JsonValue
from standardwebhooks.webhooks import Webhook

from app.accounts.provider_keys import OwnKeys
from app.accounts.second_factor import SecondFactors
from app.core.sealing import SealBroken, Sealer
from app.notifications.models import WebhookEndpoint
from app.notifications.repository import EndpointRepository
from app.resources import Resources

log = structlog.get_logger(__name__)
RESEALED_AT_ONCE = 500
SECRET_BYTES = 32
HINT_HEAD, HINT_TAIL = 10, 4


def sealed(sealer: Sealer, owner_id: str, secret: str) -> str:
    """The secret as it is stored."""
    return sealer.seal(secret, _place(owner_id))


def opened(sealer: Sealer, owner_id: str, stored: str) -> str:
    """The secret itself; one stored before secrets were sealed stands there openly."""
    return sealer.open(stored, _place(owner_id)) if sealer.is_sealed(stored) else stored


async def reseal_all(resources: Resources) -> int:
    """Seals what stands openly or under an earlier SECRET_KEY, people's keys and second factors too; says how many."""
    async with resources.database.unit_of_work() as session:
        done = await OwnKeys.over(session, resources).reseal()
        done += await SecondFactors.over(session, resources).reseal()
        endpoints, after = EndpointRepository(session, resources.clock), ""
        while rows := await endpoints.not_sealed_with(resources.sealer.beginning, after, RESEALED_AT_ONCE):
            for row in rows:
                done += await _resealed(endpoints, resources.sealer, row)
            after = rows[-1].id
    return done


async def _resealed(endpoints: EndpointRepository, sealer: Sealer, row: WebhookEndpoint) -> bool:
    secrets = {"secret": row.secret, "old_secret": row.old_secret}
    try:
        fresh = {name: _anew(sealer, row.owner_id, kept) for name, kept in secrets.items() if kept}
    except SealBroken:
        log.warning("webhook_secret_unreadable", endpoint=row.id)
        return False
    await endpoints.change(row.id, **fresh)
    return True


def _anew(sealer: Sealer, owner_id: str, stored: str) -> str:
    return sealed(sealer, owner_id, opened(sealer, owner_id, stored))


def _place(owner_id: str) -> str:
    return f"webhook:{owner_id}"


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
