"""The shape of a film that nobody has chosen: the one nearest to its first picture that its painter draws."""

from typing import Self

from app.core.database import Session
from app.library.pictures import sizes_of
from app.library.service import LibraryService
from app.projects.options import AspectRatio, ProjectSettings
from app.projects.shapes import nearest_ratio
from app.providers.errors import EngineAbsent, EngineUnknown
from app.providers.values import Role
from app.resources import Resources


class FirstPictureShape:
    """Looks at first pictures in the caller's unit of work."""

    def __init__(self, session: Session, resources: Resources) -> None:
        self._library = LibraryService.over(session, resources)
        self._engines = resources.engines

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(session, resources)

    async def ratio(self, settings: ProjectSettings, asset_id: str) -> AspectRatio:
        """The shape that this first picture gives a film; a picture of unknown size changes nothing."""
        size = sizes_of((await self._library.views([asset_id])).values()).get(asset_id)
        return nearest_ratio(*size, self._drawn(settings)) if size else settings.aspect_ratio

    def _drawn(self, settings: ProjectSettings) -> list[AspectRatio]:
        """The shapes that the film's painter draws; without a painter any shape will do."""
        try:
            painter = self._engines.image(settings.providers.get(Role.IMAGE, "auto"))
        except (EngineAbsent, EngineUnknown):
            return []
        return [ratio for ratio in AspectRatio if ratio.value in painter.capabilities().sizes]
