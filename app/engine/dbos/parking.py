"""Runs of this executor that are not executed for a while; in the store they look like any other run it holds."""

from collections.abc import Callable, Collection

from typing_extensions import override

from app.engine.dbos.store import EngineStore
from app.engine.port import ExecutorId, JobId, ParkedRun

__all__ = ["Parking"]


class Parking:
    """Knows which runs are parked, so that nobody takes them for lost."""

    def __init__(self, store: EngineStore, executor: ExecutorId) -> None:
        self._store = store
        self._executor = executor
        self._parked: dict[JobId, Parked] = {}

    def job_ids(self) -> frozenset[JobId]:
        """The jobs whose runs are parked."""
        return frozenset(self._parked)

    def park(self, job_id: JobId, then: Callable[[ParkedRun], None], resumed: Callable[[], None]) -> None:
        """Keeps a run and says so; `resumed` is called whenever it waits to be taken again."""
        parked = Parked(self, job_id, resumed)
        self._parked[job_id] = parked
        then(parked)

    def forget(self, job_ids: Collection[JobId]) -> None:
        """These have ended or moved on."""
        for job_id in job_ids:
            self._parked.pop(job_id, None)

    def holds(self, parked: "Parked") -> bool:
        """Whether this very stay goes on."""
        return self._parked.get(parked.job_id) is parked

    async def resume(self, parked: "Parked") -> None:
        """Lets it go on; it stays parked when the store cannot be reached."""
        if not self.holds(parked):
            return
        del self._parked[parked.job_id]
        try:
            await self._store.resume(self._executor, parked.job_id)
        except BaseException:
            self._parked.setdefault(parked.job_id, parked)
            raise
        parked.resumed()


class Parked(ParkedRun):
    """One stay of one run."""

    __slots__ = ("_job_id", "_parking", "resumed")

    def __init__(self, parking: Parking, job_id: JobId, resumed: Callable[[], None]) -> None:
        self._parking = parking
        self._job_id = job_id
        self.resumed = resumed

    @property
    @override
    def job_id(self) -> JobId:
        return self._job_id

    @property
    @override
    def held(self) -> bool:
        return self._parking.holds(self)

    @override
    async def resume(self) -> None:
        await self._parking.resume(self)
