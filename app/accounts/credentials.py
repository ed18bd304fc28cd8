"""Passwords: set at registration, changed, and asked for before the address changes; hashed before any transaction."""

from typing import Self

from app.accounts.admission import Admission
from app.accounts.errors import NoPassword, PasswordsBusy, Taken, WrongPassword
from app.accounts.passwords import refuse_common
from app.accounts.repository import UserRepository
from app.accounts.service import AccountService
from app.accounts.sign_in import passwords_of, throttle_of
from app.accounts.throttle import Place, account_bucket, address_bucket
from app.accounts.values import Account, Caller, EmailChange, Notice, PasswordChange, Registration, UserView
from app.core.database import Session
from app.core.logging import audit
from app.resources import Resources

__all__ = ["Credentials"]


class Credentials:
    """Sets passwords; `session` must not have begun its work, because hashing comes first."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._accounts = AccountService.over(session, resources)
        self._resources = resources
        self._database = resources.database
        self._clock = resources.clock
        self._passwords = resources.once(passwords_of)
        self._throttle = resources.once(throttle_of)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def register(self, wish: Registration) -> UserView:
        """A new account that signs in with a password, for whoever is admitted."""
        async with self._database.reading() as session:
            await Admission.over(session, self._resources).check(wish.invitation)
        refuse_common(wish.password, wish.email, wish.username)
        password_hash = await self._passwords.hash(wish.password)
        try:
            return await self._accounts.register(wish, password_hash)
        except Taken:
            shown = await self._accounts.answer_known_address(wish)
            if shown is None:
                raise
            return shown

    async def change(self, account: Account, change: PasswordChange, caller: Caller) -> None:
        """Replaces the password and ends the account's other sessions; guessing the present one is throttled."""
        old_hash = await self._present_hash(account)
        refuse_common(change.new, account.email, account.username)
        await self._check(change.current, old_hash, _place(account, caller))
        new_hash = await self._passwords.hash(change.new)
        async with self._database.unit_of_work() as session:
            users = UserRepository(session, self._clock)
            if not await users.change_password(account.id, old_hash=old_hash, new_hash=new_hash):
                raise WrongPassword
            accounts = AccountService.over(session, self._resources)
            await accounts.end_access(account, Notice.CREDENTIAL_CHANGED, but=account.session_id)
        audit("password_changed", who=account.id)

    async def change_email(self, account: Account, change: EmailChange, caller: Caller) -> UserView:
        """Moves the account to another address, which is not verified yet; the owner is told at the one before."""
        old_hash = await self._present_hash(account)
        await self._check(change.password, old_hash, _place(account, caller))
        async with self._database.unit_of_work() as session:
            users = UserRepository(session, self._clock)
            # A password changed since the check must not leave the address to whoever knew the old one.
            if await users.hold_password(account.id) != old_hash:
                raise WrongPassword
            accounts = AccountService.over(session, self._resources)
            moved = await accounts.move(account, change.email)
            await accounts.end_access(account, Notice.EMAIL_CHANGED, but=account.session_id)
        audit("email_changed", who=account.id)
        return moved

    async def _present_hash(self, account: Account) -> str:
        async with self._database.reading() as session:
            found = await UserRepository(session, self._clock).password_hash(account.id)
        if found is None:
            raise NoPassword
        return found

    async def _check(self, password: str, old_hash: str, place: Place) -> None:
        await self._throttle.take(place)
        try:
            good, _ = await self._passwords.verify(password, old_hash)
        except PasswordsBusy:
            await self._throttle.unjudged(place)
            raise
        if not good:
            await self._throttle.failed(place)
            raise WrongPassword
        async with self._database.unit_of_work() as session:
            await self._throttle.passed(session, place)


def _place(account: Account, caller: Caller) -> Place:
    return Place(account_bucket(account.id), address_bucket(caller.address))
