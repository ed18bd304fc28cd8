"""Adapters on users' own keys: one per vendor and key, lent while somebody works with them, a bounded number kept."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from app.providers.kit import ProviderBundle

__all__ = ["MOST_KEPT", "BundlePool"]

MOST_KEPT: Final = 32


@dataclass
class Lent:
    """One kit and how many are working with it."""

    kit: ProviderBundle
    holders: int = 0


class BundlePool:
    """Kits by account; those that nobody holds are closed when there are too many, the longest unused first."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._lent: OrderedDict[str, Lent] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lent)

    @asynccontextmanager
    async def held(self, account: str, build: Callable[[], ProviderBundle]) -> AsyncIterator[ProviderBundle]:
        """The kit of an account, open as long as the block lasts."""
        entry = self._lent.get(account)
        if entry is None:
            entry = self._lent[account] = Lent(build())
        self._lent.move_to_end(account)
        entry.holders += 1
        try:
            yield entry.kit
        finally:
            entry.holders -= 1
            await self._shrink()

    async def close(self) -> None:
        """Closes every kit."""
        while self._lent:
            _, entry = self._lent.popitem()
            await entry.kit.close()

    async def _shrink(self) -> None:
        while len(self._lent) > self._most:
            idle = next((account for account, entry in self._lent.items() if not entry.holders), None)
            if idle is None:
                return
            await self._lent.pop(idle).kit.close()
