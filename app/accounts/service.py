"""Accounts: who may register, invitations, profile, roles and closing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Self

from app.accounts.domain import (
    Account,
    AccountRole,
    InvitationView,
    MadeInvitation,
    MailPurpose,
    Notice,
    Registration,
    UserSearch,
    UserView,
    digest,
)
from app.accounts.errors import (
    EmailUnverified,
    InvitationNeeded,
    InvitationNotFound,
    InvitationSpent,
    RegistrationClosed,
    UserNotFound,
)
from app.accounts.models import Invitation, User
from app.accounts.repository import (
    ApiKeyRepository,
    BucketRepository,
    InvitationRepository,
    MailTokenRepository,
    ProviderKeyRepository,
    SessionRepository,
    SettingRepository,
    UserRepository,
)
from app.accounts.repository.users import invitation_view, user_view
from app.accounts.second_factor import SecondFactors
from app.core.clock import Clock
from app.core.database import Session
from app.core.logging import audit
from app.core.pagination import Page, Window
from app.core.settings import RegistrationMode
from app.resources import Resources


class Admission:
    """Admits newcomers by the setting REGISTRATION; the first of all becomes the administrator."""

    def __init__(self, session: Session, clock: Clock, mode: RegistrationMode) -> None:
        self._users = UserRepository(session, clock)
        self._invitations = InvitationRepository(session, clock)
        self._mode = mode

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The rule on this session."""
        return cls(session, resources.clock, resources.settings.security.registration)

    async def check(self, invitation: str | None) -> None:
        """Refuses whoever would not be admitted, before anything costly is done for them."""
        if self._mode is RegistrationMode.CLOSED:
            raise RegistrationClosed
        if self._mode is RegistrationMode.OPEN or not await self._users.has_people():
            return
        if not invitation:
            raise InvitationNeeded
        if not await self._invitations.is_valid(digest(invitation)):
            raise InvitationSpent

    async def admit(self, newcomer: User, invitation: str | None = None) -> User:
        """Stores a newcomer who may come in, and uses the invitation up."""
        await self.check(invitation)
        newcomer.role = AccountRole.ADMIN if await self._is_first() else AccountRole.USER
        user = await self._users.insert(newcomer)
        is_invited = bool(invitation) and await self._invitations.spend(digest(invitation or ""), user.id)
        # Somebody else may have used the invitation, or become the first, since it was looked at.
        if self._mode is RegistrationMode.INVITE and user.role is AccountRole.USER and not is_invited:
            raise InvitationSpent
        return user

    async def _is_first(self) -> bool:
        if await self._users.has_people():
            return False
        await self._users.hold_registration()
        return not await self._users.has_people()


MOST_CLOSED_AT_ONCE = 100
MOST_PER_HOUR = 3
HOUR = timedelta(hours=1)
KEPT_AFTER_END = timedelta(days=1)
# Until then a closed account is looked at again: what was paid for may come late, and be kept when a store is back.
LATE_MEDIA = timedelta(days=7)


class AccountClosing:
    """What the slices above end together with an account, in the same transaction."""

    def __init__(self, *ends: Callable[[Session, str], Awaitable[None]]) -> None:
        self._ends = ends

    async def end(self, session: Session, user_id: str) -> None:
        """Ends everything of this user."""
        for end in self._ends:
            await end(session, user_id)


class OwnerNotices:
    """How the slices above send a mail to an account's owner, ordered in the same transaction."""

    def __init__(self, order: Callable[[Session, UserView, Notice], Awaitable[None]]) -> None:
        self._order = order

    async def order(self, session: Session, user: UserView, notice: Notice) -> None:
        """Has the mail written and sent to the address that this view of the account shows."""
        await self._order(session, user, notice)


