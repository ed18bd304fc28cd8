"""The MCP server over HTTP beside the API or on stdio, and films as its resources."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from app.assembly.service import AssemblyService
from app.library.copies import text_of
from app.mcp.callers import Call, Callers, Standing, add_resource
from app.mcp.files import FileTools
from app.mcp.films import FilmTools, JobTools
from app.mcp.opening import AsgiHandler
from app.projects.dependencies import owned_project
from app.projects.domain import FilmVariant
from app.resources import Resources

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


NAME = "ai-video-creator"
INSTRUCTIONS = """\
Makes narrated, captioned films from stories. start_film returns a job: call get_job with wait_seconds=45 until its
phase is succeeded, failed or cancelled. A phase of awaiting_input means that the job asks something: show the question
to the person and pass their choice to answer_job. get_film then gives a link. Media tools return jobs whose result
names a new asset_id; get_asset gives a link to it. A film can be read at avc://films/{project_id}, and its
captions at avc://films/{project_id}/captions."""


def mcp_server(resources: Resources, standing: Standing | None = None, folder: Path | None = None) -> MCPServer[Any]:
    """A server with every tool and resource; without a standing account each request brings its own."""
    level = resources.settings.mcp.log_level
    server: MCPServer[Any] = MCPServer(NAME, instructions=INSTRUCTIONS, log_level=_level(level))
    callers = Callers(resources, standing, folder)
    for offered in (FilmTools(callers), JobTools(callers), FileTools(callers), FilmResources(callers)):
        offered.offer(server)
    return server


@asynccontextmanager
async def http_handler(resources: Resources) -> AsyncIterator[AsgiHandler]:
    """What answers at /mcp for the length of the block; hosts and origins are checked before it is reached."""
    server = mcp_server(resources)
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(stateless_http=True, transport_security=security)
    async with server.session_manager.run():
        yield server.session_manager.handle_request


async def speak_on_stdio(resources: Resources, standing: Standing, folder: Path) -> None:
    """Serves one client on this process's standard streams until it hangs up; files are saved in the folder."""
    await mcp_server(resources, standing, folder).run_stdio_async()


def _level(name: str) -> Any:
    return name.upper()
