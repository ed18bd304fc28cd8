"""/assets, /uploads and the signed /media files."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from app.accounts.dependencies import CurrentUser, Public, ResourcesDep
from app.core.dependencies import NextLink, WindowDep
from app.core.routing import Router, documents
from app.jobs.dependencies import IdempotentRoute, OwnedJob
from app.jobs.errors import JobNotFound, NotDownloadable
from app.library import errors
from app.library.dependencies import (
    AskedFor,
    LibraryReading,
    LibraryWriting,
    Links,
    Opened,
    OpenedLink,
    OwnedAsset,
    ShownName,
    Taking,
    body_of,
)
from app.library.domain import AssetKind, AssetView
from app.library.schemas import AssetList, AssetRead, DownloadRead, UploadBody, UploadRead
from app.library.service import complete_upload, discard
from app.library.serving import PLAYED, Served, serve
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.resources import Resources
from app.storage.base import AnswerHeaders, FileMissing, FileTooLarge
from app.storage.signing import Disposition, LinkRefused

Life = Annotated[int, Query(ge=1, le=86_400, description="Seconds the link lives")]
router = Router(route_class=IdempotentRoute)
media = Router(tags=["media"], dependencies=[Public])
MEDIA_PATHS = ("/media", "/spa/media", "/hub/media", "/studio-api/media")
# Part of an address that must stay the same; after it the store is asked whether the file has changed.
KEPT_ELSEWHERE = "private, max-age=3600"
LARGEST_BODY_BYTES = 512 * 1024 * 1024


@router.get("/assets", operation_id="assets_list", tags=["assets"])
async def list_assets(
    user: CurrentUser,
    library: LibraryReading,
    links: Links,
    window: WindowDep,
    link: NextLink,
    kind: AssetKind | None = None,
) -> AssetList:
    """Your files, newest first."""
    page, total = await library.listed(user.id, kind, window)
    link.point_after(page)
    return AssetList(assets=[AssetRead.of(asset, links) for asset in page.items], total=total)


@router.get(
    "/assets/{asset_id}", operation_id="assets_read", tags=["assets"], responses=documents(errors.AssetNotFound)
)
async def read_asset(asset: OwnedAsset, links: Links) -> AssetRead:
    """One file with a fresh link."""
    return AssetRead.of(asset, links)


@router.delete(
    "/assets/{asset_id}",
    operation_id="assets_delete",
    status_code=204,
    tags=["assets"],
    responses=documents(errors.AssetNotFound),
)
async def delete_asset(asset: OwnedAsset, resources: ResourcesDep) -> None:
    """Deletes a file with its bytes; its links stop at once, and what showed it has none."""
    await discard(resources, asset)


@router.post(
    "/uploads",
    operation_id="uploads_announce",
    status_code=201,
    tags=["assets"],
    responses=documents(errors.KindNotUploaded, errors.UploadTooLarge, errors.QuotaExceeded),
)
async def announce_upload(user: CurrentUser, body: UploadBody, library: LibraryWriting) -> UploadRead:
    """Says where to send a file without a form; complete the upload afterwards."""
    return UploadRead.of(await library.announce(user.id, body.as_wish()))


@router.post(
    "/uploads/{asset_id}/complete",
    operation_id="uploads_complete",
    tags=["assets"],
    responses=documents(
        errors.AssetNotFound, errors.UploadMissing, errors.UploadDiffers, UnreadableMedia, UnsupportedMedia
    ),
)
async def complete(asset: OwnedAsset, resources: ResourcesDep, links: Links) -> AssetRead:
    """Checks the file that arrived; it can be used from then on."""
    return AssetRead.of(await complete_upload(resources, asset), links)


@router.get(
    "/jobs/{job_id}/download-url",
    operation_id="jobs_download_url",
    tags=["jobs"],
    responses=documents(JobNotFound, NotDownloadable),
)
async def download_url(job: OwnedJob, library: LibraryReading, links: Links, expires_in: Life = 3600) -> DownloadRead:
    """A link to the file that a job has made, for so many seconds."""
    asset = await library.made_by(job)
    exact = links.exactly(timedelta(seconds=expires_in))
    return DownloadRead(url=exact.to(asset, download=True), expires_at=exact.end(asset))


async def answer(resources: Resources, asset: AssetView, served: Served, request: Request) -> Response:
    """The response that was decided on."""
    if request.method != "GET" or served.end <= served.begin:
        return Response(status_code=served.status, headers=dict(served.headers))
    elsewhere = await _elsewhere(resources, asset, served, request)
    if elsewhere is not None:
        return RedirectResponse(elsewhere, status_code=307, headers={"Cache-Control": "private, no-store"})
    # Once the head of an answer is out, nothing can be said about a file that is gone.
    if await resources.store.stat(asset.store_key) is None:
        raise FileMissing
    bytes_wanted = resources.store.open(asset.store_key, served.begin, served.end)
    return StreamingResponse(bytes_wanted, served.status, dict(served.headers))


async def _elsewhere(resources: Resources, asset: AssetView, served: Served, request: Request) -> str | None:
    """Where the store serves the file for as long as its link lives; scripts get it here, whatever a bucket allows."""
    is_script = "origin" in request.headers or request.headers.get("sec-fetch-mode") == "cors"
    # A store sends no policy for pages, so that what could be one never comes from there.
    if served.link is None or is_script or not asset.content_type.startswith(PLAYED):
        return None
    said = served.headers
    headers = AnswerHeaders(said["Content-Type"], said["Content-Disposition"], KEPT_ELSEWHERE)
    return await resources.store.presign_get(asset.store_key, served.link.ends_at, headers)


async def show(
    found: Opened, link: OpenedLink, _name: ShownName, asked: AskedFor, resources: ResourcesDep, request: Request
) -> Response:
    """A stored file; whoever has the link may read it until it expires."""
    asset, grant = found
    disposition = "attachment" if grant.disposition is Disposition.ATTACHMENT else "inline"
    return await answer(resources, asset, serve(asset, disposition, asked, link), request)


async def take(asset: Taking, _name: ShownName, resources: ResourcesDep, request: Request) -> None:
    """Takes the bytes of an announced upload, once."""
    await resources.store.put(asset.store_key, body_of(request), limit_bytes=asset.size_bytes)


for number, prefix in enumerate(MEDIA_PATHS):
    path = f"{prefix}/{{token}}/{{name}}"
    is_native = number == 0
    refusals = documents(LinkRefused, FileMissing)
    media.get(path, operation_id=f"media_read_{number}", include_in_schema=is_native, responses=refusals)(show)
    media.head(path, operation_id=f"media_head_{number}", include_in_schema=False)(show)

media.put(
    "/media/{token}/{name}",
    operation_id="media_write",
    status_code=204,
    max_body_size=LARGEST_BODY_BYTES,
    responses=documents(LinkRefused, FileMissing, FileTooLarge),
)(take)
