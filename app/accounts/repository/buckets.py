"""SQL of login buckets: a place is taken before a password is checked, so parallel guesses are counted too."""

from datetime import datetime

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import LoginBucket
from app.core.repository import Repository

__all__ = ["BucketRepository"]


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
