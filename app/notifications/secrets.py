"""Signing secrets of webhooks as they stand in the database: sealed for their owner."""

import structlog

from app.accounts.own_keys import OwnKeys
from app.accounts.second_factor import SecondFactors
from app.core.sealing import SealBroken, Sealer
from app.notifications.models import WebhookEndpoint
from app.notifications.repository import EndpointRepository
from app.resources import Resources

__all__ = ["opened", "reseal_all", "sealed"]

log = structlog.get_logger(__name__)

RESEALED_AT_ONCE = 500


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
