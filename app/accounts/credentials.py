"""Passwords: set, changed, and asked for before what protects an account changes; hashed before any transaction."""

from collections.abc import Sequence
from typing import Self

from app.accounts.domain import (
    Account,
    Caller,
    EmailChange,
    Login,
    Notice,
    PasswordChange,
    Registration,
    SecondFactorProof,
    SecondFactorSetup,
    SessionKind,
    SignedIn,
    UserView,
)
from app.accounts.errors import (
    CodeWrong,
    NoPassword,
    PasswordsBusy,
    SecondFactorOff,
    Taken,
    WrongPassword,
)
from app.accounts.passwords import refuse_common
from app.accounts.repository import (
    UserRepository,
)
from app.accounts.second_factor import SecondFactors
from app.accounts.service import AccountService, Admission, OwnerNotices
from app.accounts.sign_in import SignIn, passwords_of, throttle_of
from app.accounts.throttle import ThrottlePlace, account_bucket, address_bucket
from app.core.database import Session
from app.core.logging import audit
from app.resources import Resources


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
        refuse_common(change.new, account.email, account.username)
        old_hash = await self.prove(account, change.current, caller)
        new_hash = await self._passwords.hash(change.new)
        async with self._database.unit_of_work() as session:
            users = UserRepository(session, self._clock)
            if not await users.change_password(account.id, old_hash=old_hash, new_hash=new_hash):
                raise WrongPassword
            accounts = AccountService.over(session, self._resources)
            await accounts.end_access(account, Notice.CREDENTIAL_CHANGED, but=account.session_id)
        audit("password_changed", who=account.id)

    async def change_email(self, account: Account, change: EmailChange, caller: Caller) -> UserView:
        """Moves the account to another address, which is not verified yet; the address before gets a mail about it."""
        old_hash = await self.prove(account, change.password, caller)
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

    async def prove(self, account: Account, password: str, caller: Caller) -> str:
        """The hash of the account's password if this is it; guessing is throttled."""
        async with self._database.reading() as session:
            found = await UserRepository(session, self._clock).password_hash(account.id)
        if found is None:
            raise NoPassword
        await self._check(password, found, ThrottlePlace(account_bucket(account.id), address_bucket(caller.address)))
        return found

    async def begin_second_factor(self, account: Account, password: str, caller: Caller) -> SecondFactorSetup:
        """What an authenticator app is given, for the password."""
        await self.prove(account, password, caller)
        async with self._database.unit_of_work() as session:
            name = self._resources.settings.server.app_name
            return await SecondFactors.over(session, self._resources).begin(account, name)

    async def confirm_second_factor(self, account: Account, code: str) -> Sequence[str]:
        """Turns the second factor on by its first code; gives the recovery codes and tells the owner."""
        async with self._database.unit_of_work() as session:
            codes = await SecondFactors.over(session, self._resources).confirm(account, code)
            await self._notices.order(session, account, Notice.SECOND_FACTOR_ON)
        return codes

    async def turn_second_factor_off(self, account: Account, proof: SecondFactorProof, caller: Caller) -> None:
        """Turns the second factor off for the password and a code; guessing either is throttled."""
        await self.prove(account, proof.password, caller)
        # A bucket of its own: the right password must not forgive wrong codes.
        place = ThrottlePlace(account_bucket(f"code:{account.id}"), address_bucket(caller.address))
        await self._throttle.take(place)
        try:
            async with self._database.unit_of_work() as session:
                await SecondFactors.over(session, self._resources).turn_off(account, proof.code)
                await self._notices.order(session, account, Notice.SECOND_FACTOR_OFF)
                await self._throttle.passed(session, place)
        except CodeWrong:
            await self._throttle.failed(place)
            raise
        except SecondFactorOff:
            await self._throttle.unjudged(place)
            raise

    @property
    def _notices(self) -> OwnerNotices:
        return self._resources.provided(OwnerNotices)

    async def _check(self, password: str, old_hash: str, place: ThrottlePlace) -> None:
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


class Joining:
    """Owns its transactions: the account is there before its first session is opened."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @classmethod
    def over(cls, resources: Resources) -> Self:
        """Joining at this process."""
        return cls(resources)

    async def join(self, wish: Registration, caller: Caller, *, kind: SessionKind) -> SignedIn:
        """A new account, signed in."""
        async with self._resources.database.unit_of_work() as session:
            await Credentials.over(session, self._resources).register(wish)
        login = Login(wish.email, wish.password)
        return await SignIn.over(self._resources).sign_in(login, caller, kind=kind)