class AccountService:
    """Accounts on one session; nothing here hashes, so the session may be at work already."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._session = session
        self._resources = resources
        self._clock = resources.clock
        self._users = UserRepository(session, resources.clock)
        self._sessions = SessionRepository(session, resources.clock)
        self._keys = ApiKeyRepository(session, resources.clock)
        self._buckets = BucketRepository(session, resources.clock)
        self._provider_keys = ProviderKeyRepository(session, resources.clock)
        self._settings = SettingRepository(session, resources.clock)
        self._mail_tokens = MailTokenRepository(session, resources.clock)
        self._invitations = InvitationRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def add(self, wish: Registration, password_hash: str) -> UserView:
        """Stores a new account that the operator wants: no rule of registration applies to it."""
        return await self._with_password(await self._users.insert(_newcomer(wish)), password_hash)

    async def register(self, wish: Registration, password_hash: str) -> UserView:
        """Stores a new account if the rules of registration admit it."""
        user = await Admission.over(self._session, self._resources).admit(_newcomer(wish), wish.invitation)
        return await self._with_password(user, password_hash)

    async def answer_known_address(self, wish: Registration) -> UserView | None:
        """What is shown to whoever registers with a known address: the same as for a new one, where mail is sent.

        The owner is told instead; None where nobody can be told, or the address is not what was taken.
        """
        owner = await self._users.by_email(wish.email.lower())
        if owner is None or not self._resources.settings.has_mail_server():
            return None
        if await self._may_tell(owner.id):
            await self._resources.provided(OwnerNotices).order(self._session, user_view(owner), Notice.ADDRESS_KNOWN)
        audit("registered_again", who=owner.id)
        stranger = _newcomer(wish)
        stranger.id = self._clock.new_id()
        stranger.created_at = stranger.updated_at = self._clock.now()
        return user_view(stranger)

    async def refuse_unverified(self, user_id: str) -> None:
        """Refuses paid work until the address is verified, where codes can be mailed.

        Who signs in elsewhere is known there.
        """
        if not self._resources.settings.has_mail_server():
            return
        user = await self._users.find(user_id)
        if user is not None and user.subject is None and user.email_verified_at is None:
            raise EmailUnverified

    async def edit(self, account: Account, changes: Mapping[str, str | None]) -> UserView:
        """Writes the named fields of the caller's profile."""
        columns = dict(changes)
        if "username" in columns:
            username = columns["username"]
            columns["login_username"] = username.lower() if username else None
        return user_view(await self._changed(account.id, columns))

    async def move(self, account: Account, email: str) -> UserView:
        """Writes another address, which its owner has yet to verify; one that somebody has is refused."""
        columns = {"email": email, "login_email": email.lower(), "email_verified_at": None}
        return user_view(await self._changed(account.id, columns))

    async def picture(self, user_id: str, avatar_key: str | None) -> UserView:
        """Notes where the caller's picture lies now."""
        return user_view(await self._changed(user_id, {"avatar_key": avatar_key}))

    async def close(self, account: UserView) -> None:
        """Ends everything that could act for the account and frees its names; its media goes by job."""
        await self._sessions.revoke_all(account.id)
        await self._keys.revoke_all(account.id)
        await self._provider_keys.drop(account.id)
        await self._settings.drop_all(account.id)
        await self._users.drop_password(account.id)
        await SecondFactors.over(self._session, self._resources).drop(account.id)
        if await self._users.close(account.id) is None:
            raise UserNotFound
        await self._resources.provided(AccountClosing).end(self._session, account.id)
        audit("account_closed", who=account.id)

    async def end_access(self, user: UserView, notice: Notice, *, but: str | None = None) -> None:
        """Ends the sessions of an account except one, and the keys made before its address was verified.

        The owner is told at the address that `user` shows: keys of an account whose address nobody has proven may be
        a stranger's, who registered with it first.
        """
        await self._sessions.revoke_all(user.id, but=but)
        ended = await self._keys.revoke_all(user.id, made_before=user.email_verified_at)
        await self._resources.provided(OwnerNotices).order(self._session, user, notice)
        audit("access_ended", who=user.id, reason=notice.value, keys=ended)

    async def is_closed(self, user_id: str) -> bool:
        """Whether this account was closed."""
        return await self._users.is_closed(user_id)

    async def hold_open(self, user_id: str) -> bool:
        """Whether an account is not closed; if so nobody closes it before this transaction ends."""
        return await self._users.hold_open(user_id)

    async def closed_accounts(self, after: str = "", limit: int = MOST_CLOSED_AT_ONCE) -> tuple[str, ...]:
        """Closed accounts whose media may still stand, in the order of their ids."""
        return tuple(user.id for user in await self._users.unpurged(after, limit))

    async def purged(self, user_id: str) -> None:
        """Notes that nothing of a closed account is left, once it has been closed for so long that nothing can come."""
        if await self._users.mark_purged(user_id, closed_before=self._clock.now() - LATE_MEDIA):
            audit("account_purged", object=user_id)

    async def forget_old(self) -> int:
        """Drops sessions, codes and invitations past their life, and login buckets past their window; says how many."""
        before = self._clock.now() - KEPT_AFTER_END
        gone = await self._sessions.forget_ended(before) + await self._buckets.forget_old(before)
        return gone + await self._mail_tokens.forget(before) + await self._invitations.forget(before)

    async def find(self, name: str) -> UserView:
        """The open account with this id, e-mail address or username."""
        found = await self._users.named(name)
        if found is None:
            raise UserNotFound
        return user_view(found)

    async def searched(self, search: UserSearch, window: Window) -> tuple[Page[UserView], int]:
        """Open accounts, newest first, and how many there are: for operators."""
        page, total = await self._users.searched(search, window)
        return Page(items=tuple(user_view(user) for user in page.items), next=page.next), total

    async def administrators(self) -> Sequence[str]:
        """Ids of those who may administrate now, held so until this transaction ends."""
        return await self._users.administrators()

    async def set_password(
        self, user: UserView, password_hash: str, *, end_keys: bool = False, end_second_factor: bool = False
    ) -> None:
        """Sets a password without the one so far; ends all sessions and mailed codes, and what else is wished."""
        await self._users.set_password(user.id, password_hash)
        await self._mail_tokens.spend_all(user.id, MailPurpose.RESET)
        await self._sessions.revoke_all(user.id)
        if end_keys:
            await self._keys.revoke_all(user.id)
        if end_second_factor:
            await SecondFactors.over(self._session, self._resources).drop(user.id)
        audit("password_set", who="operator", object=user.id)

    async def promote(self, name: str, role: AccountRole = AccountRole.ADMIN, *, by: str = "operator") -> UserView:
        """Gives an account a role; bites with the account's next request."""
        user = await self.find(name)
        changed = await self._changed(user.id, {"role": role})
        audit("role_changed", who=by, object=user.id, role=role.value)
        return user_view(changed)

    async def disable(self, name: str, *, by: str = "operator") -> UserView:
        """Switches an account off; its sessions and keys stop with the next request."""
        user = await self.find(name)
        changed = await self._changed(user.id, {"is_active": False})
        await self._sessions.revoke_all(user.id)
        audit("account_disabled", who=by, object=user.id)
        return user_view(changed)

    async def enable(self, name: str, *, by: str = "operator") -> UserView:
        """Switches an account on again."""
        user = await self.find(name)
        changed = await self._changed(user.id, {"is_active": True})
        audit("account_enabled", who=by, object=user.id)
        return user_view(changed)

    async def _may_tell(self, user_id: str) -> bool:
        """Whether strangers have not yet caused as many mails to this owner as an hour may bring."""
        bucket, hour_ago = f"notice:{user_id}", self._clock.now() - HOUR
        if not await self._buckets.take(bucket, window_began=hour_ago, failures=MOST_PER_HOUR, checks=MOST_PER_HOUR):
            return False
        await self._buckets.settle(bucket, failed=1)
        return True

    async def _with_password(self, user: User, password_hash: str) -> UserView:
        await self._users.add_password(user.id, password_hash)
        audit("registered", who=user.id, role=user.role.value)
        return user_view(user)

    async def _changed(self, user_id: str, columns: Mapping[str, object]) -> User:
        changed = await self._users.change(user_id, columns)
        if changed is None:
            raise UserNotFound
        return changed


