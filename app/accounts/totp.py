"""Pure: codes of authenticator apps by RFC 6238, with SHA-1, six digits and steps of thirty seconds."""

import base64
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

__all__ = ["address_of", "code_at", "matching_step", "step_of"]

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
