"""Films as resources: what a client reads by an address, without calling a tool."""

from typing import Any

from mcp.server import MCPServer

from app.assembly.service import AssemblyService
from app.library.copies import text_of
from app.mcp.callers import Call, Callers, add_resource
from app.mcp.films import FilmTools
from app.projects.dependencies import owned_project
from app.projects.values import FilmVariant

FILM = "avc://films/{project_id}"
CAPTIONS = "avc://films/{project_id}/captions"


class FilmResources:
    """Films of the caller."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._tools = FilmTools(callers)

    def offer(self, server: MCPServer[Any]) -> None:
        """Adds every template."""
        add_resource(server, FILM, self.film, "application/json")
        add_resource(server, CAPTIONS, self.captions, "application/x-subrip")

    async def film(self, call: Call, project_id: str) -> str:
        """A film as it stands: its project, and the words, states and files of its segments."""
        return (await self._tools.get_project(call, project_id)).model_dump_json()

    async def captions(self, call: Call, project_id: str) -> str:
        """What is said in a finished film, with its times."""
        resources = self._callers.resources
        project = await owned_project(project_id, await self._callers.reader(call), resources)
        async with resources.database.reading() as session:
            captions = await AssemblyService.over(session, resources).part(project, FilmVariant.CAPTIONS_SRT)
        return await text_of(resources, captions)
