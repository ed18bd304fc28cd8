"""The local credential: a secret that a running service leaves for commands of the same user on the same machine."""

import ipaddress
import json
import os
import platform
import secrets
import stat
from collections.abc import Generator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import httpx
from typing_extensions import override

__all__ = ["CredentialUnusable", "LocalAuth", "LocalCredential", "credential_file", "listening_address"]

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
UNAUTHORIZED = 401


class CredentialUnusable(Exception):
    """There is no credential for this user, or none that may be used; the text says why."""


@dataclass(frozen=True)
class LocalCredential:
    """Where the service answers, the secret that it accepts there until it ends, and the process that wrote both."""

    address: str
    secret: str
    process_id: int

    @classmethod
    def read(cls, port: int) -> Self:
        """The credential of the service at this port; one that others could have read or written is not used."""
        file = credential_file(port)
        try:
            # A link is not followed, so that nobody can hand over a file of their choice.
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            text = (
                f"The service at port {port} has left no local credential in {file.parent}: it runs in production, "
                "as another user, or was started by an older version."
            )
            raise CredentialUnusable(text) from None
        except OSError as fault:
            text = f"The local credential {file} cannot be used: {fault.strerror}."
            raise CredentialUnusable(text) from fault
        with os.fdopen(handle, encoding="utf-8") as opened:
            if not _is_private(os.fstat(handle), OTHERS):
                text = (
                    f"The local credential {file} is not used, because other users can read it or own it. "
                    "Delete it and restart the service."
                )
                raise CredentialUnusable(text)
            try:
                return cls(**json.load(opened))
            except (ValueError, TypeError) as fault:
                text = f"The local credential {file} cannot be read. Restart the service."
                raise CredentialUnusable(text) from fault

    def write(self) -> None:
        """Leaves the credential where commands of this user look for it; nobody else may ever read it."""
        file = credential_file(self._port)
        file.parent.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        found = file.parent.lstat()
        if not stat.S_ISDIR(found.st_mode) or not _is_private(found, OTHERS_WRITE):
            text = f"{file.parent} belongs to another user, or others may write in it."
            raise CredentialUnusable(text)
        _delete_dead(file.parent)
        new = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            json.dump(asdict(self), opened)
        # Renaming takes the place of a link instead of following it.
        new.replace(file)

    def remove(self) -> None:
        """Takes the credential back, unless a later service has left its own."""
        with suppress(CredentialUnusable, OSError):
            if self.read(self._port) == self:
                credential_file(self._port).unlink(missing_ok=True)

    @property
    def _port(self) -> int:
        return httpx.URL(self.address).port or 0


class LocalAuth(httpx.Auth):
    """Signs requests with the local credential, which is read again when a restarted service refuses the old one."""

    def __init__(self, credential: LocalCredential) -> None:
        self._credential = credential

    @override
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Leaves requests alone that bring a proof of their own."""
        if "Authorization" in request.headers:
            yield request
            return
        reply = yield self._signed(request)
        if reply.status_code != UNAUTHORIZED:
            return
        with suppress(CredentialUnusable):
            newer = LocalCredential.read(httpx.URL(self._credential.address).port or 0)
            if newer != self._credential:
                self._credential = newer
                yield self._signed(request)

    def _signed(self, request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {self._credential.secret}"
        return request


def credential_file(port: int) -> Path:
    """Where the service at this port leaves its credential; a home folder may be shared by several machines."""
    return Path.home() / ".cache" / "ai-video-creator" / f"{platform.node() or 'localhost'}-{port}.json"


def listening_address(host: str, port: int) -> str | None:
    """Where commands of this machine reach a service that listens there; None where they come as strangers.

    It is written as a number: a name may lead to another address, where another user's program may listen.
    """
    address = ipaddress.ip_address(host)
    if not address.is_loopback and not address.is_unspecified:
        return None
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://{f'[{address}]' if address.version == 6 else address}:{port}"


def _is_private(found: os.stat_result, forbidden: int) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & forbidden


def _delete_dead(folder: Path) -> None:
    """Deletes what services of this machine left that were killed."""
    for file in folder.glob(f"{platform.node() or 'localhost'}-*.json"):
        with suppress(CredentialUnusable, OSError, ValueError):
            _, _, port = file.stem.rpartition("-")
            if not _is_alive(LocalCredential.read(int(port)).process_id):
                file.unlink(missing_ok=True)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True
