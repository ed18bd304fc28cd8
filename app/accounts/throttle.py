"""Login buckets in the database: five failures of an account or ten of an address in 15 minutes, no hard lock."""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.accounts.errors import (
    TooManySignIns,
)
from app.accounts.repository import BucketRepository
from app.core.clock import Clock
from app.core.database import Database, Session


@dataclass(frozen=True)
class LoginLimits:
    """How many failures a window holds, and how many checks may have begun before they are counted."""

    failures: int = 5
    address_failures: int = 10
    checks: int = 20
    window: timedelta = timedelta(minutes=15)


@dataclass(frozen=True)
class ThrottlePlace:
    """Room for one password check, in the bucket of an account and of an address."""

    account: str
    address: str

    @property
    def buckets(self) -> tuple[str, str]:
        """Both, always in this order, so that two sign-ins never wait for each other crosswise."""
        return (self.account, self.address)


def account_bucket(name: str) -> str:
    """The bucket of an account id or of a name nobody has; names are hashed, because people type passwords there."""
    return f"account:{hashlib.sha256(name.encode()).hexdigest()}"


def address_bucket(address: str) -> str:
    """The bucket of a client's address; one IPv6 customer owns a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{hashlib.sha256(address.encode()).hexdigest()}"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return f"address:{ipaddress.ip_network((parsed, IPV6_CUSTOMER_BITS), strict=False)}"
    return f"address:{getattr(parsed, 'ipv4_mapped', None) or parsed}"


class Throttle:
    """Lets a password be checked, or says when it may be again."""

    def __init__(self, database: Database, clock: Clock, limits: LoginLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits

    async def take(self, place: ThrottlePlace) -> None:
        """Takes room before anything is hashed; full buckets refuse and stay as they are."""
        limits = self._limits
        window_began = self._clock.now() - limits.window
        async with self._database.unit_of_work() as session:
            buckets = BucketRepository(session, self._clock)
            for bucket, failures in zip(place.buckets, (limits.failures, limits.address_failures), strict=True):
                taken = await buckets.take(bucket, window_began=window_began, failures=failures, checks=limits.checks)
                if not taken:
                    raise TooManySignIns(retry_after_seconds=await self._wait_seconds(buckets, bucket))

    async def failed(self, place: ThrottlePlace) -> None:
        """Counts a wrong password."""
        async with self._database.unit_of_work() as session:
            for bucket in place.buckets:
                await BucketRepository(session, self._clock).settle(bucket, failed=1)

    async def unjudged(self, place: ThrottlePlace) -> None:
        """Gives room back when the password could not be checked."""
        async with self._database.unit_of_work() as session:
            for bucket in place.buckets:
                await BucketRepository(session, self._clock).settle(bucket)

    async def passed(self, session: Session, place: ThrottlePlace) -> None:
        """Forgets the account's failures; the address keeps its own, else an attacker's own login would clear them."""
        buckets = BucketRepository(session, self._clock)
        await buckets.settle(place.account, forgive=True)
        await buckets.settle(place.address)

    async def _wait_seconds(self, buckets: BucketRepository, bucket: str) -> int:
        began = await buckets.window_start(bucket) or self._clock.now()
        left = (began + self._limits.window - self._clock.now()).total_seconds()
        return max(1, math.ceil(left))


IPV6_CUSTOMER_BITS: Final = 64
