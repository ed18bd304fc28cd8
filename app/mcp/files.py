"""Tools for files: list, fetch, look into, and make new ones from old ones."""

from pathlib import Path
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.types import CallToolResult, ResourceLink, TextContent
from pydantic import Field

from app.assembly.domain import MediaTool, MediaWish
from app.assembly.tools import ToolboxService, probe
from app.core.pagination import Window
from app.library.copies import save_copy
from app.library.dependencies import owned_asset
from app.library.domain import AssetKind, AssetView
from app.library.links import MediaLinks
from app.library.schemas import AssetList, AssetRead
from app.library.service import LibraryService
from app.mcp.callers import CHANGES, READS, Call, Callers, add_tool
from app.mcp.shapes import FileLink, JobSeen, MediaSeen, SavedFile

Linked = Annotated[CallToolResult, FileLink]
Limit = Annotated[int, Field(ge=1, le=100)]
Clips = Annotated[list[str], Field(min_length=2, max_length=100, description="Asset ids of clips or films, in order")]


def file_link(callers: Callers, call: Call, asset: AssetView) -> Linked:
    """The file with a link at the address that the caller has reached, for models and for programs."""
    native = MediaLinks.over(callers.resources)
    links = MediaLinks(callers.resources, callers.origin(call), native.life)
    link = FileLink(
        asset_id=asset.id,
        name=asset.name,
        kind=asset.kind,
        content_type=asset.content_type,
        size_bytes=asset.size_bytes,
        url=links.to(asset),
        expires_at=links.end(asset),
    )
    named = ResourceLink(name=link.name, uri=link.url, mime_type=link.content_type, size=link.size_bytes)
    told = TextContent(text=link.model_dump_json())
    return CallToolResult(content=[named, told], structured_content=link.model_dump(mode="json"))


class FileTools:
    """Files of the caller."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._resources = callers.resources

    def offer(self, server: MCPServer[Any]) -> None:
        """Adds every tool."""
        for tool in (self.list_assets, self.get_asset, self.probe_media):
            add_tool(server, tool, READS)
        for maker in (self.extract_last_frame, self.concat_clips, self.mux_sound, self.normalize_audio):
            add_tool(server, maker, CHANGES)
        if self._callers.folder is not None:
            add_tool(server, self.save_file, CHANGES)

    async def list_assets(self, call: Call, kind: AssetKind | None = None, limit: Limit = 20) -> AssetList:
        """Your files, the newest first."""
        account = await self._callers.reader(call)
        async with self._resources.database.reading() as session:
            service = LibraryService.over(session, self._resources)
            page, total = await service.listed(account.id, kind, Window(limit=limit))
        links = MediaLinks.over(self._resources)
        return AssetList(assets=[AssetRead.of(asset, links) for asset in page.items], total=total)

    async def get_asset(self, call: Call, asset_id: str) -> Linked:
        """A link to one of your files, for example to what a media tool has made."""
        asset = await owned_asset(asset_id, await self._callers.reader(call), self._resources)
        return file_link(self._callers, call, asset)

    async def save_file(self, call: Call, asset_id: str, name: str = "") -> SavedFile:
        """Saves one of your files in the folder that this server was started in; replaces nothing."""
        asset = await owned_asset(asset_id, await self._callers.reader(call), self._resources)
        folder = self._callers.folder or Path()
        return SavedFile(path=str(await save_copy(self._resources, asset, folder, name)), size_bytes=asset.size_bytes)

    async def probe_media(self, call: Call, asset_id: str) -> MediaSeen:
        """What a file is: length, size, frame rate, codecs, channels."""
        asset = await owned_asset(asset_id, await self._callers.reader(call), self._resources)
        return MediaSeen.of(await probe(self._resources, asset))

    async def extract_last_frame(self, call: Call, asset_id: str) -> JobSeen:
        """Starts to take the exact last picture of a clip or film; the job's result names the new file's asset_id."""
        return await self._begun(call, MediaTool.LAST_FRAME, [asset_id])

    async def concat_clips(self, call: Call, asset_ids: Clips) -> JobSeen:
        """Starts to join clips into one, with their own sound; the job's result names the new file's asset_id."""
        return await self._begun(call, MediaTool.CONCAT, asset_ids)

    async def mux_sound(self, call: Call, video_asset_id: str, audio_asset_id: str) -> JobSeen:
        """Starts to put a recording under a clip in place of its sound; the job's result names the new asset_id."""
        return await self._begun(call, MediaTool.MUX, [video_asset_id, audio_asset_id])

    async def normalize_audio(self, call: Call, asset_id: str) -> JobSeen:
        """Starts to bring a recording to the loudness of films; the job's result names the new file's asset_id."""
        return await self._begun(call, MediaTool.NORMALISE, [asset_id])

    async def _begun(self, call: Call, tool: MediaTool, asset_ids: list[str]) -> JobSeen:
        account = await self._callers.writer(call)
        async with self._resources.database.unit_of_work() as session:
            service = ToolboxService.over(session, self._resources)
            return JobSeen.of(await service.begin(account.id, MediaWish(tool, tuple(asset_ids))))
