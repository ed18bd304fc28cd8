"""The clips that were kept for projects which are deleted now."""

from collections.abc import Collection

from typing_extensions import override

from app.core.clock import Clock
from app.core.database import Session
from app.generation.repository import TakeRepository
from app.projects.remains import Keepsakes
from app.projects.values import DeletedProject

__all__ = ["KeptClips"]


class KeptClips(Keepsakes):
    """The history that goes when its project goes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    async def media(self, session: Session, project: DeletedProject) -> Collection[str]:
        return await TakeRepository(session, self._clock).media(project.segment_ids)

    @override
    async def drop(self, session: Session, project: DeletedProject) -> None:
        await TakeRepository(session, self._clock).drop(project.segment_ids)
