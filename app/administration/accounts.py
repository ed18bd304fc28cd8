"""Accounts as operators and administrators change them; every change stands in the audit log with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from app.accounts.domain import AccountRole, Registration, UserSearch, UserView
from app.accounts.service import AccountService
from app.audit.service import AuditLog
from app.core.database import Session
from app.core.errors import Conflict
from app.core.pagination import Page, Window
from app.library.domain import StorageUseView
from app.library.quotas import MEBIBYTE, StorageQuotas
from app.resources import Resources


@dataclass(frozen=True)
class Act:
    """Who changes something and why."""

    actor: str
    reason: str = ""


@dataclass(frozen=True)
class AccountChange:
    """What to change of an account; None leaves it as it is, and so does a quota that is not named."""

    role: AccountRole | None = None
    is_active: bool | None = None
    # By `most_mb` and `most_files`; None is what the settings say.
    quotas: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class UserAccount:
    """An account and what it keeps."""

    user: UserView
    storage: StorageUseView


class AccountAdministration:
    """Changes accounts of others on one session."""

    def __init__(self, session: Session, resources: Resources, act: Act) -> None:
        self._session, self._resources = session, resources
        self._accounts = AccountService.over(session, resources)
        self._quotas = StorageQuotas.over(session, resources)
        self._log = AuditLog.over(session, resources.clock)
        self._act = act

    @classmethod
    def over(cls, session: Session, resources: Resources, act: Act) -> Self:
        """The service on this session, for one act."""
        return cls(session, resources, act)

    def because(self, reason: str) -> Self:
        """The same service, whose acts are kept with this reason."""
        return self.over(self._session, self._resources, replace(self._act, reason=reason))

    async def change(self, name: str, change: AccountChange) -> UserAccount:
        """Changes what is named; each change stands in the log by itself."""
        if change.role is not None:
            await self.set_role(name, change.role)
        if change.is_active is not None:
            await (self.enable(name) if change.is_active else self.disable(name))
        if change.quotas:
            own = await self._quotas.own((await self._accounts.find(name)).id)
            await self.set_quota(name, **{**own, **change.quotas})
        return await self.find(name)

    async def searched(self, search: UserSearch, window: Window) -> tuple[Page[UserAccount], int]:
        """Open accounts, newest first, and how many there are."""
        page, total = await self._accounts.searched(search, window)
        storage = await self._quotas.of([user.id for user in page.items])
        return Page(tuple(UserAccount(user, storage[user.id]) for user in page.items), page.next), total

    async def find(self, name: str) -> UserAccount:
        """The open account with this id, e-mail address or username."""
        return await self._account(await self._accounts.find(name))

    async def create(self, wish: Registration, password_hash: str, role: AccountRole) -> UserAccount:
        """A new account that signs in with a password."""
        user = await self._accounts.add(wish, password_hash)
        if role is not AccountRole.USER:
            user = await self._accounts.promote(user.id, role, by=self._act.actor)
        await self._record("user.create", user, role=role.value)
        return await self._account(user)

    async def set_password(self, name: str, password_hash: str, **ends: bool) -> UserAccount:
        """Sets a password without the one so far, and ends all sessions of the account."""
        user = await self._accounts.find(name)
        await self._accounts.set_password(user, password_hash, **ends)
        await self._record("user.password", user, **ends)
        return await self._account(user)

    async def set_role(self, name: str, role: AccountRole) -> UserAccount:
        """Makes an account an administrator, or an ordinary user again."""
        user = await self._accounts.find(name)
        if role is not AccountRole.ADMIN:
            await self._keep_one_administrator(user)
        changed = await self._accounts.promote(user.id, role, by=self._act.actor)
        await self._record("user.role", user, role=role.value, before=user.role.value)
        return await self._account(changed)

    async def disable(self, name: str) -> UserAccount:
        """Keeps an account from signing in and ends its sessions."""
        user = await self._accounts.find(name)
        await self._keep_one_administrator(user)
        changed = await self._accounts.disable(user.id, by=self._act.actor)
        await self._record("user.disable", user)
        return await self._account(changed)

    async def enable(self, name: str) -> UserAccount:
        """Lets a disabled account sign in again."""
        changed = await self._accounts.enable(name, by=self._act.actor)
        await self._record("user.enable", changed)
        return await self._account(changed)

    async def delete(self, name: str) -> UserView:
        """Closes an account: its work stops, its names are free, its media is deleted by a job."""
        user = await self._accounts.find(name)
        await self._keep_one_administrator(user)
        await self._accounts.close(user)
        await self._record("user.delete", user)
        return user

    async def set_quota(self, name: str, most_mb: int | None, most_files: int | None) -> UserAccount:
        """Gives an account a quota of its own; None is what the settings say."""
        user = await self._accounts.find(name)
        await self._quotas.limit(user.id, None if most_mb is None else most_mb * MEBIBYTE, most_files)
        await self._record("user.quota", user, most_mb=most_mb, most_files=most_files)
        return await self._account(user)

    async def _keep_one_administrator(self, user: UserView) -> None:
        if tuple(await self._accounts.administrators()) == (user.id,):
            raise LastAdministrator

    async def _account(self, user: UserView) -> UserAccount:
        return UserAccount(user, (await self._quotas.of([user.id]))[user.id])

    async def _record(self, action: str, user: UserView, **details: str | int | bool | None) -> None:
        await self._log.record(self._act.actor, action, f"user:{user.id}", self._act.reason, **details)


class LastAdministrator(Conflict):
    """Nobody could administrate any more."""

    code = "administration.last_administrator"
    message = "This is the only active administrator. Make another account an administrator first."
