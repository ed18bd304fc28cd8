"""How soon a waiting job has its end after its owner cancelled it, beside all the others."""

import asyncio
import time
from collections.abc import Iterable

from app.jobs.service import JobService
from app.jobs.settlement import JobControl
from app.resources import Resources

__all__ = ["slowest_cancel"]

PAUSE_SECONDS = 0.02


async def slowest_cancel(resources: Resources, job_ids: Iterable[str]) -> float:
    """The seconds of the slowest, one after the other."""
    return max([await _seconds(resources, job_id) for job_id in job_ids])


async def _seconds(resources: Resources, job_id: str) -> float:
    began = time.perf_counter()
    async with resources.database.unit_of_work() as session:
        await JobControl.over(session, resources).cancel(await JobService.over(session, resources).any(job_id))
    while True:
        async with resources.database.reading() as session:
            if (await JobService.over(session, resources).any(job_id)).is_final:
                return time.perf_counter() - began
        await asyncio.sleep(PAUSE_SECONDS)
