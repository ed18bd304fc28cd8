"""Refuses unsafe settings before anything starts, waits for the database, returns unused memory."""

import asyncio
import ctypes
import ipaddress
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from app.core.clock import Clock
from app.core.database import Database, DatabaseDown, DatabaseRefused
from app.core.settings import Settings
from app.core.tasks import Backoff

log = structlog.get_logger(__name__)
LONGEST_PAUSE_SECONDS = 2.0
MIN_SECRET_CHARACTERS = 32
KNOWN_SECRETS = ("changeme", "change-me", "change_me", "secret", "your-secret-key", "replace", "example", "insecure")


class UnsafeSettings(Exception):
    """The service must not start so; the text names the setting and the cure."""


class StoppedWhileWaiting(Exception):
    """The process was told to end before its database answered."""


async def database_answers(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Waits for a database that does not answer yet, until told to stop; one that refuses this service is a fault."""
    backoff = Backoff(clock, longest_seconds=LONGEST_PAUSE_SECONDS)
    while not stop.is_set():
        try:
            await database.ping()
        except DatabaseRefused:
            raise
        except DatabaseDown as away:
            log.warning("database_awaited", cause=away.code)
        else:
            return
        await _paused(backoff, stop)
    message = "The database did not answer, and the service was told to stop while it waited for it."
    raise StoppedWhileWaiting(message)


@contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and Ctrl-C set, besides what they do anyway: servers look at neither while they start."""
    stop = asyncio.Event()
    if current_thread() is not main_thread():
        yield stop
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def begin(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in before:
        signal.signal(number, begin)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


async def _paused(backoff: Backoff, stop: asyncio.Event) -> None:
    pause, stopped = asyncio.ensure_future(backoff.pause()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({pause, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        pause.cancel()
        stopped.cancel()


def check(settings: Settings) -> None:
    """Stops the start with every unsafe setting named."""
    found = [*_identity_faults(settings), *_outside_faults(settings)]
    if settings.is_production():
        found += _production_faults(settings)
    if found:
        raise UnsafeSettings("\n".join(found))


def with_secret(settings: Settings, *, lost: str = "") -> Settings:
    """The same settings with a secret: development makes one, unless one was lost, and keeps it beside the media."""
    if settings.security.secret_key.get_secret_value() or settings.is_production():
        return settings
    secret = SecretStr(_kept_secret(settings.storage.storage_path / ".secret_key", lost))
    return settings.model_copy(update={"security": settings.security.model_copy(update={"secret_key": secret})})


def _kept_secret(path: Path, lost: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(lost or secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    return path.read_text().strip()


def _identity_faults(settings: Settings) -> list[str]:
    security = settings.security
    faults = []
    if "*" in settings.server.cors_origins:
        faults.append("CORS_ORIGINS: * cannot be used, because the API takes credentials. List exact origins.")
    if security.azure_tenant_id in {"common", "organizations"} and not security.azure_allowed_tenants:
        faults.append("AZURE_ALLOWED_TENANTS: needed when AZURE_TENANT_ID is common. List the tenants to admit.")
    if bool(security.azure_tenant_id) != bool(security.azure_client_id):
        faults.append("AZURE_TENANT_ID and AZURE_CLIENT_ID: set both or none.")
    if bool(security.oidc_issuer) != bool(security.oidc_client_id):
        faults.append("OIDC_ISSUER and OIDC_CLIENT_ID: set both or none.")
    if security.oidc_issuer and not settings.server.public_base_url:
        faults.append("OIDC_ISSUER: needs PUBLIC_BASE_URL, because the provider sends people back to it.")
    if security.local_user and (settings.is_production() or not _is_loopback(settings.server.host)):
        faults.append("LOCAL_USER: only with APP_ENV=development and HOST on loopback, because it skips signing in.")
    return faults


def _outside_faults(settings: Settings) -> list[str]:
    """Services that take stages over are asked by HTTP, and the renderer fetches pictures and sound from us."""
    faults = []
    for name in type(settings.outside).model_fields:
        address = urlsplit(getattr(settings.outside, name))
        if address.geturl() and (address.scheme not in {"http", "https"} or not address.hostname):
            faults.append(f"{name.upper()}: not an http or https address. Give the whole address of the service.")
        if address.username or address.password:
            faults.append(f"{name.upper()}: no user name or password may stand in it.")
    if settings.outside.video_service_url and not settings.server.public_base_url:
        faults.append(
            "VIDEO_SERVICE_URL: needs PUBLIC_BASE_URL, because the service fetches pictures and sound from us."
        )
    return faults


def _production_faults(settings: Settings) -> list[str]:
    secret = settings.security.secret_key.get_secret_value()
    faults = []
    if not secret:
        faults.append("SECRET_KEY: missing. Production needs at least 32 random characters.")
    elif _is_weak(secret):
        faults.append("SECRET_KEY: too short or well known. Production needs at least 32 random characters.")
    old_secret = settings.security.old_secret_key.get_secret_value()
    if old_secret and _is_weak(old_secret):
        faults.append("OLD_SECRET_KEY: too short or well known, and its signatures would count. Leave it out.")
    if settings.database.is_sqlite() and settings.server.web_concurrency > 1:
        faults.append("DATABASE_URL: SQLite serves one process, but WEB_CONCURRENCY asks for more. Use Postgres.")
    return faults


def _is_weak(secret: str) -> bool:
    return len(secret) < MIN_SECRET_CHARACTERS or len(set(secret)) < 8 or _is_known(secret)


def _is_known(secret: str) -> bool:
    return any(secret.lower().startswith(word) for word in KNOWN_SECRETS)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Parameters of glibc's mallopt(3).
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
ARENAS = 2
# Pictures, sound and clips are larger than this; what the interpreter needs all the time is smaller.
LARGE_BYTES = 256 * 1024


def return_freed_memory() -> None:
    """Lets threads share two heaps, and gives large blocks back as soon as they are freed; only glibc is asked."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
