"""An issuer of Entra ID's tokens, and the keys that it publishes."""

import asyncio
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from app.accounts.entra import KeySource
from app.accounts.errors import EntraKeysUnavailable
from tests.contract.accounts.forging import changed, rs, segment, token
from tests.doubles.clock import FrozenClock

TENANT = "11111111-1111-1111-1111-111111111111"
CLIENT = "33333333-3333-3333-3333-333333333333"
Json = dict[str, Any]


class Published(KeySource):
    """A key set that a test changes, and that counts who asks."""

    def __init__(self, *keys: Json) -> None:
        self.keys = list(keys)
        self.is_away = False
        self.fetches = 0

    async def fetch(self) -> Mapping[str, Any]:
        self.fetches += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise EntraKeysUnavailable
        return {"keys": self.keys}


class Issuer:
    """Signs what a test claims."""

    def __init__(self, key: rsa.RSAPrivateKey, clock: FrozenClock, kid: str = "k1") -> None:
        self.key, self.clock, self.kid = key, clock, kid

    def claims(self, version: str = "2.0", tenant: str = TENANT, **changes: Any) -> Json:
        now = int(self.clock.now().timestamp())
        v1 = version == "1.0"
        base: Json = {
            "iss": f"https://sts.windows.net/{tenant}/" if v1 else f"https://login.microsoftonline.com/{tenant}/v2.0",
            "aud": f"api://{CLIENT}" if v1 else CLIENT,
            "tid": tenant,
            "ver": version,
            "scp": "films.make",
            "oid": "44444444-4444-4444-4444-444444444444",
            "sub": "pairwise",
            "name": "Ada",
            "preferred_username": "ada@contoso.example",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        }
        return changed(base, **changes)

    def token(self, claims: Json, **header: Any) -> str:
        head = changed({"alg": "RS256", "typ": "JWT", "kid": self.kid}, **header)
        return token(segment(head), segment(claims), rs(self.key))
