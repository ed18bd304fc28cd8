"""What an adapter stands on, what the adapters of one vendor have together, and how an engine is listed."""

import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from app.core.clock import Clock
from app.core.fairness import FairLimiter
from app.core.settings import Settings
from app.core.threads import Threads
from app.providers.values import Role

LOCAL = "local"


@dataclass(frozen=True)
class ProviderContext:
    """The process around an adapter; `folder` outlives the process and belongs to offline engines.

    Offline engines work in turns at `processors`, because what they make keeps a processor busy.
    """

    settings: Settings
    clock: Clock
    threads: Threads
    ffmpeg: Path
    folder: Path
    processors: FairLimiter


class ProviderBundle(Protocol):
    """The adapters of one credential, each an attribute named by its role."""

    async def check(self) -> None:
        """One free call that raises AccountProblem when the credential does not work."""

    async def close(self) -> None:
        """Closes the connections of all."""


@dataclass(frozen=True)
class Vendor:
    """Who offers engines, for which roles, and which setting opens the door; without one it is always there."""

    name: str
    title: str
    opener: str
    roles: tuple[Role, ...]
    variable: str = ""
    library: str = ""
    note: str = ""

    @property
    def online(self) -> bool:
        """Whether the vendor is asked over the network."""
        return self.name != LOCAL


@dataclass(frozen=True)
class EngineCard:
    """One engine as it is listed; `absent_reason` is empty when it can be used."""

    role: Role
    vendor: Vendor
    is_default: bool
    absent_reason: str

    @property
    def available(self) -> bool:
        """Whether it can be used here."""
        return not self.absent_reason


def account_label(vendor: str, secret: str) -> str:
    """Names a credential of a vendor without showing it."""
    return f"{vendor}:{hashlib.sha256(secret.encode()).hexdigest()[:12]}"


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
