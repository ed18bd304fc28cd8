"""projects.erase: takes the rows of deleted projects away, and their words out of all rows that stay."""

from datetime import timedelta
from typing import ClassVar

from pydantic import JsonValue
from typing_extensions import override

from app.frames.service import KeptPictures
from app.generation.service import KeptClips
from app.jobs.domain import Lane
from app.jobs.handlers import JobHandler, NoParams, Work
from app.narration.service import KeptNarrations
from app.projects.cleanup import erase
from app.resources import Resources

__all__ = ["EraseProjects"]


class EraseProjects(JobHandler[NoParams]):
    """Ends what the deletion of a project began, once every slice has let its media go."""

    kind: ClassVar[str] = "projects.erase"
    label: ClassVar[str] = "Erase deleted projects"
    lane: ClassVar[Lane] = Lane.LIGHT
    every: ClassVar[timedelta | None] = timedelta(hours=1)
    params = NoParams

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @override
    async def run(self, work: Work, params: NoParams) -> dict[str, JsonValue]:
        await work.stage("erasing", progress=10)
        return {"projects": await work.step("erase", self.erase)}

    async def erase(self) -> int:
        """Erases what nothing keeps any more; says how many projects."""
        clock = self._resources.clock
        return await erase(self._resources, (KeptClips(clock), KeptPictures(clock), KeptNarrations(clock)))
