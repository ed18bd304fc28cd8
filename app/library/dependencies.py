"""OwnedAsset, the file of a form, and what a signed link opens."""

from collections.abc import AsyncIterator, Collection
from typing import Annotated

from fastapi import Depends, Header, Path, Request
from starlette.datastructures import UploadFile

from app.accounts.dependencies import CurrentUser, ResourcesDep
from app.core.dependencies import ReadSession, SessionDep
from app.library.domain import AssetState, AssetView
from app.library.errors import AssetNotFound
from app.library.links import MediaLinks
from app.library.service import LibraryService
from app.library.serving import ConditionalRequest, LinkLife
from app.storage.base import FileMissing
from app.storage.signing import Grant, Purpose


async def library_reading(session: ReadSession, resources: ResourcesDep) -> LibraryService:
    """Reading service of this request."""
    return LibraryService.over(session, resources)


async def library_writing(session: SessionDep, resources: ResourcesDep) -> LibraryService:
    """Changing service of this request."""
    return LibraryService.over(session, resources)


async def media_links(resources: ResourcesDep) -> MediaLinks:
    """Links of the native API."""
    return MediaLinks.over(resources)


async def owned_asset(asset_id: str, user: CurrentUser, resources: ResourcesDep) -> AssetView:
    """The caller's own asset; a foreign one is not found."""
    async with resources.database.reading() as session:
        return await LibraryService.over(session, resources).owned(asset_id, user.id)


# Larger pieces leave the allocator of each of many threads with memory that it keeps.
FORM_CHUNK_BYTES = 64 * 1024
SHOWN = frozenset({AssetState.READY, AssetState.REPLACED})
Token = Annotated[str, Path(max_length=500)]
# The name is for people and players; the token alone decides what is served.
ShownName = Annotated[str, Path(alias="name", max_length=500)]


async def opened(token: Token, resources: ResourcesDep) -> tuple[AssetView, Grant]:
    """The asset that a link opens for reading."""
    return await _granted(token, Purpose.READ, SHOWN, resources)


Opened = Annotated[tuple[AssetView, Grant], Depends(opened)]


async def link_life(found: Opened, resources: ResourcesDep) -> LinkLife:
    """How long the link that opened an asset still works."""
    ends_at = found[1].expires_at
    return LinkLife(ends_at, ends_at - resources.clock.now())


async def taking(token: Token, resources: ResourcesDep) -> AssetView:
    """The announced asset whose bytes a link takes."""
    return (await _granted(token, Purpose.WRITE, {AssetState.PENDING}, resources))[0]


async def asked_for(
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_range: Annotated[str | None, Header(max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    if_modified_since: Annotated[str | None, Header(max_length=100)] = None,
) -> ConditionalRequest:
    """Which part of a file is wanted, and under which condition."""
    return ConditionalRequest(range_, if_range, if_none_match, if_modified_since)


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    """The bytes of a form's file, a piece at a time."""
    while chunk := await file.read(FORM_CHUNK_BYTES):
        yield chunk


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The bytes of a request, a piece at a time."""
    async for chunk in request.stream():
        yield chunk


async def _granted(
    token: str, purpose: Purpose, states: Collection[AssetState], resources: ResourcesDep
) -> tuple[AssetView, Grant]:
    grant = resources.signer.grant(token, purpose)
    async with resources.database.reading() as session:
        try:
            asset = await LibraryService.over(session, resources).linked(grant.asset_id, grant.owner_id)
        except AssetNotFound as gone:
            raise FileMissing from gone
    if asset.state not in states:
        raise FileMissing
    return asset, grant


LibraryReading = Annotated[LibraryService, Depends(library_reading)]
LibraryWriting = Annotated[LibraryService, Depends(library_writing)]
Links = Annotated[MediaLinks, Depends(media_links)]
OwnedAsset = Annotated[AssetView, Depends(owned_asset)]
OpenedLink = Annotated[LinkLife, Depends(link_life)]
Taking = Annotated[AssetView, Depends(taking)]
AskedFor = Annotated[ConditionalRequest, Depends(asked_for)]
