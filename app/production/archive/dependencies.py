"""The archive that a request asks for, and the one that it brings."""

from typing import Annotated

from fastapi import Depends, File, Query, UploadFile

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.library.dependencies import chunks_of
from app.production.archive.exporting import Archive, Content, archive_of
from app.production.archive.importing import import_archive
from app.projects.dependencies import OwnedProject
from app.projects.replies import ProjectReply
from app.projects.showing import Showing

__all__ = ["Imports", "SentArchive", "WantedArchive"]

SentArchive = Annotated[UploadFile, File(description="What GET /projects/{project_id}/archive gave")]


async def wanted_archive(
    project: OwnedProject,
    resources: ResourcesDep,
    content: Annotated[Content, Query(description="The whole project, or its key frames")] = Content.PROJECT,
) -> Archive:
    """The archive of the caller's own project."""
    return await archive_of(resources, project, content)


class ImportDesk:
    """Takes archives in for one account."""

    def __init__(self, account: CurrentUser, resources: ResourcesDep) -> None:
        self._owner_id = account.id
        self._resources = resources

    async def take(self, file: UploadFile) -> ProjectReply:
        """The project that an archive became."""
        project = await import_archive(self._resources, self._owner_id, chunks_of(file))
        async with self._resources.database.reading() as session:
            return await Showing.over(session, self._resources).project(project)


WantedArchive = Annotated[Archive, Depends(wanted_archive)]
Imports = Annotated[ImportDesk, Depends()]
