"""The second factor: authenticator apps by RFC 6238, set up, confirmed, asked for at sign-in, turned off."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self
from urllib.parse import quote, urlencode

import structlog

from app.accounts.domain import Account, SecondFactorSetup, SecondFactorView, digest
from app.accounts.errors import CodeNeeded, CodeWrong, SecondFactorOff, SecondFactorOn, WrongCode
from app.accounts.models import SecondFactor
from app.accounts.repository import SecondFactorRepository
from app.core.clock import Clock
from app.core.database import Session
from app.core.logging import audit
from app.core.sealing import SealBroken, Sealer
from app.resources import Resources

DIGITS: Final = 6
STEP_SECONDS: Final = 30
# The clock of a telephone may be a step off in either direction.
STEPS_OFF: Final = (-1, 0, 1)


def step_of(now: datetime) -> int:
    """The step of time at a moment."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of one step for a secret in base 32."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, among the present one and its neighbours; None for any other code."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    steps = [step_of(now) + off for off in STEPS_OFF]
    return next((step for step in steps if hmac.compare_digest(code_at(secret, step), code)), None)


def address_of(secret: str, *, issuer: str, name: str) -> str:
    """What an authenticator app reads from a picture or a link."""
    facts = urlencode(
        {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": 6, "period": 30}, quote_via=quote
    )
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(name, safe='')}?{facts}"


log = structlog.get_logger(__name__)
SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
GROUP: Final = 4
RESEALED_AT_ONCE: Final = 500


class SecondFactors:
    """Second factors on one session; who may change one has proven the password before."""

    def __init__(self, session: Session, clock: Clock, sealer: Sealer) -> None:
        self._clock = clock
        self._sealer = sealer
        self._factors = SecondFactorRepository(session, clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources.clock, resources.sealer)

    async def shown(self, user_id: str) -> SecondFactorView:
        """Whether a code is asked for, and how many recovery codes are left."""
        factor = await self._confirmed(user_id)
        left = 0 if factor is None else await self._factors.recovery_codes_left(user_id)
        return SecondFactorView(is_on=factor is not None, recovery_codes_left=left)

    async def begin(self, account: Account, issuer: str) -> SecondFactorSetup:
        """A fresh secret for an authenticator app, in place of one that was never confirmed."""
        if await self._confirmed(account.id) is not None:
            raise SecondFactorOn
        secret = _base32(self._clock.secret(SECRET_BYTES))
        await self._factors.drop(account.id)
        sealed = self._sealer.seal(secret, _place(account.id))
        await self._factors.add(SecondFactor(user_id=account.id, sealed=sealed, last_step=0))
        name = account.email or account.username or account.id
        return SecondFactorSetup(secret, address_of(secret, issuer=issuer, name=name))

    async def confirm(self, account: Account, code: str) -> Sequence[str]:
        """Turns the second factor on by a first code; gives the recovery codes, which nobody can read again."""
        factor = await self._factors.of_user(account.id)
        if factor is None:
            raise SecondFactorOff
        if factor.confirmed_at is not None:
            raise SecondFactorOn
        step = self._step(factor, code)
        if step is None or not await self._factors.confirm(factor.id, step):
            raise CodeWrong
        codes = [_grouped(_base32(self._clock.secret(RECOVERY_BYTES))) for _ in range(RECOVERY_CODES)]
        await self._factors.add_recovery_codes(account.id, [digest(_plain(each)) for each in codes])
        audit("second_factor_on", who=account.id)
        return codes

    async def demand(self, user_id: str, code: str) -> None:
        """Uses up the code that a sign-in brings; nothing is asked of users without a second factor."""
        factor = await self._confirmed(user_id)
        if factor is None:
            return
        if not code.strip():
            raise CodeNeeded
        if not await self._spent(factor, code):
            raise WrongCode

    async def turn_off(self, account: Account, code: str) -> None:
        """Forgets the second factor for a code of it."""
        factor = await self._confirmed(account.id)
        if factor is None:
            raise SecondFactorOff
        if not await self._spent(factor, code):
            raise CodeWrong
        await self.drop(account.id)
        audit("second_factor_off", who=account.id)

    async def drop(self, user_id: str) -> None:
        """Forgets the second factor of a user without a code: for operators, and for accounts that are closed."""
        await self._factors.drop(user_id)

    async def reseal(self) -> int:
        """Seals anew what stands under an earlier SECRET_KEY; says how many."""
        done, after = 0, ""
        while rows := await self._factors.not_begun_with(self._sealer.beginning, after, RESEALED_AT_ONCE):
            for row in rows:
                done += await self._resealed(row)
            after = rows[-1].id
        return done

    async def _resealed(self, row: SecondFactor) -> bool:
        place = _place(row.user_id)
        try:
            fresh = self._sealer.seal(self._sealer.open(row.sealed, place), place)
        except SealBroken:
            log.warning("second_factor_unreadable", user_id=row.user_id)
            return False
        return await self._factors.reseal(row.id, before=row.sealed, after=fresh)

    async def _confirmed(self, user_id: str) -> SecondFactor | None:
        factor = await self._factors.of_user(user_id)
        return None if factor is None or factor.confirmed_at is None else factor

    async def _spent(self, factor: SecondFactor, code: str) -> bool:
        step = self._step(factor, code)
        if step is not None:
            return await self._factors.spend_step(factor.id, step)
        return await self._factors.spend_recovery_code(factor.user_id, digest(_plain(code)))

    def _step(self, factor: SecondFactor, code: str) -> int | None:
        secret = self._sealer.open(factor.sealed, _place(factor.user_id))
        return matching_step(secret, _plain(code), self._clock.now())


def _place(user_id: str) -> str:
    return f"second_factor:{user_id}"


def _base32(token: str) -> str:
    """Random bytes that came as URL-safe base 64, in letters that people can type."""
    return base64.b32encode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))).decode()


def _grouped(code: str) -> str:
    return "-".join(code[place : place + GROUP] for place in range(0, len(code), GROUP)).lower()


def _plain(code: str) -> str:
    """A code as it is compared: people type spaces, hyphens and capitals."""
    return "".join(code.split()).replace("-", "").upper()
