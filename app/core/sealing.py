"""Encrypts secrets at rest; the only importer of `cryptography`, and the keys come from SECRET_KEY alone."""

import base64
import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import Unavailable

VERSION: Final = "s1"
PURPOSE: Final = b"app.core.sealing/1"
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
KEY_ID_CHARACTERS: Final = 8


class SealBroken(Unavailable):
    """A stored secret cannot be opened: SECRET_KEY was changed, or the row belongs to another place."""

    code = "secret.unreadable"
    message = "A stored secret can no longer be read. Enter it again, or ask the operator for the earlier SECRET_KEY."


class Sealer:
    """Seals with the present key and opens with the earlier one too, so that SECRET_KEY may be changed.

    `place` is bound into the seal: a sealed text copied to another row or another user does not open there.
    """

    def __init__(self, secret_key: str, old_secret_key: str = "") -> None:
        known = [secret_key, *([old_secret_key] if old_secret_key else [])]
        self._keys = {_key_id(key): AESGCM(key) for key in map(_derived, known)}
        self._current = next(iter(self._keys))

    def seal(self, text: str, place: str) -> str:
        """The text as it may stand in the database."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        closed = self._keys[self._current].encrypt(nonce, text.encode(), place.encode())
        return f"{self.beginning}{base64.urlsafe_b64encode(nonce + closed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """The text again, at the place it was sealed for."""
        _, _, rest = sealed.partition(".")
        key_id, _, body = rest.partition(".")
        key = self._keys.get(key_id)
        if key is None or not self.is_sealed(sealed):
            raise SealBroken
        try:
            raw = base64.urlsafe_b64decode(body)
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError) as fault:
            raise SealBroken from fault

    def is_sealed(self, text: str) -> bool:
        """Whether this is a sealed text at all."""
        return text.startswith(f"{VERSION}.")

    def reads(self, beginning: str) -> bool:
        """Whether texts that begin so can be opened here."""
        _, _, rest = beginning.partition(".")
        return rest.partition(".")[0] in self._keys

    @property
    def beginning(self) -> str:
        """How every text begins that is sealed with the present key."""
        return f"{VERSION}.{self._current}."


def _derived(secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE).derive(secret.encode())


def _key_id(key: bytes) -> str:
    return hashlib.sha256(PURPOSE + key).hexdigest()[:KEY_ID_CHARACTERS]
