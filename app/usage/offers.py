"""Which engines there are, what they take and what they charge, as clients read it."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import cast

from pydantic import JsonValue

from app.providers.kit import EngineCard, Vendor
from app.resources import Resources
from app.usage.prices import prices_of
from app.usage.schemas import EngineList, EngineRead, ModelRead, OfferRead, PriceRead

__all__ = ["OfferService", "plain"]


class OfferService:
    """Lists engines; one that is absent is listed with its reason and its prices."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._engines = resources.engines

    async def listed(self) -> EngineList:
        """Every engine that this version knows."""
        vendors = {card.vendor.name: card.vendor for card in self._engines.cards()}
        return EngineList(providers=[await self._read(vendor) for vendor in vendors.values()])

    async def one(self, name: str) -> EngineRead:
        """One engine by name."""
        return await self._read(self._engines.vendor(name))

    async def _read(self, vendor: Vendor) -> EngineRead:
        # Importing an adapter for the first time takes a while.
        await self._resources.threads.run(self._engines.warm)
        cards = [card for card in self._engines.cards() if card.vendor.name == vendor.name]
        reasons = [card.absent_reason for card in cards]
        return EngineRead(
            name=vendor.name,
            title=vendor.title,
            online=vendor.online,
            available=not any(reasons),
            absent_reason=next((reason for reason in reasons if reason), None),
            note=vendor.note,
            roles=[self._offer(card) for card in cards],
        )

    def _offer(self, card: EngineCard) -> OfferRead:
        name = card.vendor.name
        known = self._engines.capabilities(card.role, name) if card.available else {}
        return OfferRead(
            role=card.role,
            is_default=card.is_default,
            models=[ModelRead(model=model, capabilities=_record(can)) for model, can in known.items()],
            prices=[PriceRead.of(price) for price in prices_of(name, card.role)],
        )


def plain(value: object) -> JsonValue:
    """A capability record as JSON; what has no limit is null."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(_single(key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, frozenset):
        return cast("JsonValue", sorted((plain(entry) for entry in value), key=str))
    return [plain(entry) for entry in value] if isinstance(value, tuple) else _single(value)


def _single(value: object) -> JsonValue:
    shown = value.value if isinstance(value, Enum) else value
    return None if isinstance(shown, float) and not math.isfinite(shown) else cast("JsonValue", shown)


def _record(capabilities: object) -> dict[str, JsonValue]:
    return cast("dict[str, JsonValue]", plain(capabilities))
