"""The narrations that were kept for projects which are deleted now."""

from collections.abc import Collection

from typing_extensions import override

from app.core.clock import Clock
from app.core.database import Session
from app.narration.repository import NarrationRepository
from app.projects.remains import Keepsakes
from app.projects.values import DeletedProject

__all__ = ["KeptNarrations"]


class KeptNarrations(Keepsakes):
    """The history that goes when its project goes; the raw sounds follow when their time is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    async def media(self, session: Session, project: DeletedProject) -> Collection[str]:
        return await NarrationRepository(session, self._clock).media(project.segment_ids)

    @override
    async def drop(self, session: Session, project: DeletedProject) -> None:
        await NarrationRepository(session, self._clock).drop(project.segment_ids)
