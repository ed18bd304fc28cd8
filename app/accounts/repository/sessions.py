"""SQL of sign-ins: sessions, buckets of attempts, second factors; changes are guarded by the state they rest on."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import LoginBucket, RecoveryCode, RefreshFamily, SecondFactor, User
from app.core.pagination import Page, Window
from app.core.repository import Repository


class SessionRepository(Repository[RefreshFamily]):
    """Refresh families by id and by the hash of their lasting part."""

    table = RefreshFamily

    async def standing(self, session_id: str, user_id: str) -> tuple[RefreshFamily, User] | None:
        """A live session and its user: the one read that every request with a token costs."""
        query = (
            select(RefreshFamily, User)
            .join(User, User.id == RefreshFamily.user_id)
            .where(RefreshFamily.id == session_id, User.id == user_id, *self._live())
        )
        found = (await self._session.execute(query)).first()
        return (found[0], found[1]) if found else None

    async def mark_used(self, session_id: str, *, unless_since: datetime) -> None:
        """Notes that a session is in use now, unless somebody has noted that since a moment."""
        is_due = or_(RefreshFamily.last_seen_at.is_(None), RefreshFamily.last_seen_at <= unless_since)
        await self._session.execute(
            update(RefreshFamily)
            .where(RefreshFamily.id == session_id, is_due)
            .values(last_seen_at=self._clock.now())
            .execution_options(synchronize_session=False)
        )

    async def listed(self, user_id: str, window: Window) -> tuple[Page[RefreshFamily], int]:
        """One page of a user's live sessions, newest first, and how many there are."""
        query = select(RefreshFamily).where(RefreshFamily.user_id == user_id, *self._live())
        return await self.page(query, window, RefreshFamily.created_at), await self.count(query)

    async def revoke_own(self, user_id: str, session_id: str) -> bool:
        """Ends one live session of this user; False when there is none."""
        return await self._end(RefreshFamily.id == session_id, RefreshFamily.user_id == user_id, *self._live()) > 0

    async def by_family_hash(self, family_hash: str) -> tuple[RefreshFamily, User] | None:
        """A session and its user, as they stand now."""
        query = (
            select(RefreshFamily, User)
            .join(User, User.id == RefreshFamily.user_id)
            .where(RefreshFamily.family_hash == family_hash)
            .execution_options(populate_existing=True)
        )
        found = (await self._session.execute(query)).first()
        return (found[0], found[1]) if found else None

    async def rotate(self, family: RefreshFamily, *, presented: str, successor: str, client: str) -> bool:
        """Moves the chain on if the presented token is still its end."""
        now = self._clock.now()
        change = (
            update(RefreshFamily)
            .where(
                RefreshFamily.id == family.id,
                RefreshFamily.current_hash == presented,
                RefreshFamily.revoked_at.is_(None),
                RefreshFamily.expires_at > now,
            )
            .values(current_hash=successor, previous_hash=presented, client_hash=client, rotated_at=now, updated_at=now)
            .returning(RefreshFamily.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def revoke(self, session_id: str) -> None:
        """Ends one session."""
        await self._end(RefreshFamily.id == session_id)

    async def revoke_all(self, user_id: str, *, but: str | None = None) -> int:
        """Ends the sessions of a user, except one; says how many."""
        return await self._end(RefreshFamily.user_id == user_id, RefreshFamily.id != (but or ""))

    async def forget_ended(self, before: datetime) -> int:
        """Drops sessions whose life ended before a moment; says how many."""
        gone = await self._session.execute(
            delete(RefreshFamily).where(RefreshFamily.expires_at < before).returning(RefreshFamily.id)
        )
        return len(gone.all())

    def _live(self) -> tuple[ColumnElement[bool], ...]:
        return RefreshFamily.revoked_at.is_(None), RefreshFamily.expires_at > self._clock.now()

    async def _end(self, *which: ColumnElement[bool]) -> int:
        now = self._clock.now()
        ended = await self._session.execute(
            update(RefreshFamily)
            .where(*which, RefreshFamily.revoked_at.is_(None))
            .values(revoked_at=now, updated_at=now)
            .returning(RefreshFamily.id)
            .execution_options(synchronize_session=False)
        )
        return len(ended.all())


class BucketRepository(Repository[LoginBucket]):
    """Failed and running sign-ins by bucket."""

    table = LoginBucket

    async def take(self, bucket: str, *, window_began: datetime, failures: int, checks: int) -> bool:
        """Takes a place for one password check; False when the bucket is full within this window."""
        if await self._take(bucket, window_began, failures, checks):
            return True
        if await self._find(bucket) is not None or not await self._open(bucket):
            return await self._take(bucket, window_began, failures, checks)
        return True

    async def settle(self, bucket: str, *, failed: int = 0, forgive: bool = False) -> None:
        """Gives the place back; counts a failure, or forgets the earlier ones."""
        await self._session.execute(
            update(LoginBucket)
            .where(LoginBucket.bucket == bucket)
            .values(
                running=case((LoginBucket.running > 0, LoginBucket.running - 1), else_=0),
                failures=0 if forgive else LoginBucket.failures + failed,
                updated_at=self._clock.now(),
            )
            .execution_options(synchronize_session=False)
        )

    async def window_start(self, bucket: str) -> datetime | None:
        """When the present window of a bucket began."""
        return await self._session.scalar(select(LoginBucket.window_started_at).where(LoginBucket.bucket == bucket))

    async def forget_old(self, before: datetime) -> int:
        """Drops buckets whose window began before a moment; says how many."""
        gone = await self._session.execute(
            delete(LoginBucket).where(LoginBucket.window_started_at < before).returning(LoginBucket.id)
        )
        return len(gone.all())

    async def _take(self, bucket: str, window_began: datetime, failures: int, checks: int) -> bool:
        now = self._clock.now()
        over = LoginBucket.window_started_at <= window_began
        room = (LoginBucket.failures < failures) & (LoginBucket.failures + LoginBucket.running < checks)
        change = (
            update(LoginBucket)
            .where(LoginBucket.bucket == bucket, or_(over, room))
            .values(
                failures=case((over, 0), else_=LoginBucket.failures),
                running=case((over, 1), else_=LoginBucket.running + 1),
                window_started_at=case((over, now), else_=LoginBucket.window_started_at),
                updated_at=now,
            )
            .returning(LoginBucket.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def _find(self, bucket: str) -> str | None:
        return await self._session.scalar(select(LoginBucket.id).where(LoginBucket.bucket == bucket))

    async def _open(self, bucket: str) -> bool:
        row = LoginBucket(bucket=bucket, failures=0, running=1, window_started_at=self._clock.now())
        try:
            async with self._session.begin_nested():
                await self.add(row)
        except IntegrityError:
            return False
        return True


class SecondFactorRepository(Repository[SecondFactor]):
    """Second factors by their user."""

    table = SecondFactor

    async def of_user(self, user_id: str) -> SecondFactor | None:
        """The second factor of this user, confirmed or not."""
        return await self.one(select(SecondFactor).where(SecondFactor.user_id == user_id))

    async def confirm(self, factor_id: str, step: int) -> bool:
        """Turns a second factor on by its first code; False when it is on already."""
        return await self._changed(factor_id, step, confirmed_at=self._clock.now())

    async def spend_step(self, factor_id: str, step: int) -> bool:
        """Uses the code of a step of time up; False when it, or a later one, was used."""
        return await self._changed(factor_id, step)

    async def spend_recovery_code(self, user_id: str, code_hash: str) -> bool:
        """Uses a recovery code up; False when there is none such."""
        now = self._clock.now()
        change = (
            update(RecoveryCode)
            .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None))
            .values(used_at=now, updated_at=now)
            .returning(RecoveryCode.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def add_recovery_codes(self, user_id: str, hashes: Iterable[str]) -> None:
        """Stores fresh recovery codes."""
        now = self._clock.now()
        for code_hash in hashes:
            row = RecoveryCode(user_id=user_id, code_hash=code_hash)
            row.id, row.created_at, row.updated_at = self._clock.new_id(), now, now
            self._session.add(row)
        await self._session.flush()

    async def recovery_codes_left(self, user_id: str) -> int:
        """How many recovery codes nobody has used."""
        return await self.count(
            select(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        )

    async def drop(self, user_id: str) -> None:
        """Forgets the second factor of a user and its recovery codes."""
        for table in (RecoveryCode, SecondFactor):
            await self._session.execute(delete(table).where(table.user_id == user_id))

    async def not_begun_with(self, beginning: str, after: str, limit: int) -> Sequence[SecondFactor]:
        """Second factors whose seal begins otherwise, in the order of their ids, behind one of them."""
        other = ~SecondFactor.sealed.startswith(beginning, autoescape=True)
        query = select(SecondFactor).where(other, SecondFactor.id > after)
        return await self.all(query.order_by(SecondFactor.id).limit(limit))

    async def reseal(self, factor_id: str, *, before: str, after: str) -> bool:
        """Writes another seal of the same secret, unless the secret was changed meanwhile."""
        change = (
            update(SecondFactor)
            .where(SecondFactor.id == factor_id, SecondFactor.sealed == before)
            .values(sealed=after)
            .returning(SecondFactor.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None

    async def _changed(self, factor_id: str, step: int, **columns: object) -> bool:
        change = (
            update(SecondFactor)
            .where(SecondFactor.id == factor_id, SecondFactor.last_step < step)
            .values(last_step=step, updated_at=self._clock.now(), **columns)
            .returning(SecondFactor.id)
            .execution_options(synchronize_session=False)
        )
        return await self._session.scalar(change) is not None
