"""Tokens made by hand, with every trick that the token module has to see through."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Json = dict[str, Any]
GONE = object()


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def segment(said: object) -> str:
    return encoded(json.dumps(said).encode())


def hs(key: bytes, algorithm: str = "sha256") -> Callable[[bytes], bytes]:
    return lambda signed: hmac.digest(key, signed, algorithm)


def rs(key: rsa.RSAPrivateKey) -> Callable[[bytes], bytes]:
    return lambda signed: key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def token(header: str, payload: str, sign: Callable[[bytes], bytes]) -> str:
    signed = f"{header}.{payload}"
    return f"{signed}.{encoded(sign(signed.encode()))}"


def changed(base: Mapping[str, Any], **changes: Any) -> Json:
    return {name: value for name, value in {**base, **changes}.items() if value is not GONE}


@dataclass(frozen=True)
class Forger:
    """Knows a genuine token and, where claims are tested, even the secret behind it."""

    secret: str
    genuine: str
    rsa_key: rsa.RSAPrivateKey

    @property
    def header(self) -> Json:
        return {"alg": "HS256", "typ": "at+jwt"}

    @property
    def claims(self) -> Json:
        text = self.genuine.split(".")[1]
        said: Json = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return said

    @property
    def key(self) -> bytes:
        return hmac.digest(self.secret.encode(), b"ai-video-creator access token", "sha256")

    def with_header(self, **changes: Any) -> str:
        return token(segment(changed(self.header, **changes)), segment(self.claims), hs(self.key))

    def with_claims(self, **changes: Any) -> str:
        return token(segment(self.header), segment(changed(self.claims, **changes)), hs(self.key))

    def with_raw_claims(self, raw: str) -> str:
        return token(segment(self.header), encoded(raw.encode()), hs(self.key))

    def signed_by(self, sign: Callable[[bytes], bytes], **header: Any) -> str:
        return token(segment(changed(self.header, **header)), segment(self.claims), sign)

    def all(self) -> Iterator[tuple[str, str]]:
        """Every forged token by what is wrong with it."""
        yield from self._other_algorithms()
        yield from self._other_keys()
        yield from self._misleading_headers()
        yield from self._broken_forms()
        yield from self._missing_claims()
        yield from self._wrong_claims()
        yield from self._hostile_json()

    def _other_algorithms(self) -> Iterator[tuple[str, str]]:
        payload = segment(self.claims)
        for name in ("none", "None", "NONE", "nOnE", ""):
            yield f"alg {name!r}, no signature", f"{segment({**self.header, 'alg': name})}.{payload}."
            yield f"alg {name!r}, real signature", self.with_header(alg=name)
        yield "alg absent", self.with_header(alg=GONE)
        yield "alg null", self.with_header(alg=None)
        yield "alg a list", self.with_header(alg=["HS256"])
        yield "HS384 with the real key", self.signed_by(hs(self.key, "sha384"), alg="HS384")
        yield "HS512 with the real key", self.signed_by(hs(self.key, "sha512"), alg="HS512")
        yield "RS256 by an own key", self.signed_by(rs(self.rsa_key), alg="RS256")
        yield "RS256 said, HMAC made", self.signed_by(hs(self.key), alg="RS256")
        yield "ES256 said, HMAC made", self.signed_by(hs(self.key), alg="ES256")

    def _other_keys(self) -> Iterator[tuple[str, str]]:
        public = self.rsa_key.public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        keys = {
            "an empty key": b"",
            "the raw secret": self.secret.encode(),
            "a guess": b"secret",
            "a public PEM": pem,
            "a public PEM with CRLF": pem.replace(b"\n", b"\r\n"),
            "a public DER": der,
            "a JWK": json.dumps(jwk(self.rsa_key, "k")).encode(),
        }
        for name, key in keys.items():
            yield f"HMAC with {name}", self.signed_by(hs(key))

    def _misleading_headers(self) -> Iterator[tuple[str, str]]:
        headers: Json = {
            "crit": ["exp"],
            "b64": False,
            "jku": "https://evil.example/keys",
            "x5u": "https://evil.example/chain",
            "jwk": {"kty": "oct", "k": encoded(b"k" * 32)},
            "x5c": ["MIIB"],
            "zip": "DEF",
        }
        for name, value in headers.items():
            yield f"header {name}", self.with_header(**{name: value})
        for kind in (GONE, None, "JWT", "refresh+jwt", 7, ["at+jwt"]):
            yield f"typ {kind!r}"[:30], self.with_header(typ=kind)

    def _broken_forms(self) -> Iterator[tuple[str, str]]:
        header, payload, signature = self.genuine.split(".")
        flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
        yield "empty signature", f"{header}.{payload}."
        yield "cut signature", f"{header}.{payload}.{signature[:-4]}"
        yield "flipped signature", f"{header}.{payload}.{flipped}"
        yield "another payload", f"{header}.{segment(changed(self.claims, sub='someone else'))}.{signature}"
        yield "two segments", f"{header}.{payload}"
        yield "four segments", f"{self.genuine}.{signature}"
        yield "padded", f"{self.genuine}="
        yield "spaces inside", f"{header}. {payload}.{signature}"
        yield "only dots", ".."
        yield "one megabyte", f"{header}.{'A' * 1_000_000}.{signature}"
        yield "a header of text", token(encoded(b"not json"), payload, hs(self.key))
        yield "a header that is a list", token(segment(["HS256"]), payload, hs(self.key))
        yield "a header that is not UTF-8", token(encoded(b"\xff\xfe"), payload, hs(self.key))

    def _missing_claims(self) -> Iterator[tuple[str, str]]:
        for name in self.claims:
            yield f"without {name}", self.with_claims(**{name: GONE})
            yield f"{name} null", self.with_claims(**{name: None})

    def _wrong_claims(self) -> Iterator[tuple[str, str]]:
        now = self.claims["iat"]
        wrong: dict[str, tuple[Any, ...]] = {
            "exp": (now - 1, str(now + 900), now + 900.5, True, -1, [now + 900]),
            "iat": (now + 3600, str(now), 1.5, True),
            "nbf": (now + 3600, str(now)),
            "iss": ("https://evil.example", ["ai-video-creator"], ""),
            "aud": ("another-api", ["ai-video-creator-api"], ""),
            "sub": (7, "", "x" * 300, "nobody\0", ["a"]),
            "sid": (7, "", "no such session", {"a": 1}),
            "token_use": ("cookie", "refresh", "", 1),
        }
        for name, values in wrong.items():
            for value in values:
                yield f"{name} {value!r}"[:40], self.with_claims(**{name: value})

    def _hostile_json(self) -> Iterator[tuple[str, str]]:
        body = json.dumps(self.claims)
        deep = encoded(("[" * 1000 + "]" * 1000).encode())
        deeper = encoded(("[" * 2500 + "]" * 2500).encode())
        yield "a thousand levels of header", token(deep, segment(self.claims), hs(self.key))
        yield "a header nested to the size limit", token(deeper, segment(self.claims), hs(self.key))
        yield "a payload nested to the size limit", token(segment(self.header), deeper, hs(self.key))
        yield "sub twice", self.with_raw_claims('{"sub": "someone else", ' + body[1:])
        yield "exp infinite", self.with_raw_claims(body.replace(f'"exp": {self.claims["exp"]}', '"exp": 1e999'))
        yield "exp NaN", self.with_raw_claims(body.replace(f'"exp": {self.claims["exp"]}', '"exp": NaN'))
        yield (
            "exp of 5,000 digits",
            self.with_raw_claims(body.replace(f'"exp": {self.claims["exp"]}', f'"exp": {"9" * 5000}')),
        )
        yield "claims that are a list", self.with_raw_claims("[]")
        yield "claims that are text", self.with_raw_claims('"claims"')
        yield "no claims", self.with_raw_claims("{}")


def jwk(key: rsa.RSAPrivateKey, kid: str, **more: Any) -> Json:
    """A public key as an identity provider publishes it."""
    numbers = key.public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": encoded(modulus), "e": "AQAB", **more}
