"""SQL of users, their passwords, preferences, invitations and mailed one-use tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import ColumnElement, case, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.domain import SYSTEM_ACCOUNT, AccountRole, InvitationView, MailPurpose, UserSearch, UserView
from app.accounts.errors import Taken
from app.accounts.models import Credential, Invitation, MailToken, User, UserSetting
from app.core.pagination import Page, Window
from app.core.repository import Repository, escaped_like

# The account of the service's own jobs, which a migration makes, and that of requests without credentials.
SYSTEM_SUBJECT = "system"
SERVICES_OWN = (SYSTEM_SUBJECT, "local")


def user_view(row: User) -> UserView:
    """The frozen view of a user row."""
    return UserView(
        id=row.id,
        email=row.email,
        username=row.username,
        name=row.name,
        role=row.role,
        is_active=row.is_active and row.closed_at is None,
        theme_pref=row.theme_pref,
        entra_id=row.entra_id,
        avatar_key=row.avatar_key,
        email_verified_at=row.email_verified_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class UserRepository(Repository[User]):
    """Users by id, login and subject."""

    table = User

    async def insert(self, row: User) -> User:
        """Stores a new user; a login or subject that somebody has is refused, also under a race."""
        try:
            async with self._session.begin_nested():
                return await self.add(row)
        except IntegrityError as fault:
            raise Taken from fault

    async def has_people(self) -> bool:
        """Whether anybody was ever registered: a closed account counts, those that this service makes do not."""
        query = select(User.id).where(or_(User.subject.is_(None), User.subject.not_in(SERVICES_OWN))).limit(1)
        return await self._session.scalar(query) is not None

    async def hold_registration(self) -> None:
        """Lets one newcomer after the other find out whether they are the first, until this transaction ends."""
        await self._session.scalar(select(User.id).where(User.subject == SYSTEM_SUBJECT).with_for_update())

    async def change(self, user_id: str, columns: Mapping[str, object]) -> User | None:
        """Writes columns of an open account and gives the row back; a taken login is refused."""
        change = (
            update(User)
            .where(User.id == user_id, User.closed_at.is_(None))
            .values(updated_at=self._clock.now(), **columns)
            .returning(User)
            .execution_options(populate_existing=True)
        )
        try:
            async with self._session.begin_nested():
                return (await self._session.scalars(change)).one_or_none()
        except IntegrityError as fault:
            raise Taken from fault

    async def close(self, user_id: str) -> User | None:
        """Marks an open account closed; its names and its identity elsewhere are free again, its facts are gone."""
        gone = ("email", "username", "name", "login_email", "login_username", "subject", "entra_id")
        return await self.change(user_id, {**dict.fromkeys(gone), "is_active": False, "closed_at": self._clock.now()})

    async def hold_open(self, user_id: str) -> bool:
        """Whether an account is not closed, held so until this transaction ends."""
        query = select(User.id).where(User.id == user_id, User.closed_at.is_(None))
        return await self._session.scalar(query.with_for_update(read=True)) is not None

    async def by_login(self, login: str) -> tuple[User, str] | None:
        """The open account of an e-mail address or username, with its password hash."""
        query = (
            select(User, Credential.password_hash)
            .join(Credential, Credential.user_id == User.id)
            .where(or_(User.login_email == login, User.login_username == login), User.closed_at.is_(None))
        )
        found = (await self._session.execute(query)).first()
        return (found[0], found[1]) if found else None

    async def by_email(self, login_email: str) -> User | None:
        """The open account that signs in with this e-mail address."""
        return await self.one(select(User).where(User.login_email == login_email, User.closed_at.is_(None)))

    async def by_subject(self, subject: str) -> User | None:
        """The account of an identity from elsewhere."""
        return await self.one(select(User).where(User.subject == subject))

    async def named(self, name: str) -> User | None:
        """The open account with this id, else this e-mail address, else this username: people choose their names."""
        word = name.strip().lower()
        columns = (User.id, User.login_email, User.login_username)
        first = case(*((column == word, place) for place, column in enumerate(columns)))
        query = select(User).where(or_(*(column == word for column in columns)), User.closed_at.is_(None))
        return await self.one(query.order_by(first).limit(1))

    async def searched(self, search: UserSearch, window: Window) -> tuple[Page[User], int]:
        """Open accounts of people, newest first, and how many there are."""
        query = select(User).where(User.closed_at.is_(None), User.id != SYSTEM_ACCOUNT)
        if search.words:
            pattern = escaped_like(search.words.strip().lower())
            named = (User.login_email, User.login_username, func.lower(User.name), User.id)
            query = query.where(or_(*(column.like(pattern, escape="/") for column in named)))
        for column, wanted in ((User.role, search.role), (User.is_active, search.is_active)):
            query = query if wanted is None else query.where(column == wanted)
        return await self.page(query, window, User.created_at), await self.count(query)

    async def administrators(self) -> Sequence[str]:
        """Ids of those who may administrate now, held so until this transaction ends."""
        query = select(User.id).where(User.role == AccountRole.ADMIN, User.is_active, User.closed_at.is_(None))
        return (await self._session.scalars(query.order_by(User.id).with_for_update())).all()

    async def is_closed(self, user_id: str) -> bool:
        """Whether this account was closed."""
        return await self._session.scalar(select(User.closed_at).where(User.id == user_id)) is not None

    async def unpurged(self, after: str, limit: int) -> Sequence[User]:
        """Closed accounts whose media may still stand, with greater ids than this one."""
        query = select(User).where(User.closed_at.is_not(None), User.purged_at.is_(None), User.id > after)
        return await self.all(query.order_by(User.id).limit(limit))

    async def mark_purged(self, user_id: str, closed_before: datetime) -> bool:
        """Notes that nothing of an account that was closed before then is left; says whether it did."""
        now = self._clock.now()
        change = update(User).where(User.id == user_id, User.closed_at < closed_before)
        done = change.values(purged_at=now, updated_at=now).returning(User.id)
        return await self._session.scalar(done) is not None

    async def password_hash(self, user_id: str) -> str | None:
        """The hash of this user's password, if there is one."""
        return await self._session.scalar(select(Credential.password_hash).where(Credential.user_id == user_id))

    async def hold_password(self, user_id: str) -> str | None:
        """The same, and nobody changes it before this transaction ends."""
        query = select(Credential.password_hash).where(Credential.user_id == user_id)
        return await self._session.scalar(query.with_for_update(read=True))

    async def add_password(self, user_id: str, password_hash: str) -> None:
        """The first password of a user."""
        now = self._clock.now()
        row = Credential(user_id=user_id, password_hash=password_hash)
        row.id, row.created_at, row.updated_at = self._clock.new_id(), now, now
        self._session.add(row)
        await self._session.flush()

    async def change_password(self, user_id: str, *, old_hash: str, new_hash: str) -> bool:
        """Replaces the hash if it is still the one that was checked."""
        change = (
            update(Credential)
            .where(Credential.user_id == user_id, Credential.password_hash == old_hash)
            .values(password_hash=new_hash, updated_at=self._clock.now())
            .returning(Credential.id)
        )
        return await self._session.scalar(change) is not None

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """The password from now on, whether there was one or not."""
        change = update(Credential).where(Credential.user_id == user_id)
        change = change.values(password_hash=password_hash, updated_at=self._clock.now())
        if await self._session.scalar(change.returning(Credential.id)) is None:
            await self.add_password(user_id, password_hash)

    async def drop_password(self, user_id: str) -> None:
        """Forgets the password of a closed account."""
        await self._session.execute(delete(Credential).where(Credential.user_id == user_id))


