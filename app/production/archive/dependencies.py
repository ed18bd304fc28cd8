"""The archive that a request asks for, and the one that it brings."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.core.dependencies import AsyncConstructor
from app.library.dependencies import body_of
from app.library.intake import file_in_form
from app.production.archive.exporting import Archive, Content, archive_of
from app.production.archive.importing import import_archive
from app.projects.dependencies import OwnedProject
from app.projects.replies import ProjectPresenter, ProjectReply

# The route reads its form itself: the framework would put the whole archive into a temporary file first.
ARCHIVE_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "title": "ArchiveForm",
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "title": "File",
                            "description": "What GET /projects/{project_id}/archive gave",
                        }
                    },
                    "required": ["file"],
                }
            }
        },
    }
}


async def wanted_archive(
    project: OwnedProject,
    resources: ResourcesDep,
    content: Annotated[Content, Query(description="The whole project, or its key frames")] = Content.PROJECT,
) -> Archive:
    """The archive of the caller's own project."""
    return await archive_of(resources, project, content)


class ImportFacade:
    """Takes archives in for one account."""

    def __init__(self, account: CurrentUser, resources: ResourcesDep) -> None:
        self._owner_id = account.id
        self._resources = resources

    async def take(self, request: Request) -> ProjectReply:
        """The project that the archive of a request became."""
        chunks = file_in_form(request.headers.get("content-type", ""), body_of(request), "file")
        project = await import_archive(self._resources, self._owner_id, chunks)
        async with self._resources.database.reading() as session:
            return await ProjectPresenter.over(session, self._resources).project(project)


WantedArchive = Annotated[Archive, Depends(wanted_archive)]
Imports = Annotated[ImportFacade, Depends(AsyncConstructor(ImportFacade))]
