"""Avatars: judged, cropped to a square, written anew in three sizes under a key of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol, Self

from app.accounts.avatar_links import GRANTED, AvatarSize
from app.accounts.domain import Account, UserView
from app.accounts.errors import AvatarNotFound, AvatarTooLarge, AvatarUnusable
from app.accounts.service import AccountService
from app.core.database import may_be_committed
from app.core.logging import audit
from app.media.images import PictureFormat, PictureOutput
from app.resources import Resources
from app.storage.base import FileMissing
from app.storage.signing import Purpose

MAX_AVATAR_BYTES: Final = 5 * 1024 * 1024
CHUNK_BYTES: Final = 256 * 1024


class AvatarUpload(Protocol):
    """A file of a form, as the framework hands it over."""

    async def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""


@dataclass(frozen=True)
class LinkedAvatar:
    """A picture behind a link, its tag, and how long the link still works."""

    content: bytes
    etag: str
    rest: timedelta


class Avatars:
    """Takes, shows and drops pictures of people; bytes move outside of any transaction."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """The avatars of this process."""
        return cls(resources)

    async def keep(self, account: Account, upload: AvatarUpload) -> UserView:
        """Makes the caller's picture of an upload; the former one goes."""
        key = f"avatars/{account.id}/{self._resources.clock.new_id()}"
        async with self._resources.temp_dirs.open() as temp_dir:
            await self._receive(upload, temp_dir / "raw")
            await self._resources.pictures.judge(temp_dir / "raw")
            outputs = [PictureOutput(temp_dir / str(size), PictureFormat.WEBP, square_px=size) for size in AvatarSize]
            await self._resources.pictures.make(temp_dir / "raw", outputs)
            user = await self._store(account, key, outputs)
        await self._delete(account.avatar_key)
        audit("avatar_changed", who=account.id)
        return user

    async def drop(self, account: Account) -> None:
        """Takes the caller's picture away."""
        async with self._resources.database.unit_of_work() as session:
            await AccountService.over(session, self._resources).picture(account.id, None)
        await self._delete(account.avatar_key)

    async def own(self, account: Account, user_id: str, size: AvatarSize) -> bytes:
        """The caller's picture; anybody else's is not found."""
        if user_id != account.id or account.avatar_key is None:
            raise AvatarNotFound
        return await self._bytes(account.avatar_key, size)

    async def granted(self, token: str, name: str) -> LinkedAvatar:
        """The picture that a link of ours names."""
        grant = self._resources.signer.grant(token, Purpose.READ)
        sizes = {f"{size.value}.webp": size for size in AvatarSize}
        if grant.asset_id != GRANTED or name not in sizes:
            raise AvatarNotFound
        content = await self._bytes(f"avatars/{grant.owner_id}/{grant.variant}", sizes[name])
        rest = grant.expires_at - self._resources.clock.now()
        return LinkedAvatar(content, f'"{grant.variant}-{name}"', rest)

    async def close_account(self, account: Account) -> None:
        """Closes the account and deletes its picture; its other media goes by job."""
        async with self._resources.database.unit_of_work() as session:
            await AccountService.over(session, self._resources).close(account)
        await self._delete(account.avatar_key)

    async def _receive(self, upload: AvatarUpload, target: Path) -> None:
        size = 0
        async with self._resources.threads.opened(target, "xb") as file:
            while chunk := await upload.read(CHUNK_BYTES):
                size += len(chunk)
                if size > MAX_AVATAR_BYTES:
                    raise AvatarTooLarge
                await self._resources.threads.run(file.write, chunk)
        if size == 0:
            raise AvatarUnusable

    async def _store(self, account: Account, key: str, outputs: Sequence[PictureOutput]) -> UserView:
        try:
            for output in outputs:
                await self._resources.store.put_file(_file(key, output.path.name), output.path)
            async with self._resources.database.unit_of_work() as session:
                accounts = AccountService.over(session, self._resources)
                return await accounts.picture(account.id, key)
        except BaseException as fault:
            if not may_be_committed(fault):
                await self._delete(key)
            raise

    async def _delete(self, key: str | None) -> None:
        for size in AvatarSize if key else ():
            await self._resources.store.delete(_file(str(key), str(size.value)))

    async def _bytes(self, key: str, size: AvatarSize) -> bytes:
        try:
            return b"".join([chunk async for chunk in self._resources.store.open(_file(key, str(size.value)))])
        except FileMissing as gone:
            raise AvatarNotFound from gone


def _file(key: str, size: str) -> str:
    return f"{key}-{size}.webp"
