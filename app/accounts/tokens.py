"""Issues and verifies JWTs; the only importer of python-jose, hardened against what that library lets through."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from jose import jwk, jwt
from jose.backends.base import Key
from jose.exceptions import JWKError

from app.accounts.errors import TokenRefused
from app.core.clock import Clock

Claims = Mapping[str, Any]
RsaKey = Key
MAX_TOKEN_CHARACTERS: Final = 8192
MAX_SUBJECT_CHARACTERS: Final = 255
LEEWAY_SECONDS: Final = 60
LOCAL_ALGORITHM: Final = "HS256"
LOCAL_TYPE: Final = "at+jwt"
LOCAL_ISSUER: Final = "ai-video-creator"
LOCAL_AUDIENCE: Final = "ai-video-creator-api"
ENTRA_ALGORITHM: Final = "RS256"
MIN_RSA_BITS: Final = 2048
# Each of these lets a token say where its key lies, or changes what is signed.
FORBIDDEN_HEADERS: Final = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc"})
COMPACT = re.compile(r"\A[A-Za-z0-9_-]++\.[A-Za-z0-9_-]++\.[A-Za-z0-9_-]+", re.ASCII)
# python-jose demands presence and form of these; it reads its own clock, so the moment itself is judged here.
JOSE_OPTIONS: Final = {
    **{f"require_{claim}": True for claim in ("exp", "iat", "iss", "aud", "sub")},
    "leeway": 100 * 365 * 86_400,
}


class TokenUse(StrEnum):
    """What a local token is for; one never passes as the other."""

    ACCESS = "access"
    COOKIE = "cookie"


@dataclass(frozen=True)
class LocalClaims:
    """What a local token says: which account, in which session."""

    account_id: str
    session_id: str


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """One decoder: one algorithm, chosen by configuration and never by the token's header."""

    algorithm: str
    types: frozenset[str | None]
    clock: Clock
    leeway_seconds: int = 0

    def verify(self, token: str, key: Key, *, issuers: Sequence[str], audiences: Sequence[str]) -> Claims:
        """The claims of a token that is genuine, meant for us and within its time; else TokenRefused."""
        self.check_header(header_of(token))
        said = peek(token)
        issuer, audience = said.get("iss"), said.get("aud")
        if not isinstance(issuer, str) or issuer not in issuers:
            raise TokenRefused
        if not isinstance(audience, str) or audience not in audiences:
            raise TokenRefused
        claims = self._decoded(token, key, issuer=issuer, audience=audience)
        self._check_times(claims)
        _text(claims, "sub")
        return claims

    def check_header(self, header: Claims) -> None:
        """Refuses another algorithm, another type and every header that would lead astray."""
        kind = header.get("typ")
        if header.get("alg") != self.algorithm or not (kind is None or isinstance(kind, str)):
            raise TokenRefused
        if kind not in self.types or FORBIDDEN_HEADERS & header.keys():
            raise TokenRefused

    def _decoded(self, token: str, key: Key, *, issuer: str, audience: str) -> Claims:
        try:
            claims: Claims = jwt.decode(
                token, key, algorithms=[self.algorithm], issuer=issuer, audience=audience, options=JOSE_OPTIONS
            )
        # python-jose lets RecursionError, OverflowError, AttributeError and more escape from hostile tokens.
        except Exception as fault:
            raise TokenRefused from fault
        return claims

    def _check_times(self, claims: Claims) -> None:
        now = int(self.clock.now().timestamp())
        issued, ends = _moment(claims, "iat"), _moment(claims, "exp")
        if ends <= now - self.leeway_seconds or ends <= issued:
            raise TokenRefused
        # When a token was issued says nothing about its time: this machine's clock may have been set back since.
        if "nbf" in claims and _moment(claims, "nbf") > now + LEEWAY_SECONDS:
            raise TokenRefused


class LocalTokens:
    """Access tokens and cookies of this service: HS256 with a key made from SECRET_KEY for this purpose alone.

    The first secret signs; tokens of the others pass as well, so that SECRET_KEY may be changed.
    """

    def __init__(self, clock: Clock, *secrets: str) -> None:
        self._keys = tuple(jwk.construct(_derived(secret), LOCAL_ALGORITHM) for secret in secrets)
        self._clock = clock
        self._verifier = Verifier(algorithm=LOCAL_ALGORITHM, types=frozenset({LOCAL_TYPE}), clock=clock)

    def issue(self, claims: LocalClaims, *, use: TokenUse, life: timedelta) -> str:
        """A signed token for one session."""
        now = int(self._clock.now().timestamp())
        body = {
            "iss": LOCAL_ISSUER,
            "aud": LOCAL_AUDIENCE,
            "sub": claims.account_id,
            "sid": claims.session_id,
            "jti": self._clock.new_id(),
            "iat": now,
            "exp": now + int(life.total_seconds()),
            "token_use": use.value,
        }
        token: str = jwt.encode(body, self._keys[0], algorithm=LOCAL_ALGORITHM, headers={"typ": LOCAL_TYPE})
        return token

    def verify(self, token: str, *, use: TokenUse) -> LocalClaims:
        """Which account and session a token of ours names; needs no database."""
        claims = self._verified(token)
        if claims.get("token_use") != use.value:
            raise TokenRefused
        _text(claims, "jti")
        return LocalClaims(account_id=_text(claims, "sub"), session_id=_text(claims, "sid"))

    def _verified(self, token: str) -> Claims:
        for key in self._keys:
            with suppress(TokenRefused):
                return self._verifier.verify(token, key, issuers=(LOCAL_ISSUER,), audiences=(LOCAL_AUDIENCE,))
        raise TokenRefused


def header_of(token: str) -> Claims:
    """The header of a token of plain form and bounded size; nothing in it is believed yet."""
    return _segment(token, 0)


def peek(token: str) -> Claims:
    """The claims before verification: only to choose what the verified ones are compared with."""
    return _segment(token, 1)


def rsa_key(published: Claims) -> RsaKey | None:
    """A verification key from one published JWK; None when it is no RSA signing key of enough length."""
    modulus, exponent = published.get("n"), published.get("e")
    if published.get("kty") != "RSA" or published.get("use") not in (None, "sig"):
        return None
    if not isinstance(modulus, str) or not isinstance(exponent, str):
        return None
    if len(modulus.rstrip("=")) * 6 < MIN_RSA_BITS:
        return None
    try:
        key: Key = jwk.construct({"kty": "RSA", "n": modulus, "e": exponent}, ENTRA_ALGORITHM)
    # A broken published key must not hide the sound ones beside it, whatever its fault is called.
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, JWKError):
        return None
    return key


def _derived(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"ai-video-creator access token", hashlib.sha256).digest()


def _segment(token: str, index: int) -> Claims:
    if len(token) > MAX_TOKEN_CHARACTERS or COMPACT.fullmatch(token) is None:
        raise TokenRefused
    text = token.split(".")[index]
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        said = json.loads(raw, object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise TokenRefused from fault
    if not isinstance(said, dict):
        raise TokenRefused
    return said


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        message = "a name stands twice"
        raise ValueError(message)
    return named


def _no_constant(name: str) -> float:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def _moment(claims: Claims, name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise TokenRefused
    return value


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_SUBJECT_CHARACTERS or "\0" in value:
        raise TokenRefused
    return value