def _newcomer(wish: Registration) -> User:
    return User(
        email=wish.email,
        login_email=wish.email.lower(),
        username=wish.username,
        login_username=wish.username.lower() if wish.username else None,
        name=wish.name,
        role=AccountRole.USER,
        is_active=True,
    )


class InvitationService:
    """What administrators do with invitations."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._clock = resources.clock
        self._invitations = InvitationRepository(session, resources.clock)

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def make(self, account: Account, note: str, life: timedelta) -> MadeInvitation:
        """A new invitation with its code, which nobody can read again."""
        code = self._clock.secret()
        row = Invitation(created_by=account.id, note=note, code_hash=digest(code), expires_at=self._clock.now() + life)
        made = invitation_view(await self._invitations.add(row))
        audit("invitation_made", who=account.id, object=made.id)
        return MadeInvitation(made, code)

    async def listed(self, window: Window) -> tuple[Page[InvitationView], int]:
        """One page of invitations, newest first, and how many there are."""
        page, total = await self._invitations.listed(window)
        return Page(items=tuple(map(invitation_view, page.items)), next=page.next), total

    async def revoke(self, account: Account, invitation_id: str) -> None:
        """Takes an invitation back that nobody has used."""
        if not await self._invitations.revoke(invitation_id):
            raise InvitationNotFound
        audit("invitation_revoked", who=account.id, object=invitation_id)
