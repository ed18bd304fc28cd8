"""Signed media links: the proof stands in the path, a long window has one link, two keys may be active."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.core.clock import Clock
from app.core.errors import Refused

KEY_CONTEXT = b"media-links-v1"
MAC_BYTES = 16
MAX_TOKEN_CHARACTERS = 400
FIELDS = 7
SHORTEST_WINDOW = timedelta(hours=1)


class LinkRefused(Refused):
    """The link is forged, too old, or meant for something else."""

    code = "media.link_refused"
    message = "This link is not valid or has expired. Read the object again for a fresh link."


class Purpose(StrEnum):
    """What a link may be used for."""

    READ = "r"
    WRITE = "w"


class Disposition(StrEnum):
    """Whether a browser shows the file or saves it."""

    INLINE = "i"
    ATTACHMENT = "a"


@dataclass(frozen=True)
class Grant:
    """What one link allows, to whom it was given and until when."""

    asset_id: str
    owner_id: str
    expires_at: datetime
    purpose: Purpose = Purpose.READ
    disposition: Disposition = Disposition.INLINE
    variant: str = ""


class MediaSigner:
    """Makes and checks tokens; the first secret signs, every secret is accepted."""

    def __init__(self, clock: Clock, *secrets: str) -> None:
        self._clock = clock
        keys = [hmac.digest(secret.encode(), KEY_CONTEXT, "sha256") for secret in secrets]
        self._keys = {hashlib.sha256(key).hexdigest()[:4]: key for key in keys}
        self._current = next(iter(self._keys))

    def token(self, grant: Grant) -> str:
        """The text that goes into a link's path."""
        payload = _payload(self._current, grant)
        return _text(payload + self._mac(self._current, payload))

    def grant(self, token: str, purpose: Purpose) -> Grant:
        """What a token allows; LinkRefused for whatever is wrong with it."""
        found = self._opened(token)
        if found is None or found.purpose is not purpose or found.expires_at <= self._clock.now():
            raise LinkRefused
        return found

    def asset_of(self, token: str, owner_id: str) -> str | None:
        """The asset a link of ours once named for this owner, however old it is."""
        found = self._opened(token)
        return None if found is None or found.owner_id != owner_id else found.asset_id

    def _opened(self, token: str) -> Grant | None:
        raw = _bytes(token)
        if raw is None or len(raw) <= MAC_BYTES:
            return None
        payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        try:
            fields = payload.decode().split("|")
        except UnicodeDecodeError:
            return None
        if len(fields) != FIELDS or fields[0] not in self._keys:
            return None
        if not hmac.compare_digest(mac, self._mac(fields[0], payload)):
            return None
        _, purpose, asset_id, variant, expires, owner_id, disposition = fields
        moment = datetime.fromtimestamp(int(expires), UTC)
        return Grant(asset_id, owner_id, moment, Purpose(purpose), Disposition(disposition), variant)

    def _mac(self, key_id: str, payload: bytes) -> bytes:
        return hmac.digest(self._keys[key_id], payload, "sha256")[:MAC_BYTES]


def _payload(key_id: str, grant: Grant) -> bytes:
    expires = str(int(grant.expires_at.timestamp()))
    fields = (key_id, grant.purpose, grant.asset_id, grant.variant, expires, grant.owner_id, grant.disposition)
    if any("|" in field for field in fields):
        raise LinkRefused
    return "|".join(fields).encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(token: str) -> bytes | None:
    if not token.isascii() or len(token) > MAX_TOKEN_CHARACTERS:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # Two texts may decode to the same bytes; only the one we make is ours.
    return raw if _text(raw) == token else None


def stable_end(anchor: datetime, now: datetime, life: timedelta) -> datetime:
    """The end of a link that lives at least so long; the same for whoever asks within one window since `anchor`.

    Each object has an anchor of its own, so that a page does not get all of its links anew in one moment.
    """
    window = _window(life)
    passed = (now + life - anchor) // window
    return anchor + (passed + 1) * window


def longest_life(life: timedelta) -> timedelta:
    """The longest that a link with such an end can live."""
    return life + _window(life)


def _window(life: timedelta) -> timedelta:
    return max(SHORTEST_WINDOW, life)