class SettingRepository(Repository[UserSetting]):
    """Preferences by owner and name."""

    table = UserSetting

    async def of_owner(self, owner_id: str) -> Sequence[UserSetting]:
        """Every preference of one user."""
        return await self.all(select(UserSetting).where(UserSetting.owner_id == owner_id).order_by(UserSetting.name))

    async def named(self, owner_id: str, name: str) -> UserSetting | None:
        """One preference."""
        return await self.one(select(UserSetting).where(UserSetting.owner_id == owner_id, UserSetting.name == name))

    async def put(self, owner_id: str, name: str, content: JsonValue) -> None:
        """Stores a preference in place of an earlier one."""
        if await self._replace(owner_id, name, content):
            return
        try:
            async with self._session.begin_nested():
                await self.add(UserSetting(owner_id=owner_id, name=name, content=content))
        except IntegrityError:
            await self._replace(owner_id, name, content)

    async def drop_all(self, owner_id: str) -> None:
        """Forgets every preference of a user."""
        await self._session.execute(delete(UserSetting).where(UserSetting.owner_id == owner_id))

    async def _replace(self, owner_id: str, name: str, content: JsonValue) -> bool:
        change = (
            update(UserSetting)
            .where(UserSetting.owner_id == owner_id, UserSetting.name == name)
            .values(content=content, updated_at=self._clock.now())
            .returning(UserSetting.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None


def invitation_view(row: Invitation) -> InvitationView:
    """The frozen view of an invitation row."""
    return InvitationView(
        id=row.id,
        note=row.note,
        created_by=row.created_by,
        expires_at=row.expires_at,
        used_at=row.used_at,
        used_by=row.used_by,
        revoked_at=row.revoked_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


class InvitationRepository(Repository[Invitation]):
    """Invitations by id and by the hash of their code."""

    table = Invitation

    async def is_valid(self, code_hash: str) -> bool:
        """Whether an invitation with this code can still be used."""
        query = select(Invitation.id).where(Invitation.code_hash == code_hash, *self._standing())
        return await self._session.scalar(query) is not None

    async def spend(self, code_hash: str, user_id: str) -> bool:
        """Uses an invitation up; False when there is none that can be used."""
        return await self._changed(Invitation.code_hash == code_hash, used_at=self._clock.now(), used_by=user_id)

    async def revoke(self, invitation_id: str) -> bool:
        """Takes an invitation back; False when there is none that could still be used."""
        return await self._changed(Invitation.id == invitation_id, revoked_at=self._clock.now())

    async def listed(self, window: Window) -> tuple[Page[Invitation], int]:
        """One page of all invitations, newest first, and how many there are."""
        query = select(Invitation)
        return await self.page(query, window, Invitation.created_at), await self.count(query)

    async def forget(self, expired_before: datetime) -> int:
        """Drops invitations that expired before a moment; says how many."""
        gone = await self._session.execute(
            delete(Invitation).where(Invitation.expires_at < expired_before).returning(Invitation.id)
        )
        return len(gone.all())

    def _standing(self) -> tuple[ColumnElement[bool], ...]:
        return (
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > self._clock.now(),
        )

    async def _changed(self, which: ColumnElement[bool], **columns: object) -> bool:
        change = (
            update(Invitation)
            .where(which, *self._standing())
            .values(updated_at=self._clock.now(), **columns)
            .returning(Invitation.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None


class MailTokenRepository(Repository[MailToken]):
    """Tokens by their hash."""

    table = MailToken

    async def recent(self, user_id: str, purpose: MailPurpose, since: datetime) -> int:
        """How many of a kind one user was sent since a moment."""
        return await self.count(
            select(MailToken).where(
                MailToken.user_id == user_id, MailToken.purpose == purpose, MailToken.created_at > since
            )
        )

    async def standing(self, token_hash: str, purpose: MailPurpose) -> MailToken | None:
        """A token that may still be used."""
        return await self.one(
            select(MailToken).where(
                MailToken.token_hash == token_hash,
                MailToken.purpose == purpose,
                MailToken.used_at.is_(None),
                MailToken.expires_at > self._clock.now(),
            )
        )

    async def spend(self, token_id: str) -> bool:
        """Uses a token up; False when somebody did already."""
        now = self._clock.now()
        change = (
            update(MailToken)
            .where(MailToken.id == token_id, MailToken.used_at.is_(None), MailToken.expires_at > now)
            .values(used_at=now, updated_at=now)
            .returning(MailToken.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def spend_all(self, user_id: str, purpose: MailPurpose) -> None:
        """Uses up whatever of a kind one user still has."""
        now = self._clock.now()
        await self._session.execute(
            update(MailToken)
            .where(MailToken.user_id == user_id, MailToken.purpose == purpose, MailToken.used_at.is_(None))
            .values(used_at=now, updated_at=now)
            .execution_options(synchronize_session=False)
        )

    async def forget(self, expired_before: datetime) -> int:
        """Drops tokens that expired before a moment; says how many."""
        gone = await self._session.execute(
            delete(MailToken).where(MailToken.expires_at < expired_before).returning(MailToken.id)
        )
        return len(gone.all())
